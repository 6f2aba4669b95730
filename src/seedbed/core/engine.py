"""What an engine is: something that turns a task with local files into a video file.

An engine runs in a child process that keeps its model warm. It knows nothing of jobs, money, accounts or HTTP. The only
thing it must do besides its work is to call `report` often (at least every 100 ms): that call raises `Stop` when nobody
wants the result any more, and that is all the cancel code an engine needs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

from seedbed.core.references import Kind, Role
from seedbed.core.sizes import Size


class Stage(StrEnum):
    """Where a job is, in order. `progress.stage` of the contract."""

    FETCHING = "fetching"  # references are downloaded and checked
    PREPARING = "preparing"  # the engine looks at them
    RENDERING = "rendering"  # frames are made (and, in the embedded engine, encoded)
    FINISHING = "finishing"  # the file is made exactly what was promised
    STORING = "storing"  # bytes go to where results live


class Stop(BaseException):
    """The job was cancelled or lost: stop now, write nothing more. Engines let it pass through.

    A BaseException, so that an engine's own `except Exception` cannot swallow it.
    """


class Report(Protocol):
    def __call__(self, stage: Stage, fraction: float, *, preview: bytes | None = None) -> None:
        """Say how far the stage is: 0.0 .. 1.0. `preview` is a small JPEG. Raises Stop."""


@dataclass(frozen=True, slots=True)
class Canvas:
    """What the result must measure: pixels, frames, frames a second."""

    size: Size
    frames: int
    fps: int

    @property
    def duration_s(self) -> Fraction:
        return Fraction(self.frames, self.fps)


@dataclass(frozen=True, slots=True)
class LocalReference:
    """A reference that was fetched, sniffed and probed. `name` is its place there: `mediaUrls[0]`."""

    path: Path
    kind: Kind
    role: Role
    name: str


@dataclass(frozen=True, slots=True)
class RenderTask:
    prompt: str
    canvas: Canvas
    references: tuple[LocalReference, ...]
    seed: int
    wants_audio: bool
    wants_watermark: bool = False  # a visible mark, in the corner at the lower right
    has_fixed_camera: bool = False  # whatever the prompt says


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine can do. `roles` are those it makes use of; the others it ignores, and says so in a warning.

    For one that does not draw the visible mark itself, it is drawn into the finished clip, which is encoded again.
    """

    name: str
    description: str
    roles: frozenset[Role]
    makes_audio: bool
    digital_source_type: str  # an IPTC term, for the machine-readable mark
    draws_watermark: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """What an engine did: `shot_plan` is what it understood (JSON), `warnings` what it could not honour.

    `digital_source_type` is given where this clip is of another kind than the engine's description says.
    """

    path: Path
    shot_plan: dict[str, Any] | None = None
    warnings: tuple[str, ...] = field(default=())
    digital_source_type: str | None = None


class Engine(Protocol):
    def describe(self) -> Capabilities: ...

    def make(self, task: RenderTask, out: Path, report: Report) -> Made:
        """Make the video at `out` (an MP4). Raises Stop, or a JobFailure."""


def marks(engine: str, digital_source_type: str) -> dict[str, str]:
    """Return the tags that tell a machine that a file is synthetic media, and what made it. Source: CONTRACT 1.10."""
    return {"encoded_by": "Seedbed", "engine": engine, "digital_source_type": digital_source_type}
