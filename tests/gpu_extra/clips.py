"""What the tests of the whole engine share: an engine with a tiny model, a task for it, and a report that can stop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image

from seedbed.core.engine import Canvas, LocalReference, RenderTask, Stage, Stop
from seedbed.core.references import Role
from seedbed.core.sizes import Size
from seedbed.core.timeline import FPS
from seedbed.engines.diffusers.engine import Diffusers

TINY = {"device": "cpu", "dtype": "float32", "sizes": ["64x64"], "multiple_px": 32, "steps": 3, "frames": "4n+1"}


def ti2v(folder: Path, **options: Any) -> Diffusers:
    return Diffusers({"card": "wan-2.2-ti2v-5b", "folder": str(folder), **TINY, **options})


def i2v(folder: Path, **options: Any) -> Diffusers:
    return Diffusers({"card": "wan-2.2-i2v-a14b", "folder": str(folder), "fps": 24, **TINY, **options})


def task(*references: LocalReference, frames: int = 9, seed: int = 7, **facts: Any) -> RenderTask:
    canvas = Canvas(Size(64, 64), frames, FPS)
    return RenderTask("A boat on a lake.", canvas, references, seed, False, **facts)


def picture(folder: Path, role: Role, *, grey: int) -> LocalReference:
    path = folder / f"{role}-{grey}.png"
    Image.new("RGB", (400, 400), (grey, grey, grey)).save(path)
    return LocalReference(path, role.kind, role, f"references[{grey}]")


class Told:
    """Implements `Report`. With `stops_at`, the job is cancelled at the first word that is as far as that."""

    def __init__(self, *, stops_at: float | None = None) -> None:
        self.said: list[tuple[Stage, float]] = []
        self.previews = 0
        self._stops_at = stops_at

    def __call__(self, stage: Stage, fraction: float, *, preview: bytes | None = None) -> None:
        self.said.append((stage, fraction))
        self.previews += preview is not None
        if self._stops_at is not None and stage is Stage.RENDERING and fraction >= self._stops_at:
            raise Stop

    def remember(self, memory: dict[str, Any]) -> None: ...


def frames_in(path: Path) -> np.ndarray[Any, Any]:
    """Return (T, H, W, 3) uint8."""
    with av.open(str(path)) as made:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in made.decode(video=0)])


def made(engine: Diffusers, order: RenderTask, out: Path, report: Told | None = None) -> np.ndarray[Any, Any]:
    engine.make(order, out, report or Told())
    return frames_in(out)


def likeness(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> float:
    """Return how far two clips lie apart, in levels of light on the average."""
    return float(np.abs(one.astype(int) - other).mean())
