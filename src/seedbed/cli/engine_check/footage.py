"""Compares clips, frame by frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from seedbed.media.containers import open_container

Luma = npt.NDArray[np.float32]
SAME_BELOW = 0.5  # mean levels of 255 over a frame; a codec that was fed the same leaves 0


def difference(one: Path, other: Path) -> float:
    """Return how far apart the most unlike frames of two clips are: the mean over the frame, in levels of 255."""
    return max(_compared(one, other, lambda apart: float(apart.mean())), default=0.0)


def corner_difference(one: Path, other: Path) -> float:
    """Return the largest change of a pixel in the corner at the lower right, in levels of 255, in the first frame."""

    def corner(apart: Luma) -> float:
        height, width = apart.shape
        return float(apart[height * 3 // 4 :, width // 2 :].max())

    return next(_compared(one, other, corner), 0.0)


def _compared(one: Path, other: Path, measure: Callable[[Luma], float]) -> Iterator[float]:
    for a, b in zip(_frames(one), _frames(other), strict=False):
        yield measure(np.abs(a - b))


def _frames(path: Path) -> Iterator[Luma]:
    with open_container(path, "mp4") as container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="gray").astype(np.float32)
