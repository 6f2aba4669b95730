"""The silhouettes of a slate: mountains, hills, woods, dunes, houses, one behind the other."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from seedbed.core.shotplan.vocabulary import Scenery
from seedbed.engines.animatic.planes import Floats


@dataclass(frozen=True, slots=True)
class Ridge:
    """top: (W,) row of the crest, in pixels. nearness: 0 = hazy and far, 1 = dark and near."""

    top: Floats
    nearness: float
    disparity: float
    depth: float = 0.22  # how far down its haze thickens, as a share of the height
    mist: float = 1.0
    foot: float | None = None  # row at which it ends (land before water); None = the frame's lower edge
    texture: Floats | None = None  # (H, W), about -1..1
    windows: Floats | None = None  # (H, W), 0..1


@dataclass(frozen=True, slots=True)
class _Shape:
    """base: the crest's middle as a share of the height; roughness: how much finer waves count."""

    base: float
    swing: float
    waves: float
    roughness: float
    nearness: float
    disparity: float


_SHAPES: dict[Scenery, tuple[_Shape, ...]] = {
    Scenery.MOUNTAINS: (
        _Shape(0.47, 0.17, 2.2, 0.52, 0.10, 0.10),
        _Shape(0.56, 0.14, 2.8, 0.50, 0.32, 0.22),
        _Shape(0.67, 0.11, 3.2, 0.46, 0.62, 0.42),
        _Shape(0.82, 0.09, 2.4, 0.44, 0.95, 0.72),
    ),
    Scenery.SEA: (_Shape(0.545, 0.05, 2.2, 0.45, 0.18, 0.07),),
    Scenery.FOREST: (
        _Shape(0.50, 0.08, 1.8, 0.42, 0.14, 0.12),
        _Shape(0.60, 0.07, 2.2, 0.40, 0.40, 0.26),
        _Shape(0.70, 0.06, 2.0, 0.40, 0.70, 0.46),
        _Shape(0.85, 0.06, 1.6, 0.40, 1.00, 0.78),
    ),
    Scenery.CITY: (
        _Shape(0.50, 0.13, 0, 0, 0.18, 0.12),
        _Shape(0.58, 0.15, 0, 0, 0.46, 0.28),
        _Shape(0.68, 0.17, 0, 0, 0.82, 0.52),
    ),
    Scenery.DESERT: (
        _Shape(0.60, 0.05, 1.6, 0.24, 0.12, 0.12),
        _Shape(0.68, 0.07, 1.5, 0.20, 0.34, 0.30),
        _Shape(0.80, 0.09, 1.2, 0.18, 0.62, 0.62),
    ),
    Scenery.FIELD: (
        _Shape(0.58, 0.06, 1.7, 0.36, 0.12, 0.12),
        _Shape(0.65, 0.05, 1.5, 0.30, 0.34, 0.26),
        _Shape(0.74, 0.05, 1.2, 0.24, 0.60, 0.48),
        _Shape(0.86, 0.05, 1.0, 0.20, 0.90, 0.78),
    ),
    Scenery.SPACE: (),
}


def ridges_of(scenery: Scenery, chance: np.random.Generator, *, width: int, height: int, horizon: float) -> list[Ridge]:
    """Return the ridges, the farthest first. `horizon`: share of the height."""
    if scenery is Scenery.SPACE:
        return [_limb(chance, width, height)]
    ridges = []
    for shape in _SHAPES[scenery]:
        if scenery is Scenery.CITY:
            ridges.append(_houses(shape, chance, width, height))
            continue
        top = (shape.base + shape.swing * _crest(shape, chance, width)) * height
        if scenery is Scenery.FOREST:
            top = top - _trees(chance, width, height * (0.035 + 0.10 * shape.nearness))
        if scenery is Scenery.SEA:
            ridges.append(Ridge(top.astype(np.float32), shape.nearness, shape.disparity, foot=horizon * height))
            continue
        grain = _grain(chance, width, height, shape.nearness) if shape.nearness > 0.5 else None
        ridges.append(Ridge(top.astype(np.float32), shape.nearness, shape.disparity, texture=grain))
    return ridges


def _crest(shape: _Shape, chance: np.random.Generator, width: int) -> Floats:
    """Return (W,) about -1..1: waves on waves, sharp at the top where they are rough."""
    x = np.linspace(0, 1, width, dtype=np.float32)
    total, weight, waves = np.zeros(width, np.float32), 1.0, shape.waves
    for _ in range(8):
        phase, bend = chance.uniform(0, 2 * np.pi, 2)
        wave = np.sin(2 * np.pi * waves * (x + 0.05 * np.sin(2 * np.pi * x * 1.3 + bend)) + phase)
        sharp = 1 - 2 * np.abs(wave)
        total += weight * (wave * (1 - shape.roughness) - sharp * shape.roughness)
        weight, waves = weight * (0.30 + 0.40 * shape.roughness), waves * 1.97
    return total / 1.8


def _trees(chance: np.random.Generator, width: int, tall: float) -> Floats:
    """Return (W,) how high conifers stand over the crest, in pixels."""
    crown = np.zeros(width, np.float32)
    x = np.arange(width, dtype=np.float32)
    step = tall * 0.30
    for center in np.arange(-tall, width + tall, step):
        middle = center + chance.uniform(-0.5, 0.5) * step
        high = tall * chance.uniform(0.45, 1.0)
        away = np.abs(x - middle) / (high * 0.26)
        boughs = 0.05 * np.sin(away * 26 + chance.uniform(0, 6))
        crown = np.maximum(crown, high * np.clip(1 - away + boughs * (away > 0.06), 0, 1))
    return crown


def _grain(chance: np.random.Generator, width: int, height: int, nearness: float) -> Floats:
    """Return (H, W) about -1..1: the unevenness of near ground, flattened by perspective."""
    cells = round(40 + 60 * nearness)
    coarse = chance.normal(0, 0.5, (cells * 3, cells)).astype(np.float32)
    fine = chance.normal(0, 0.4, (cells * 6, cells * 3)).astype(np.float32)
    broad, small = (cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC) for grid in (coarse, fine))
    return cv2.add(broad, small)


def _houses(shape: _Shape, chance: np.random.Generator, width: int, height: int) -> Ridge:
    """Return a row of blocks with windows, some of them lit."""
    top = np.full(width, (shape.base + shape.swing) * height, np.float32)
    windows = np.zeros((height, width), np.float32)
    x, wide = -0.02 * width, (0.045 + 0.05 * shape.nearness) * width
    while x < width:
        block = wide * chance.uniform(0.6, 1.5)
        roof = (shape.base + shape.swing * (0.6 - 1.7 * chance.beta(1.6, 2.4))) * height
        left, right = max(0, round(x)), min(width, round(x + block))
        if right - left > 3:
            top[left:right] = roof
            if chance.random() < 0.35:
                mast = (left + right) // 2
                top[mast : mast + max(1, height // 500)] = roof - chance.uniform(0.015, 0.05) * height
            _light(windows, chance, left, right, roof, height * (0.011 + 0.013 * shape.nearness))
        x += block + wide * chance.uniform(0.0, 0.12)
    return Ridge(top, shape.nearness, shape.disparity, depth=0.3, mist=0.8, windows=windows)


def _light(windows: Floats, chance: np.random.Generator, left: int, right: int, roof: float, pane: float) -> None:
    lit = chance.uniform(0.12, 0.42)
    for y in np.arange(roof + pane, windows.shape[0], pane * 1.7):
        for x in np.arange(left + pane * 0.7, right - pane * 0.9, pane * 1.35):
            if chance.random() < lit:
                rows = slice(round(y), round(y + pane * 0.95))
                windows[rows, round(x) : round(x + pane * 0.6)] = chance.uniform(0.25, 1.0)


def _limb(chance: np.random.Generator, width: int, height: int) -> Ridge:
    """Return the curve of a planet that fills the lower part of the frame."""
    x = np.linspace(-1, 1, width, dtype=np.float32) - np.float32(chance.uniform(-0.25, 0.25))
    top = (0.70 + 0.16 * x * x) * height
    return Ridge(top.astype(np.float32), 0.4, 0.5, depth=0.5, mist=0.0, texture=_grain(chance, width, height, 0.3))
