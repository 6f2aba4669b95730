"""How the picture lies under the canvas: the crop at rest, and how far the camera may go before the picture ends.

The crop at rest covers the canvas and keeps the subject, heads first. A path that would look beyond the picture is
shifted, then the view is narrowed, and only then the move is made smaller.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from seedbed.core.sizes import Size
from seedbed.engines.animatic.camera import Path, Track, scaled
from seedbed.engines.animatic.depth import Depth
from seedbed.engines.animatic.planes import Bytes
from seedbed.engines.animatic.subject import Subject

_MAX_NARROWING = 1.32
_MAX_FINENESS = 1.25  # source pixels per canvas pixel: more would only flicker under linear sampling
_SHARES = (1.0, 0.8, 0.6, 0.4, 0.2, 0.0)
_HEADROOM = 0.09  # of the canvas, above a subject that does not fit


@dataclass(frozen=True, slots=True)
class View:
    """A path over a picture. center_x, center_y: (N,) canvas pixels from the scaled picture's left upper corner."""

    path: Path
    center_x: Track
    center_y: Track
    share: float = 1.0  # how much of the asked move there was room for


@dataclass(frozen=True, slots=True)
class Crop:
    """The crop at rest: the picture scaled by `scale` covers the canvas, whose middle lies at center_x, center_y."""

    scale: float  # canvas pixels per picture pixel
    width_px: float  # of the scaled picture
    height_px: float
    center_x: float
    center_y: float
    focus_x: float  # where a zoom goes
    focus_y: float


def crop_of(picture: Bytes, canvas: Size, subject: Subject) -> Crop:
    """Return the crop of (H, W, 3) that covers the canvas and shows the subject."""
    height, width = picture.shape[:2]
    scale = max(canvas.width_px / width, canvas.height_px / height)
    full_w, full_h = width * scale, height * scale
    known = subject.confidence >= 0.35 and subject.area >= 0.008
    want_x, want_y = subject.center if known else (0.5, 0.46)
    center_x, center_y = want_x * full_w, want_y * full_h
    tall = (subject.bottom - subject.top) * height > 0.9 * (subject.right - subject.left) * width
    if known and tall and (subject.bottom - subject.top) * full_h > canvas.height_px * (1 - _HEADROOM):
        center_y = subject.top * full_h + canvas.height_px * (0.5 - _HEADROOM)
    half_w, half_h = canvas.width_px / 2, canvas.height_px / 2
    center_x = float(np.clip(center_x, half_w, full_w - half_w))
    center_y = float(np.clip(center_y, half_h, full_h - half_h))
    focus_x, focus_y = (want_x * full_w, want_y * full_h) if known else (center_x, center_y)
    if known:
        # Of a standing person the upper part is what the eye goes to.
        focus_y = (subject.top + (0.30 if tall else 0.5) * (subject.bottom - subject.top)) * full_h
        headroom_px = subject.top * full_h - (center_y - half_h)
        if headroom_px >= 0:
            # A head that is in the frame stays in it until everything has grown by two fifths.
            focus_y = min(focus_y, center_y - half_h + headroom_px * 3.5)
    focus_x = float(np.clip(focus_x, center_x - half_w, center_x + half_w))
    focus_y = float(np.clip(focus_y, center_y - half_h, center_y + half_h))
    return Crop(scale, full_w, full_h, center_x, center_y, focus_x, focus_y)


def closer(crop: Crop, canvas: Size, zoom: float, focus: tuple[float, float]) -> Crop:
    """Return a crop `zoom` times as close, around `focus` (x, y on the scaled picture) as far as the picture goes."""
    width, height = crop.width_px * zoom, crop.height_px * zoom
    half_w, half_h = canvas.width_px / 2, canvas.height_px / 2
    x, y = focus[0] * zoom, focus[1] * zoom
    return Crop(
        scale=crop.scale * zoom,
        width_px=width,
        height_px=height,
        center_x=float(np.clip(x, half_w, width - half_w)),
        center_y=float(np.clip(y, half_h, height - half_h)),
        focus_x=x,
        focus_y=y,
    )


def fit_path(path: Path, crop: Crop, canvas: Size, depth: Depth, *, at_most: float = 1.0) -> View:
    """Return the path, made no larger than `at_most` of its size, as a view that never leaves the picture."""
    for smaller in (share for share in _SHARES if share <= at_most):
        trial = scaled(path, smaller)
        for narrowing in np.arange(1.0, _MAX_NARROWING + 0.001, 0.02):
            zoomed = replace(trial, zoom=trial.zoom * narrowing)
            x = _along(zoomed, canvas, crop, depth, horizontal=True)
            y = _along(zoomed, canvas, crop, depth, horizontal=False)
            if x is not None and y is not None:
                return View(zoomed, x, y, smaller)
    # A still view at rest always fits, so this is only reached for a path whose zoom is below 1.
    raise AssertionError("a path without any motion must fit")


def _along(path: Path, canvas: Size, crop: Crop, depth: Depth, *, horizontal: bool) -> Track | None:
    """Return the middle of the view on one axis for every frame, or None if it cannot be inside the picture."""
    across, along = (canvas.height_px, canvas.width_px) if horizontal else (canvas.width_px, canvas.height_px)
    rest, focus, length = (
        (crop.center_x, crop.focus_x, crop.width_px) if horizontal else (crop.center_y, crop.focus_y, crop.height_px)
    )
    pan, side = (path.pan_x, path.side_x) if horizontal else (path.pan_y, path.side_y)
    low, high = _range(depth)
    half = (np.abs(np.cos(path.roll)) * along + np.abs(np.sin(path.roll)) * across) / 2 / path.zoom
    half = half * np.maximum(1 - path.forward * low, 1 - path.forward * high) / (1 - np.abs(path.swing) / 2)
    # A point of disparity d moves by side * d, so the view's rim looks as far as the extremes of depth allow.
    shifts = np.stack([side * low, side * high]) * along
    # A dolly zoom does not change the subject's size, so it is no reason to go towards it.
    wanted = focus + (rest - focus) * (1 - path.counter) / path.zoom + pan * along
    lowest = half - (wanted + shifts.min(0))
    highest = length - half - (wanted + shifts.max(0))
    if float(lowest.max()) > float(highest.min()) + 1e-6:
        return None
    return wanted + float(np.clip(0.0, lowest.max(), highest.min()))


def _range(depth: Depth) -> tuple[float, float]:
    return float(min(depth.behind.min(), depth.subject.min())), float(max(depth.behind.max(), depth.subject.max()))


def fineness_of(view: View, crop: Crop) -> float:
    """Return how many source pixels to keep per canvas pixel: as many as the closest view can show."""
    return float(np.clip(min(view.path.zoom.max(), 1 / crop.scale), 1.0, _MAX_FINENESS))


def enlarge(picture: Bytes, size: tuple[int, int]) -> Bytes:
    """Resize (H, W, 3) to (width, height): averaged when smaller, sharpened a little when larger."""
    larger = size[0] > picture.shape[1]
    out = cv2.resize(picture, size, interpolation=cv2.INTER_LANCZOS4 if larger else cv2.INTER_AREA)
    if size[0] > 1.15 * picture.shape[1]:
        out = cv2.addWeighted(out, 1.35, cv2.GaussianBlur(out, (0, 0), 1.4), -0.35, 0)
    return out
