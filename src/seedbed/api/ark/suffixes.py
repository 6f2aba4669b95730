"""The older way to give parameters: as options at the end of the prompt, such as `--rs 720p --dur 5`.

An option is honoured or refused, never dropped: what is no option stays part of the prompt. Source: CONTRACT 2 and the
Ark documents' table of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from seedbed.core.errors import InvalidRequest

_NAMES = {
    "rs": "resolution",
    "resolution": "resolution",
    "rt": "ratio",
    "ratio": "ratio",
    "dur": "duration",
    "duration": "duration",
    "seed": "seed",
    "cf": "camera_fixed",
    "camerafixed": "camera_fixed",
    "wm": "watermark",
    "watermark": "watermark",
}


@dataclass(frozen=True, slots=True)
class Suffixed:
    """`prompt` without its options; `options` by the name of the field that they stand for."""

    prompt: str
    options: dict[str, Any] = field(default_factory=dict)


def take_suffixes(text: str) -> Suffixed:
    """Split the options from the end of a prompt. Raises InvalidRequest for a value that cannot be read."""
    options: dict[str, Any] = {}
    while found := _last_option(text):
        if found.field in options:
            raise _wrong(found.field, "stands more than once at the end of the prompt")
        options[found.field] = _READ.get(found.field, str)(found.value)
        text = found.before
    return Suffixed(text, options)


@dataclass(frozen=True, slots=True)
class _Option:
    before: str
    field: str
    value: str


def _last_option(text: str) -> _Option | None:
    # Split from the end, not searched for: a pattern with spaces before it would take quadratic time over many spaces.
    *before, name, value = ["", "", *text.rsplit(maxsplit=2)][-3:]
    field_name = _NAMES.get(name.removeprefix("--").lower()) if name.startswith("--") else None
    return _Option(before[0], field_name, value) if field_name else None


def _whole(name: str) -> Callable[[str], int]:
    def read(value: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,12}", value):
            raise _wrong(name, f"must be an integer; got '{value[:40]}'")
        return int(value)

    return read


def _truth(name: str) -> Callable[[str], bool]:
    def read(value: str) -> bool:
        if value.lower() not in {"true", "false"}:
            raise _wrong(name, f"must be true or false; got '{value[:40]}'")
        return value.lower() == "true"

    return read


_READ: dict[str, Callable[[str], Any]] = {
    "duration": _whole("duration"),
    "seed": _whole("seed"),
    "camera_fixed": _truth("camera_fixed"),
    "watermark": _truth("watermark"),
}


def _wrong(name: str, reason: str) -> InvalidRequest:
    return InvalidRequest(f"{name} (an option of the prompt) {reason}.", param=name)
