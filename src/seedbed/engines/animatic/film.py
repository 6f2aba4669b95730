"""A clip before it is encoded: any frame of it can be asked for, by any thread, in any order.

Frames depend on nothing but their number, so that the two halves of a clip meet without a seam and the same seed gives
the same frames.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from seedbed.engines.animatic.camera import Track
from seedbed.engines.animatic.caption import Caption
from seedbed.engines.animatic.mark import VisibleMark
from seedbed.engines.animatic.planes import Planes
from seedbed.engines.animatic.warp import Mesh

_ANCHOR_FRAMES = 8

Drawer = Callable[[int], tuple[Planes, Mesh]]


@dataclass(frozen=True, slots=True)
class Moment:
    """What an effect may know of the frame it is laid on."""

    frame: int
    time_s: float
    mesh: Mesh
    amount: float  # 0..1 while it ramps in or out


@dataclass(frozen=True, slots=True)
class Timed:
    """An effect and how much of it there is at each frame."""

    paint: Callable[[Planes, Moment], None]  # in place
    amount: Track


@dataclass(frozen=True, slots=True)
class Anchor:
    """What a frame that was promised exactly differs by from what the layers give: (H, W) int16 a plane."""

    frame: int
    rest: tuple[npt.NDArray[np.int16], ...]

    @classmethod
    def between(cls, frame: int, *, promised: Planes, drawn: Planes) -> Anchor:
        pairs = zip(promised.each(), drawn.each(), strict=True)
        return cls(frame, tuple(a.astype(np.int16) - b for a, b in pairs))

    def pull(self, planes: Planes, frame: int) -> None:
        """Make the frame exact; its neighbours get the rest in falling shares, too small a step to be seen."""
        parts = _ANCHOR_FRAMES - abs(frame - self.frame)
        if parts <= 0:
            return
        for plane, rest in zip(planes.each(), self.rest, strict=True):
            # In whole numbers: as floats this would take longer than drawing the frame does.
            share = rest if parts == _ANCHOR_FRAMES else rest * np.int16(parts) // np.int16(_ANCHOR_FRAMES)
            cv2.add(plane, share, dst=plane, dtype=cv2.CV_8U)


@dataclass(frozen=True, slots=True)
class Film:
    make_drawer: Callable[[], Drawer]  # a new one for each thread
    fps: int
    effects: Sequence[Timed] = ()
    anchors: Sequence[Anchor] = ()
    overlay: Caption | None = None
    mark: VisibleMark | None = None
    cuts: tuple[int, ...] = ()  # the first frames of all shots but the first; a key frame there is well spent

    def painter(self) -> Callable[[int], Planes]:
        """Return a function from frame number to planes, for one thread."""
        draw = self.make_drawer()

        def paint(frame: int) -> Planes:
            planes, mesh = draw(frame)
            for anchor in self.anchors:
                anchor.pull(planes, frame)
            for effect in self.effects:
                amount = float(effect.amount[frame])
                if amount > 0:
                    effect.paint(planes, Moment(frame, frame / self.fps, mesh, amount))
            if self.overlay is not None:
                self.overlay.lay(planes)
            if self.mark is not None:
                self.mark.lay(planes)
            return planes

        return paint
