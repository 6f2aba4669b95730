"""The visible mark, laid on planes: the same letters at the same place as `media.mark` draws on any other clip."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from seedbed.core.sizes import Size
from seedbed.engines.animatic.planes import BLACK_Y, NEUTRAL, WHITE_Y, Floats, Planes
from seedbed.media.mark import mark_for


@dataclass(frozen=True, slots=True)
class VisibleMark:
    """`see` is the share of the frame that shows through, `ink` what is added to it: each for luma and for chroma."""

    left_px: int
    top_px: int
    see_y: Floats
    ink_y: Floats
    see_uv: Floats

    def lay(self, planes: Planes) -> None:
        """Draw it, in place."""
        _lay(planes.y, self.top_px, self.left_px, self.see_y, self.ink_y)
        for plane in (planes.u, planes.v):
            _lay(plane, self.top_px // 2, self.left_px // 2, self.see_uv, (1 - self.see_uv) * NEUTRAL)


def visible_mark(canvas: Size) -> VisibleMark:
    mark = mark_for(canvas)
    see = (1 - mark.shade) * (1 - mark.letters)
    ink = BLACK_Y * mark.shade * (1 - mark.letters) + WHITE_Y * mark.letters
    half = (see.shape[1] // 2, see.shape[0] // 2)
    see_uv = cv2.resize(see, half, interpolation=cv2.INTER_AREA)
    return VisibleMark(mark.left_px, mark.top_px, see, ink, see_uv)


def _lay(plane: Floats, top_px: int, left_px: int, see: Floats, ink: Floats) -> None:
    height, width = see.shape
    under = plane[top_px : top_px + height, left_px : left_px + width]
    under[:] = (under * see + ink + 0.5).astype(np.uint8)
