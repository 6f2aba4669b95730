"""Planar YUV 4:2:0, BT.709, limited range: what the renderer works in, so that nothing is converted per frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from seedbed.core.sizes import Size

# OpenCV's stubs do not tell element types apart, so these two say to the reader what the type checker cannot hold.
Bytes = npt.NDArray[Any]  # uint8
Floats = npt.NDArray[Any]  # float32

BLACK_Y, WHITE_Y, NEUTRAL = 16, 235, 128

_KR, _KB = 0.2126, 0.0722
_Y = np.array([_KR, 1 - _KR - _KB, _KB])
_TO_YUV = np.vstack(
    [
        np.append(_Y * 219 / 255, BLACK_Y),
        np.append((np.array([0, 0, 1]) - _Y) / (2 * (1 - _KB)) * 224 / 255, NEUTRAL),
        np.append((np.array([1, 0, 0]) - _Y) / (2 * (1 - _KR)) * 224 / 255, NEUTRAL),
    ]
).astype(np.float32)
_TO_RGB = np.linalg.inv(_TO_YUV[:, :3])


@dataclass(frozen=True, slots=True)
class Planes:
    """One picture. y: (H, W), u and v: (H/2, W/2), uint8, limited range; chroma sits in the middle of its four."""

    y: Bytes
    u: Bytes
    v: Bytes

    @classmethod
    def empty(cls, width_px: int, height_px: int) -> Planes:
        """Return planes that lie one after the other in memory, as an encoder wants them."""
        whole = np.empty(width_px * height_px * 3 // 2, np.uint8)
        luma, chroma = width_px * height_px, width_px * height_px // 4
        half = (height_px // 2, width_px // 2)
        y, u, v = whole[:luma], whole[luma : luma + chroma], whole[luma + chroma :]
        return cls(y.reshape(height_px, width_px), u.reshape(half), v.reshape(half))

    def each(self) -> tuple[Bytes, Bytes, Bytes]:
        return self.y, self.u, self.v

    @property
    def whole(self) -> Bytes | None:
        """The flat array that the planes fill one after the other, as `empty` makes them; None if they do not."""
        base = self.y.base
        if base is None or base is not self.u.base or base is not self.v.base:
            return None
        return base if base.ndim == 1 and base.size == self.y.size + self.u.size + self.v.size else None

    def copy(self) -> Planes:
        twin = Planes.empty(self.y.shape[1], self.y.shape[0])
        for own, other in zip(twin.each(), self.each(), strict=True):
            np.copyto(own, other)
        return twin


def scale_of(canvas: Size) -> float:
    """Return how large things that were designed for 720 lines are drawn."""
    return min(canvas.width_px, canvas.height_px) / 720


def from_rgb(rgb: Bytes) -> Planes:
    """Convert (H, W, 3) uint8 sRGB, full range; H and W even."""
    height_px, width_px = rgb.shape[:2]
    y, u, v = cv2.split(cv2.transform(rgb, _TO_YUV))
    half = (width_px // 2, height_px // 2)
    return Planes(y, *(cv2.resize(plane, half, interpolation=cv2.INTER_AREA) for plane in (u, v)))


def to_rgb(planes: Planes) -> Bytes:
    """Convert back to (H, W, 3) uint8 sRGB; for previews and tests."""
    size = planes.y.shape[::-1]
    chroma = [cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR) for plane in (planes.u, planes.v)]
    yuv = cv2.merge([planes.y, *chroma]).astype(np.float32) - np.array([BLACK_Y, NEUTRAL, NEUTRAL], np.float32)
    rgb: Bytes = np.clip(cv2.transform(yuv, _TO_RGB) + 0.5, 0, 255).astype(np.uint8)
    return rgb


def blend(under: Planes, over: Planes, share: float) -> Planes:
    """Return `under` with `share` (0..1) of `over` laid on it."""
    mixed = (cv2.addWeighted(a, 1 - share, b, share, 0) for a, b in zip(under.each(), over.each(), strict=True))
    return Planes(*mixed)
