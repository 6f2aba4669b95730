"""What hangs in the air and what light does there: fog, fire light, light leaks.

All of it is soft, so it is computed on the mesh (one value for 16x16 pixels) and spread.
"""

from __future__ import annotations

import cv2
import numpy as np

from seedbed.core.sizes import Size
from seedbed.engines.animatic.effects.tone import Paint
from seedbed.engines.animatic.film import Moment
from seedbed.engines.animatic.planes import BLACK_Y, NEUTRAL, WHITE_Y, Bytes, Floats, Planes
from seedbed.engines.animatic.warp import CELL_PX

_TILE = 256
_ROOM = np.clip(WHITE_Y - np.arange(256), 0, 255).astype(np.uint8)  # that each luma leaves for more light


def clouds(chance: np.random.Generator, *, finest: int = 32) -> Floats:
    """Return (256, 256) float32, 0..1: soft noise that wraps around. Source: Perlin 1985, fractal sums."""
    total = np.zeros((_TILE, _TILE), np.float32)
    cells, weight = 4, 1.0
    while cells <= finest:
        coarse = cv2.copyMakeBorder(chance.random((cells, cells)).astype(np.float32), 2, 2, 2, 2, cv2.BORDER_WRAP)
        step = _TILE // cells
        fine = cv2.resize(coarse, None, fx=step, fy=step, interpolation=cv2.INTER_CUBIC)
        total += weight * fine[2 * step : 2 * step + _TILE, 2 * step : 2 * step + _TILE]
        cells, weight = cells * 2, weight * 0.55
    low, high = float(total.min()), float(total.max())
    return (total - low) / (high - low)


def fog(canvas: Size, planes: Planes, *, strength: float, seed: int) -> Paint:
    """Return fog that thickens with distance and drifts. `planes`: the picture it will lie on."""
    chance = np.random.default_rng([seed, 30])
    near, far = clouds(chance), clouds(chance, finest=16)
    # Fog is as light as the air of its picture: white by day, a dim grey by night.
    shade = float(np.clip(float(np.percentile(planes.y[::8, ::8], 80)) * 0.8 + 40, 58, 208))
    air = [0.35 * float(plane.mean()) + 0.65 * NEUTRAL for plane in (planes.u, planes.v)]
    unit = _TILE / canvas.height_px
    density = min(1.25, 0.62 + 0.38 * strength)

    def paint(planes: Planes, moment: Moment) -> None:
        points = moment.mesh.points * np.float32(unit * 0.8)
        slow = _wrapped(far, points * 0.7 + np.array([moment.time_s * 5.0, moment.time_s * 0.9], np.float32))
        quick = _wrapped(near, points * 1.1 + np.array([moment.time_s * 11.0, -moment.time_s * 1.6], np.float32))
        shape = np.clip(1.15 * (0.6 * slow + 0.4 * quick) - 0.12, 0, 1)
        distance = np.clip(1.05 - moment.mesh.disparity, 0, 1)
        cover = density * (0.09 + 0.26 * shape + (0.30 + 0.46 * shape) * distance)
        _cover(planes, np.clip(cover, 0, 0.93) * moment.amount, (shade, *air))

    return paint


def mist(*, strength: float) -> Paint:
    """Return the even haze that heavy rain leaves over the far."""

    def paint(planes: Planes, moment: Moment) -> None:
        distance = np.clip(1.0 - moment.mesh.disparity, 0, 1)
        _cover(planes, 0.20 * strength * distance * moment.amount, (132, NEUTRAL, NEUTRAL))

    return paint


def _wrapped(noise: Floats, points: Floats) -> Floats:
    whole = np.mod(points, _TILE).astype(np.float32)
    return cv2.remap(noise, whole[..., 0], whole[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)


def _spread(nodes: Floats, width_px: int, height_px: int, cell_px: int) -> Bytes:
    bytes_ = np.clip(nodes * 255 + 0.5, 0, 255).astype(np.uint8)
    size = (nodes.shape[1] * cell_px, nodes.shape[0] * cell_px)
    full = cv2.resize(bytes_, size, interpolation=cv2.INTER_LINEAR)
    return full[cell_px : cell_px + height_px, cell_px : cell_px + width_px]


def _cover(planes: Planes, cover: Floats, color: tuple[float, ...]) -> None:
    """Lay one colour (y, u, v) over the planes, as thick as `cover` (mesh nodes, 0..1)."""
    for plane, level in zip(planes.each(), color, strict=True):
        cell_px = CELL_PX if plane is planes.y else CELL_PX // 2
        veil = _spread(cover, plane.shape[1], plane.shape[0], cell_px)
        through = cv2.multiply(plane, 255 - veil, scale=1 / 255)
        cv2.addWeighted(through, 1, veil, level / 255, 0, dst=plane)


def fire_flicker(canvas: Size, *, strength: float, seed: int) -> Paint:
    """Return the light of a fire below the frame: warm, uneven, brighter towards the lower middle."""
    phase = np.random.default_rng([seed, 31]).uniform(0, 2 * np.pi, 6)
    height, width = canvas.height_px // 8, canvas.width_px // 8
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    reach = np.hypot((x / width - 0.5) * 1.25, (y / height - 0.82) * 1.0)
    glow = cv2.resize((np.exp(-(reach**2) / 0.22) * 255).astype(np.uint8), (canvas.width_px, canvas.height_px))

    def paint(planes: Planes, moment: Moment) -> None:
        t = moment.time_s
        waves = sum(np.sin(2 * np.pi * hz * t + phase[n]) / 1.3**n for n, hz in enumerate((1.7, 2.9, 4.6, 7.1)))
        fire = strength * moment.amount * (1 + 0.22 * float(waves))
        # What the fire does not reach falls back a little, or its light would only be an overexposure.
        cv2.convertScaleAbs(planes.y, dst=planes.y, alpha=1 - 0.16 * moment.amount, beta=2.5 * moment.amount)
        lit = cv2.multiply(planes.y, glow, scale=0.42 * fire / 255)
        cv2.add(planes.y, lit, dst=planes.y)
        warm = cv2.resize(lit, planes.u.shape[::-1], interpolation=cv2.INTER_AREA)
        cv2.addWeighted(planes.u, 1, warm, -0.32, -1.5 * fire, dst=planes.u)
        cv2.addWeighted(planes.v, 1, warm, 0.26, 1.5 * fire, dst=planes.v)

    return paint


def light_leak(canvas: Size, *, strength: float, seed: int) -> Paint:
    """Return a warm glow that wanders along one side of the frame, as through a camera's leaking back."""
    chance = np.random.default_rng([seed, 32])
    side, phase = (1 if chance.random() < 0.5 else -1), chance.uniform(0, 2 * np.pi, 3)
    rows, columns = canvas.height_px // CELL_PX + 2, canvas.width_px // CELL_PX + 2
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    x, y = x / (columns - 1), y / (rows - 1)
    x = x if side > 0 else 1 - x

    def paint(planes: Planes, moment: Moment) -> None:
        t = moment.time_s
        edge = 1.06 - 0.16 * (0.5 + 0.5 * np.sin(0.9 * t + phase[0]))
        middle = 0.35 + 0.3 * np.sin(0.53 * t + phase[1])
        blob = np.exp(-(((x - edge) / 0.30) ** 2) - ((y - middle) / 0.55) ** 2)
        beam = 0.5 * np.exp(-(((x - edge + 0.12 * y) / 0.10) ** 2))
        pulse = 0.75 + 0.25 * np.sin(1.7 * t + phase[2])
        _add_warm(planes, (blob + beam) * pulse * strength * moment.amount)

    return paint


def _add_warm(planes: Planes, light: Floats) -> None:
    """Add light as a double exposure does: the lighter a point is already, the less it takes."""
    glow = _fitted(_spread(np.minimum(light, 1.0), planes.y.shape[1], planes.y.shape[0], CELL_PX), planes.y)
    added = cv2.multiply(glow, cv2.LUT(planes.y, _ROOM), scale=0.62 / 255)
    cv2.add(planes.y, added, dst=planes.y)
    tint = _fitted(_spread(np.minimum(light, 1.0), planes.u.shape[1], planes.u.shape[0], CELL_PX // 2), planes.u)
    for plane, gain in ((planes.u, -0.17), (planes.v, 0.14)):
        cv2.addWeighted(plane, 1, tint, gain, 0, dst=plane)
    np.maximum(planes.u, BLACK_Y, out=planes.u)


def _fitted(glow: Bytes, plane: Bytes) -> Bytes:
    """Cut to the plane; a canvas that is not a multiple of a cell leaves a rim to fill."""
    height, width = plane.shape
    low, wide = max(0, height - glow.shape[0]), max(0, width - glow.shape[1])
    return cv2.copyMakeBorder(glow, 0, low, 0, wide, cv2.BORDER_REPLICATE)[:height, :width]
