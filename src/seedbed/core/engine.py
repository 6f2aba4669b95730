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
from seedbed.core.sizes import AspectRatio, Resolution, Size


class Stage(StrEnum):
    """Where a job is, in order. `progress.stage` of the contract."""

    FETCHING = "fetching"  # references are downloaded and checked
    PREPARING = "preparing"  # the engine looks at them
    RENDERING = "rendering"  # frames are made (and, in the embedded engine, encoded)
    FINISHING = "finishing"  # the file is made exactly what was promised
    STORING = "storing"  # bytes go to where results live


class Stop(BaseException):
    """The job was cancelled or lost: stop now, write nothing more. Engines let it pass through.

    With `is_for_good` nobody will ever want the video: an engine whose work goes on elsewhere ends it there, too.
    Otherwise it leaves it alone, because the job's next attempt may go on with it.
    A BaseException, so that an engine's own `except Exception` cannot swallow it.
    """

    def __init__(self, *, is_for_good: bool = True) -> None:
        super().__init__()
        self.is_for_good = is_for_good


class Report(Protocol):
    def __call__(self, stage: Stage, fraction: float, *, preview: bytes | None = None) -> None:
        """Say how far the stage is: 0.0 .. 1.0. `preview` is a small JPEG. Raises Stop."""

    def remember(self, memory: dict[str, Any]) -> None:
        """Return once this is kept with the job: what an attempt that goes on from here must know, as JSON.

        It replaces what was remembered before, and is the next attempt's `task.memory` if that has the same engine.
        For engines whose work goes on elsewhere: what was sent, and under which id. Raises Stop, and then it is
        unknown whether it is kept.
        """


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
    """A reference that was fetched, sniffed and probed. `name` is its place there: `mediaUrls[0]`.

    `content_type` is by its content. `url` is the public address that it came from, if it came from one: for engines
    that pass it on. It may have expired since.
    """

    path: Path
    kind: Kind
    role: Role
    name: str
    content_type: str = "application/octet-stream"
    url: str | None = None


@dataclass(frozen=True, slots=True)
class RenderTask:
    """What is to be made. What stands below `seed` an engine may leave aside where it has no use for it.

    `options` are those that the model's owner allows, checked, with the model's defaults. `ticket` names the job
    towards other services: the same in every attempt, nobody's secret. `memory` is what the engine remembered of it.
    """

    prompt: str
    canvas: Canvas
    references: tuple[LocalReference, ...]
    seed: int
    wants_audio: bool
    wants_watermark: bool = False  # a visible mark, in the corner at the lower right
    has_fixed_camera: bool = False  # whatever the prompt says
    model: str = ""  # the public id
    resolution: Resolution = Resolution.P720  # with the ratio, what `canvas.size` came of
    aspect_ratio: AspectRatio = AspectRatio.WIDE
    duration_s: int = 5
    options: dict[str, Any] = field(default_factory=dict)
    ticket: str = ""
    memory: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine can do. `roles` are those it makes use of; the others it ignores, and says so in a warning.

    For one that does not draw the visible mark itself, it is drawn into the finished clip, which is encoded again.
    `grace_s`: how long it may need to stop, as to pass a cancel on; `time_limit_s`: how long one video may take it.
    Where they are less than the deployment's settings, or None, those hold.
    """

    name: str
    description: str
    roles: frozenset[Role]
    makes_audio: bool
    digital_source_type: str  # an IPTC term, for the machine-readable mark
    draws_watermark: bool = False
    max_of_kind: dict[Kind, int] = field(default_factory=dict)  # references that it can use; of other kinds any number
    max_duration_s: int | None = None
    repeats_by_seed: bool = True  # the same task with the same seed makes the same frames
    grace_s: float = 0.0
    time_limit_s: float | None = None
    is_remote: bool = False  # it has others make the video: trying it out costs, so it has a `check` instead


@dataclass(frozen=True, slots=True)
class Made:
    """What an engine did: `shot_plan` is what it understood (JSON), `warnings` what it could not honour.

    `sent` is what a model was told in place of the request (JSON): its prompt, its options. The job's owner sees it.
    `digital_source_type` is given where this clip is of another kind than the engine's description says.
    """

    path: Path
    shot_plan: dict[str, Any] | None = None
    warnings: tuple[str, ...] = field(default=())
    digital_source_type: str | None = None
    sent: dict[str, Any] | None = None


PROTOCOL = 1
"""The version of what this module says. An engine of a package names the one it was written for, as `protocol`."""


class Engine(Protocol):
    """Made once in its process: with no argument, or with its options (a dict) if the deployment configures any."""

    def describe(self) -> Capabilities: ...

    def make(self, task: RenderTask, out: Path, report: Report) -> Made:
        """Make the video at `out` (an MP4, whatever its size and rate). Raises Stop, or a JobFailure."""


class RemoteEngine(Engine, Protocol):
    def check(self, report: Report) -> str | None:
        """Say what is wrong with the server just now, or None. Makes nothing and costs nothing. Raises Stop."""

    def withdraw(self, task: RenderTask, report: Report) -> None:
        """End what `task.memory` says was ordered, as well as can be done in a few seconds: nobody wants it any more.

        The task's references are not there.
        """


def marks(engine: str, digital_source_type: str) -> dict[str, str]:
    """Return the tags that tell a machine that a file is synthetic media, and what made it. Source: CONTRACT 1.10."""
    return {"encoded_by": "Seedbed", "engine": engine, "digital_source_type": digital_source_type}
