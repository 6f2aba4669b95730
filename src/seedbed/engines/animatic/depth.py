"""A guess at depth from one picture: sky, ground, sharpness, and the subject in front of them.

Disparity is 0 for the far and 1 for the near. It is smooth on purpose: where the guess is wrong, a smooth field bends
the picture a little, while a sharp one tears it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from seedbed.engines.animatic.edges import fill, guided
from seedbed.engines.animatic.planes import Bytes, Floats

WIDTH_PX = 320  # of the maps; a camera move has no use for finer ones


@dataclass(frozen=True, slots=True)
class Scene:
    """What was seen in a picture. Maps are (h, 320) float32 over the whole picture."""

    sky: Floats  # 0..1
    sky_share: float
    horizon: float  # as a share of the height
    upright: float = 0.0  # 0..1: how much stands in it whose straight upright edges would show any bending


@dataclass(frozen=True, slots=True)
class Depth:
    """behind, subject: (h, 320) float32 disparity of the two layers; equal where there is one layer."""

    behind: Floats
    subject: Floats
    focus: float  # disparity of what the picture is about


def look_around(rgb: Bytes) -> Scene:
    """See what gives depth away in (H, W, 3) uint8 sRGB."""
    height_px = max(8, round(WIDTH_PX * rgb.shape[0] / rgb.shape[1]))
    small = cv2.resize(rgb, (WIDTH_PX, height_px), interpolation=cv2.INTER_AREA)
    return replace(_sky(small), upright=_upright(small))


def _upright(small: Bytes) -> float:
    """Return how much of the picture is towers, walls, posts: long straight edges within 8 degrees of the vertical."""
    scale = WIDTH_PX / max(small.shape[:2])
    smaller = cv2.resize(small, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    height_px = smaller.shape[0]
    edges = cv2.Canny(cv2.cvtColor(smaller, cv2.COLOR_RGB2GRAY), 60, 150)
    lines = cv2.HoughLinesP(edges, 1, np.pi / 180, 30, minLineLength=0.2 * height_px, maxLineGap=4)
    if lines is None:
        return 0.0
    across, along = np.abs(np.diff(lines.reshape(-1, 2, 2).astype(np.float32), axis=1)[:, 0]).T
    length = float(np.hypot(across, along)[across < 0.14 * along].sum()) / height_px
    return float(np.clip((length - 0.5) / 1.2, 0, 1))


def _sky(small: Bytes) -> Scene:
    """Find the sky: smooth, sky-coloured, and hanging from the upper edge."""
    height_px = small.shape[0]
    luma = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    texture = cv2.blur(cv2.magnitude(cv2.Sobel(luma, cv2.CV_32F, 1, 0), cv2.Sobel(luma, cv2.CV_32F, 0, 1)), (7, 7))
    hue, saturation, value = cv2.split(cv2.cvtColor(small, cv2.COLOR_RGB2HSV).astype(np.float32))
    blue = (hue > 85) & (hue < 135)
    pale = (saturation < 60) & (value > 120)
    glowing = (value > 150) & (saturation < 120)
    candidate = ((texture < 30) & (blue | pale | glowing)).astype(np.uint8)
    cleaned = cv2.morphologyEx(candidate, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    _, labels = cv2.connectedComponents(cleaned, connectivity=4)
    rim = labels[: max(2, height_px // 30)]
    sky = np.isin(labels, np.unique(rim[rim > 0]))
    # A wall behind a person is smooth and pale too, but it goes down to the floor.
    if (rim > 0).mean() < 0.3 or sky[int(height_px * 0.8) :].mean() > 0.3 or sky.mean() < 0.06:
        return Scene(np.zeros_like(luma), 0.0, 0.42)
    soft = guided(luma / 255, sky.astype(np.float32), radius_px=6, epsilon=1e-3)
    depths = np.where(sky.any(0), height_px - np.argmax(sky[::-1], axis=0), 0)
    horizon = float(np.clip(np.percentile(depths, 65) / height_px, 0.15, 0.8))
    return Scene(np.clip(soft, 0, 1), float(sky.mean()), horizon)


def guess(rgb: Bytes, scene: Scene, mask: Floats | None) -> Depth:
    """Return the disparity of a picture; `mask` (any size, 0..1) is its subject, None where it is not trusted."""
    height_px = scene.sky.shape[0]
    luma = _gray(cv2.resize(rgb, (WIDTH_PX, height_px), interpolation=cv2.INTER_AREA))
    ground = _ground(luma, scene)
    # What stands upright reaches from the near ground to the far sky and yet is at one distance.
    ground = ground + np.float32(scene.upright) * (ground.mean() - ground)
    if mask is None:
        # One layer bends whatever stands upright in it; the smoother the field, the more it only leans.
        soft = cv2.GaussianBlur(ground, (0, 0), 16)
        return Depth(soft, soft, float(np.median(soft[height_px // 3 :])))
    inside = (cv2.resize(mask, (WIDTH_PX, height_px), interpolation=cv2.INTER_AREA) > 0.5).astype(np.uint8)
    return _with_subject(ground, inside)


def _ground(luma: Floats, scene: Scene) -> Floats:
    height_px = luma.shape[0]
    rows = np.linspace(0, 1, height_px, dtype=np.float32)[:, None]
    if scene.sky_share > 0.03:
        ramp = 0.12 + 0.75 * np.clip((rows - scene.horizon) / (1 - scene.horizon), 0, 1) ** 1.2
    else:
        ramp = 0.2 + 0.45 * rows**1.4
    detail = cv2.GaussianBlur(np.abs(cv2.Laplacian(luma, cv2.CV_32F, ksize=3)), (0, 0), 9)
    detail = np.clip(detail / (float(np.percentile(detail, 97)) + 1e-4), 0, 1)
    near = (ramp + 0.12 * (detail - 0.4)) * (1 - scene.sky)
    return cv2.GaussianBlur(guided(luma, near.astype(np.float32), radius_px=12, epsilon=1e-3), (0, 0), 3)


def _with_subject(ground: Floats, inside: Bytes) -> Depth:
    foot = ground[max(0, int(np.flatnonzero(inside.any(1))[-1]) - 4) :].mean()
    plane = float(np.clip(max(foot, ground[inside > 0].mean() + 0.28), 0.4, 0.9))
    distance = cv2.distanceTransform(inside, cv2.DIST_L2, 5)
    bulge = cv2.GaussianBlur(np.sqrt(distance / (float(distance.max()) + 1e-3)), (0, 0), 6)
    subject = cv2.GaussianBlur(fill(plane + 0.10 * (bulge - 0.5), inside.astype(np.float32)), (0, 0), 4)
    around = 1 - cv2.dilate(inside, np.ones((9, 9), np.uint8)).astype(np.float32)
    behind = cv2.GaussianBlur(fill(ground, around), (0, 0), 4)
    return Depth(np.minimum(behind, subject - 0.05), subject, plane)


def _gray(rgb: Bytes) -> Floats:
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
