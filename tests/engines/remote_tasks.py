"""Tasks for engines whose work goes on elsewhere, and a report that remembers, and stops or dies when it is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from seedbed.core.engine import Canvas, LocalReference, RenderTask, Stage, Stop
from seedbed.core.references import Role
from seedbed.core.sizes import AspectRatio, Resolution, size_of
from seedbed.core.timeline import FPS, frame_count

SAMPLES = Path(__file__).parents[2] / "src" / "seedbed" / "samples"


class Killed(BaseException):
    """The engine's process dies: nothing of its own runs any more."""


class RecordingReport:
    """Remembers as a worker does: what was to be kept when a Stop came is not kept."""

    def __init__(self) -> None:
        self.said: list[tuple[Stage, float]] = []
        self.memories: list[dict[str, Any]] = []
        self._when: Callable[[], bool] = lambda: False
        self._what: BaseException = Stop()

    def interrupt(self, what: BaseException, *, when: Callable[[], bool]) -> None:
        """Raise this from the first call for which the condition holds, and from all that follow."""
        self._what, self._when = what, when

    @property
    def memory(self) -> dict[str, Any] | None:
        return self.memories[-1] if self.memories else None

    def __call__(self, stage: Stage, fraction: float, **_: object) -> None:
        self._look()
        self.said.append((stage, fraction))

    def remember(self, memory: dict[str, Any]) -> None:
        self._look()
        self.memories.append(json.loads(json.dumps(memory)))

    def _look(self) -> None:
        if self._when():
            self._when = lambda: True
            raise self._what


def make_task(prompt: str = "A red fox in the snow.", *references: LocalReference, **changes: Any) -> RenderTask:
    resolution = changes.setdefault("resolution", Resolution.P480)
    ratio = changes.setdefault("aspect_ratio", AspectRatio.WIDE)
    duration_s = changes.setdefault("duration_s", 4)
    given = {
        "seed": 7,
        "wants_audio": True,
        "model": "seedance-2.0",
        "ticket": "job-1",
    } | changes
    canvas = Canvas(size_of(resolution, ratio), frame_count(duration_s), FPS)
    return RenderTask(prompt=prompt, canvas=canvas, references=references, **given)


def picture(role: Role = Role.FIRST_FRAME, *, url: str | None = None, number: int = 0) -> LocalReference:
    path = SAMPLES / ("dogs.jpg" if number == 0 else "fig.jpg")
    return LocalReference(path, role.kind, role, f"mediaUrls[{number}]", "image/jpeg", url)


def medium(role: Role, *, url: str | None = None, name: str = "mediaUrls[0]") -> LocalReference:
    """A reference of any kind, whose content nobody looks at."""
    kinds = {"image": "image/jpeg", "video": "video/mp4", "audio": "audio/mpeg"}
    return LocalReference(SAMPLES / "dogs.jpg", role.kind, role, name, kinds[role.kind], url)
