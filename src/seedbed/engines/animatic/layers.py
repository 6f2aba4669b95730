"""The picture cut into what the frames are made of: a background, and where it is sure, the subject before it.

Both are kept as planes of one region of the picture: as much as the path will ever look at, and no more.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np

from seedbed.core.sizes import Size
from seedbed.engines.animatic.backdrop import paint_behind
from seedbed.engines.animatic.edges import fill, guided
from seedbed.engines.animatic.framing import Crop, View, enlarge, fineness_of
from seedbed.engines.animatic.planes import Bytes, Floats, Planes, from_rgb

_MARGIN_PX = 6


@dataclass(frozen=True, slots=True)
class Region:
    """Where a layer's pixels lie. A point p of the scaled picture is pixel (p - origin) * fine of the layer."""

    origin_x: float
    origin_y: float
    fine_x: float
    fine_y: float
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True)
class CutOut:
    """The subject: its planes already multiplied by its opacity, and what it lets through (255 = everything)."""

    planes: Planes
    through_y: Bytes
    through_uv: Bytes
    box: tuple[float, float, float, float]  # left, top, right, bottom on the scaled picture


@dataclass(frozen=True, slots=True)
class Layers:
    region: Region
    behind: Planes
    subject: CutOut | None


def cut(picture: Bytes, crop: Crop, view: View, canvas: Size, mask: Floats | None, *, reach_px: float) -> Layers:
    """Cut (H, W, 3) uint8 sRGB into layers. `mask` (any size, 0..1, over the whole picture): None = one layer.

    `reach_px` is how far depth may push a point beyond the flat view.
    """
    left, top, right, bottom = _looked_at(picture, crop, view, canvas, reach_px)
    fine = fineness_of(view, crop)
    width = _even((right - left) * crop.scale * fine)
    height = _even((bottom - top) * crop.scale * fine)
    region = Region(
        origin_x=left * crop.scale,
        origin_y=top * crop.scale,
        fine_x=width / ((right - left) * crop.scale),
        fine_y=height / ((bottom - top) * crop.scale),
        width_px=width,
        height_px=height,
    )
    rgb = enlarge(np.ascontiguousarray(picture[top:bottom, left:right]), (width, height))
    if mask is None:
        return Layers(region, from_rgb(rgb), None)
    sheet = cv2.resize(mask, (picture.shape[1], picture.shape[0]), interpolation=cv2.INTER_LINEAR)
    return _two_layers(rgb, sheet[top:bottom, left:right], region)


def _even(length: float) -> int:
    return max(16, 2 * math.ceil(length / 2))


def _looked_at(picture: Bytes, crop: Crop, view: View, canvas: Size, reach_px: float) -> tuple[int, int, int, int]:
    """Return the part of the picture that any frame shows: left, top, right, bottom in its own pixels."""
    turn = float(np.abs(view.path.roll).max())
    half_w = (canvas.width_px * math.cos(turn) + canvas.height_px * math.sin(turn)) / 2 / view.path.zoom
    half_h = (canvas.height_px * math.cos(turn) + canvas.width_px * math.sin(turn)) / 2 / view.path.zoom
    grow = (1 + max(0.0, -float(view.path.forward.min()))) / (1 - float(np.abs(view.path.swing).max()) / 2)
    margin = _MARGIN_PX + reach_px
    height, width = picture.shape[:2]
    return (
        max(0, math.floor((float((view.center_x - half_w * grow).min()) - margin) / crop.scale)),
        max(0, math.floor((float((view.center_y - half_h * grow).min()) - margin) / crop.scale)),
        min(width, math.ceil((float((view.center_x + half_w * grow).max()) + margin) / crop.scale)),
        min(height, math.ceil((float((view.center_y + half_h * grow).max()) + margin) / crop.scale)),
    )


def _two_layers(rgb: Bytes, mask: Floats, region: Region) -> Layers:
    size = (region.width_px, region.height_px)
    half = (region.width_px // 2, region.height_px // 2)
    quarter = (region.width_px // 4, region.height_px // 4)
    opacity_half = refine(cv2.resize(rgb, half, interpolation=cv2.INTER_AREA), mask)
    opacity = cv2.resize(opacity_half, size, interpolation=cv2.INTER_LINEAR)
    small = cv2.resize(rgb, quarter, interpolation=cv2.INTER_AREA).astype(np.float32)
    opacity_small = cv2.resize(opacity_half, quarter, interpolation=cv2.INTER_AREA)
    with ThreadPoolExecutor(1, thread_name_prefix="animatic-backdrop") as aside:
        painting = aside.submit(lambda: from_rgb(paint_behind(rgb, opacity_half)))
        subject = from_rgb(_beyond_its_edge(rgb, small, opacity_small, opacity))
        behind = painting.result()
    opacity_8 = (opacity * 255 + 0.5).astype(np.uint8)
    opacity_uv = cv2.resize(opacity_8, half, interpolation=cv2.INTER_AREA)
    planes = Planes(
        cv2.multiply(subject.y, opacity_8, scale=1 / 255),
        cv2.multiply(subject.u, opacity_uv, scale=1 / 255),
        cv2.multiply(subject.v, opacity_uv, scale=1 / 255),
    )
    cut_out = CutOut(planes, 255 - opacity_8, 255 - opacity_uv, _box(opacity_8, region))
    return Layers(region, behind, cut_out)


def refine(rgb: Bytes, mask: Floats) -> Floats:
    """Return the opacity (h, w), 0..1, of a coarse mask, its edge drawn along the edges of (h, w, 3)."""
    height, width = rgb.shape[:2]
    guide = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    coarse = cv2.resize(mask, (width, height), interpolation=cv2.INTER_LINEAR)
    fine = guided(guide, coarse, radius_px=max(2, width // 160), epsilon=4e-4)
    share = np.clip((fine - 0.18) / 0.66, 0, 1)
    soft: Floats = share * share * (3 - 2 * share)
    return soft


def _beyond_its_edge(rgb: Bytes, small: Floats, opacity_small: Floats, opacity: Floats) -> Bytes:
    """Carry the subject's own colour over its soft edge, so that no rim of the old background travels with it."""
    spread = fill(small, (opacity_small > 0.95).astype(np.float32))
    edge = 1 - np.clip((opacity - 0.5) / 0.4, 0, 1)
    return _mixed(rgb, spread, edge)


def _mixed(rgb: Bytes, coarse: Floats, share: Floats) -> Bytes:
    """Lay `share` (any size, 0..1) of a coarse picture (h, w, 3), 0..255, over (H, W, 3)."""
    size = (rgb.shape[1], rgb.shape[0])
    over = cv2.resize(np.clip(coarse, 0, 255).astype(np.uint8), size, interpolation=cv2.INTER_LINEAR)
    weight = share if share.shape == rgb.shape[:2] else cv2.resize(share, size, interpolation=cv2.INTER_LINEAR)
    return cv2.blendLinear(over, rgb, weight, 1 - weight)


def _box(opacity: Bytes, region: Region) -> tuple[float, float, float, float]:
    rows, columns = np.flatnonzero(opacity.max(1) > 2), np.flatnonzero(opacity.max(0) > 2)
    if not len(rows):
        return (0.0, 0.0, 0.0, 0.0)
    return (
        region.origin_x + columns[0] / region.fine_x,
        region.origin_y + rows[0] / region.fine_y,
        region.origin_x + (columns[-1] + 1) / region.fine_x,
        region.origin_y + (rows[-1] + 1) / region.fine_y,
    )
