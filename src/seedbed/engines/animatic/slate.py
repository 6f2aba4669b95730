"""A storyboard slate: a drawn landscape that stands for a shot of which no picture was given.

It takes its time of day, weather, scenery and colours from the plan and its shapes from the seed. It is composed like a
stage set: a sky, and ridges of falling haze before it, each with its own disparity, so that the camera has
depth to show.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from seedbed.core.shotplan.plan import ShotPlan
from seedbed.core.shotplan.vocabulary import Effect, Scenery
from seedbed.core.sizes import Size
from seedbed.engines.animatic.depth import WIDTH_PX, Depth
from seedbed.engines.animatic.palette import Palette, palette_of
from seedbed.engines.animatic.planes import Bytes, Floats
from seedbed.engines.animatic.ridges import Ridge, ridges_of

_FINENESS = 1.2  # pixels per canvas pixel, for the camera to come nearer


@dataclass(frozen=True, slots=True)
class Slate:
    """picture: (H, W, 3) uint8 sRGB, in the canvas's ratio; depth: what stands how near."""

    picture: Bytes
    depth: Depth


def draw_slate(plan: ShotPlan, canvas: Size, *, seed: int) -> Slate:
    chance = np.random.default_rng([seed, 60])
    width, height = (2 * round(side * _FINENESS / 2) for side in (canvas.width_px, canvas.height_px))
    scenery = plan.scenery[0] if plan.scenery else Scenery.MOUNTAINS
    colors = palette_of(plan, scenery)
    horizon = 0.56 if scenery is Scenery.SEA else 0.62
    light = (float(chance.uniform(0.22, 0.78)), horizon - float(chance.uniform(0.10, 0.30)))
    picture = _sky(width, height, colors, horizon)
    if colors.stars > 0 or scenery is Scenery.SPACE:
        _stars(picture, chance, horizon if scenery is not Scenery.SPACE else 1.0, max(colors.stars, 0.6))
    _clouds(picture, chance, colors, horizon)
    _luminary(picture, light, colors)
    disparity = np.zeros((height, width), np.float32)
    if scenery is Scenery.SEA:
        _sea(picture, disparity, chance, colors, light, horizon)
    for ridge in ridges_of(scenery, chance, width=width, height=height, horizon=horizon):
        _stand(picture, disparity, ridge, colors, light)
    wet = plan.effect(Effect.RAIN) is not None and scenery is Scenery.CITY
    if wet:
        _reflect(picture, disparity, from_row=0.80)
    _vignette(picture)
    depth_size = (WIDTH_PX, max(8, round(WIDTH_PX * height / width)))
    small = cv2.GaussianBlur(cv2.resize(disparity, depth_size, interpolation=cv2.INTER_AREA), (0, 0), 3)
    # A little noise, less than a step of 8 bits, keeps the long gradients from banding.
    noise = chance.normal(0, 0.7, (height, width, 1)).astype(np.float32)
    return Slate(np.clip(picture * 255 + noise + 0.5, 0, 255).astype(np.uint8), Depth(small, small, 0.35))


def _sky(width: int, height: int, colors: Palette, horizon: float) -> Floats:
    rows = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    share = np.clip(rows / horizon, 0, 1) ** 1.25
    column = colors.zenith * (1 - share) + colors.horizon * share
    return np.ascontiguousarray(np.broadcast_to(column, (height, width, 3)).astype(np.float32))


def _stars(picture: Floats, chance: np.random.Generator, down_to: float, light: float) -> None:
    height, width = picture.shape[:2]
    layer = np.zeros((height, width), np.float32)
    for x, y, size in chance.random((round(320 * width / height), 3)):
        row = y**1.3 * down_to * height * 0.95
        fade = 1 - 0.75 * row / (down_to * height)
        radius = (0.45 + 1.1 * size**6) * height / 860
        center = (round(x * width * 16), round(row * 16))
        cv2.circle(
            layer, center, max(4, round(radius * 16)), (0.25 + 0.75 * size**2) * fade * light, -1, cv2.LINE_AA, 4
        )
    layer = cv2.GaussianBlur(layer, (0, 0), 0.7) * 1.3 + cv2.GaussianBlur(layer, (0, 0), 3.0) * 0.6
    picture += layer[..., None] * np.array([0.92, 0.95, 1.0], np.float32)


def _clouds(picture: Floats, chance: np.random.Generator, colors: Palette, horizon: float) -> None:
    """Lay long thin clouds over the sky, nearer together towards the horizon."""
    height, width = picture.shape[:2]
    noise = np.zeros((height, width), np.float32)
    for cells, weight in ((3, 1.0), (6, 0.6), (13, 0.36), (28, 0.2)):
        grid = chance.random((max(4, cells * 3), cells)).astype(np.float32)
        noise += weight * cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)
    noise = (noise - noise.mean()) / (noise.std() + 1e-6)
    rows = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    band = np.clip(rows / horizon, 0, 1) * np.clip((horizon + 0.06 - rows) / 0.2, 0, 1)
    cover = (np.clip((noise - 0.25) / 1.9, 0, 1) * band * colors.cloud)[..., None]
    picture *= 1 - cover
    picture += cover * colors.cloud_color


def _luminary(picture: Floats, light: tuple[float, float], colors: Palette) -> None:
    """Hang the sun or the moon, with its glow."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    distance = np.hypot(x - light[0] * width, y - light[1] * height) / height
    wide = np.exp(-((distance / 0.42) ** 1.3)) * colors.glow
    close = np.exp(-((distance / 0.10) ** 1.2)) * colors.glow
    disc = np.clip((colors.disc_radius - distance) * height / 1.5 + 0.5, 0, 1) * colors.disc
    for share in (wide * 0.55, close * 0.5):
        picture += share[..., None] * colors.light * (1 - picture)
    picture *= 1 - disc[..., None]
    picture += disc[..., None] * colors.disc_color


def _stand(picture: Floats, disparity: Floats, ridge: Ridge, colors: Palette, light: tuple[float, float]) -> None:
    """Put one ridge before everything drawn so far."""
    height, width = disparity.shape
    y = np.arange(height, dtype=np.float32)[:, None]
    inside = np.clip(y - ridge.top + 0.5, 0, 1)
    if ridge.foot is not None:
        inside = inside * np.clip(ridge.foot - y + 0.5, 0, 1)
    base = colors.haze * (1 - ridge.nearness) + colors.near * ridge.nearness
    # Each ridge stands in the haze of the valley before it, and catches some light along its crest.
    below = np.clip((y - ridge.top) / (ridge.depth * height), 0, 1) ** 1.2
    fog = (below * 0.42 * (1 - ridge.nearness) * ridge.mist)[..., None]
    x = np.arange(width, dtype=np.float32)[None, :] / width
    lit = np.exp(-((x - light[0]) ** 2) / 0.09) * np.exp(-np.clip(y - ridge.top, 0, None) / (0.05 * height))
    rim = (lit * 0.22 * colors.glow * (1 - 0.6 * ridge.nearness))[..., None]
    body = base * (1 - fog) + colors.horizon * fog
    body = body + rim * colors.light
    if ridge.texture is not None:
        body = body * (1 + ridge.texture[..., None] * 0.045)
    mask = inside[..., None]
    picture *= 1 - mask
    picture += mask * body
    if ridge.windows is not None:
        glow = cv2.GaussianBlur(ridge.windows, (0, 0), height / 160) * 0.9
        lamps = ((ridge.windows + glow) * colors.windows * (0.35 + 0.65 * ridge.nearness))[..., None]
        picture += lamps * np.array([1.0, 0.76, 0.42], np.float32) * (1 - picture)
    np.copyto(disparity, disparity * (1 - inside) + ridge.disparity * inside)


def _sea(
    picture: Floats,
    disparity: Floats,
    chance: np.random.Generator,
    colors: Palette,
    light: tuple[float, float],
    horizon: float,
) -> None:
    """Lay the water: the sky's colours upside down and darker, and the light's path of glitter on it."""
    height, width = disparity.shape
    first = round(horizon * height)
    rows = np.linspace(0, 1, height - first, dtype=np.float32)[:, None]
    water = colors.horizon * 0.72 * (1 - rows[..., None]) ** 1.4 + (colors.near * 0.7 + colors.zenith * 0.3) * (
        1 - (1 - rows[..., None]) ** 1.4
    )
    waves = np.zeros((height - first, width), np.float32)
    for count, weight in ((60, 0.5), (130, 0.35), (260, 0.25)):
        # Waves are flat and crowded far away: the noise is stretched sideways, and rows are taken in perspective.
        grid = chance.normal(0, 1, (count, max(4, count // 5))).astype(np.float32)
        at = (np.sqrt(np.linspace(0, 1, height - first, dtype=np.float32)) * 0.5 + rows[:, 0] * 0.5) * (count - 1)
        columns = np.linspace(0, grid.shape[1] - 1, width, dtype=np.float32)
        field_x, field_y = np.meshgrid(columns, at.astype(np.float32))
        waves += weight * cv2.remap(grid, field_x, field_y, cv2.INTER_CUBIC)
    x = np.linspace(0, 1, width, dtype=np.float32)[None, :]
    path = np.exp(-(((x - light[0]) / (0.035 + 0.16 * rows)) ** 2)) * colors.glow
    glitter = np.clip(waves - 0.25, 0, 1.2) * path * 1.1 + path * 0.14
    water = water * (1 + 0.09 * waves[..., None]) + glitter[..., None] * colors.light
    picture[first:] = np.clip(water, 0, 1.2)
    disparity[first:] = 0.08 + 0.72 * rows


def _reflect(picture: Floats, disparity: Floats, *, from_row: float) -> None:
    """Turn the ground into a wet street that mirrors what stands on it."""
    height = len(disparity)
    first = round(from_row * height)
    count = height - first
    mirrored = picture[first - count : first][::-1]
    smeared = cv2.GaussianBlur(mirrored, (0, 0), sigmaX=height / 260, sigmaY=height / 36)
    share = np.linspace(0.62, 0.30, count, dtype=np.float32)[:, None, None]
    edge = np.clip(np.arange(count, dtype=np.float32) / (0.03 * height), 0, 1)[:, None, None]
    ground = smeared * share + 0.03
    picture[first:] = picture[first:] * (1 - edge) + ground * edge
    rows = np.linspace(0, 1, count, dtype=np.float32)[:, None]
    disparity[first:] = np.maximum(disparity[first:] * (1 - edge[..., 0]), 0) + edge[..., 0] * (0.72 + 0.22 * rows)


def _vignette(picture: Floats) -> None:
    height, width = picture.shape[:2]
    y, x = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    picture *= (1 - 0.20 * np.clip((x * x + y * y) / 2, 0, 1) ** 1.2)[..., None].astype(np.float32)
