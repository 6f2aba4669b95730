"""What the parent and the child process say to each other: an order on the command line, answers as lines of JSON.

Nothing heavy is imported here: both `api` and the child's first moments read this module.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from seedbed.core.faults import Fault, MediaFault
from seedbed.core.formats import Format
from seedbed.core.limits import MediaLimits, Probe
from seedbed.core.sizes import Size

# A reason is a sentence of ours. From a child that was taken over it might be anything it could read.
MAX_REASON_LENGTH = 400


@dataclass(frozen=True, slots=True)
class Order:
    """Which files to look at, and how much the child may use. `cpu_s` is per file."""

    paths: tuple[Path, ...]
    limits: MediaLimits
    parent_pid: int
    memory_bytes: int
    cpu_s: int


def write_order(order: Order) -> str:
    limits = {k: str(v) if isinstance(v, Fraction) else v for k, v in asdict(order.limits).items()}
    said = asdict(order) | {"paths": [str(path) for path in order.paths], "limits": limits}
    return json.dumps(said)


def read_order(text: str) -> Order:
    said = json.loads(text)
    limits: dict[str, Any] = {k: Fraction(v) if isinstance(v, str) else v for k, v in said["limits"].items()}
    return Order(**said | {"paths": tuple(Path(p) for p in said["paths"]), "limits": MediaLimits(**limits)})


def probe_to_json(probe: Probe) -> dict[str, Any]:
    return {
        "format": probe.format,
        "size_bytes": probe.size_bytes,
        "size": None if probe.size is None else [probe.size.width_px, probe.size.height_px],
        "duration_s": None if probe.duration_s is None else str(probe.duration_s),
        "has_audio": probe.has_audio,
    }


def fault_to_json(fault: MediaFault) -> dict[str, Any]:
    return {"fault": fault.fault, "reason": fault.reason}


def read_answer(line: str | bytes) -> Probe | MediaFault:
    """Read one line of the child. Raises ValueError, KeyError or TypeError if it is not an answer."""
    said: Mapping[str, Any] = json.loads(line)
    if "fault" in said:
        return MediaFault(Fault(said["fault"]), str(said["reason"])[:MAX_REASON_LENGTH])
    return Probe(
        Format(said["format"]),
        said["size_bytes"],
        size=None if said["size"] is None else Size(*said["size"]),
        duration_s=None if said["duration_s"] is None else Fraction(said["duration_s"]),
        has_audio=said["has_audio"],
    )
