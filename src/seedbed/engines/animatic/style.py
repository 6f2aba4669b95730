"""The palette and contrast of one picture lent to another, as a photographer's grade would: a hint, not a repaint.

The grade is one smooth function of a pixel's own colour, so nothing can smear, ring or post a contour, and it is laid
on the picture before the clip is made from it, so that it costs nothing per frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from seedbed.engines.animatic.planes import Bytes, Floats

_SAMPLE_SIDE_PX = 192
_NODES = 33  # of the grid of colours a side; between them the grade is as good as linear
_STRIP_ROWS = 256  # colours are floats while they are changed; strips keep that small for a 36-megapixel picture
_ZONES = (10.0, 30.0, 50.0, 70.0, 90.0)  # L* of the tonal zones between which colour casts run over smoothly
_ZONE_WIDTH = 16.0
_ZONE_PRIOR = 0.08  # share of the picture below which a zone takes the colour of the whole
_PERCENTILES = np.linspace(2, 98, 25)

_TONE, _COLOR = 0.6, 0.8  # how far towards the style
_SLOPES = (0.6, 1.55)  # of the tone curve: flatter would be mud, steeper would show the steps of 8 bits
_MOST_TONE_SHIFT = 14.0  # in L*
_MOST_CAST = 18.0  # in a*b*
_SPREADS = (0.45, 1.5)  # of colourfulness


@dataclass(frozen=True, slots=True)
class Grade:
    """A change of colour in CIE Lab (D65).

    tone: (256,) new L* over L* 0..100. casts: (256, 2) what is added to a*b* over the new L*. middle: (2,) and mix:
    (2, 2) turn and stretch a*b* about the picture's own mean.
    """

    tone: Floats
    casts: Floats
    middle: Floats
    mix: Floats


def transfer(picture: Bytes, styles: Sequence[Bytes], *, seed: int = 0) -> Bytes:
    """Return (H, W, 3) uint8 sRGB in the palette and contrast of the styles (the same form, any size, taken together).

    Source: Reinhard et al. 2001 (colour transfer in an opponent space); Pitie and Kokaram 2007 (its linear map).
    """
    if not styles:
        return picture
    table = _table(measure(picture, styles))
    chance = np.random.default_rng([seed, 5])
    out = np.empty_like(picture)
    for top in range(0, picture.shape[0], _STRIP_ROWS):
        rows = slice(top, top + _STRIP_ROWS)
        out[rows] = _graded(picture[rows], table, chance)
    return out


def measure(picture: Bytes, styles: Sequence[Bytes]) -> Grade:
    """Return the grade that brings the picture near the styles, within what stays natural."""
    own, other = _sample(picture), np.concatenate([_sample(style) for style in styles])
    tone = _tone_curve(own[:, 0], other[:, 0])
    middle = own[:, 1:].mean(0)
    mix = _mix(np.cov(own[:, 1:].T), np.cov(other[:, 1:].T))
    graded = own.copy()
    graded[:, 0] = _looked_up(tone, own[:, 0])
    graded[:, 1:] = middle + (own[:, 1:] - middle) @ mix.T
    return Grade(tone, _casts(graded, other), middle.astype(np.float32), mix.astype(np.float32))


def apply(grade: Grade, lab: Floats) -> Floats:
    """Return (..., 3) float32 Lab with the grade on it, less of it on skin and none on white and black."""
    own_l, own_ab = lab[..., 0], lab[..., 1:]
    new_l = _looked_up(grade.tone, own_l)
    new_ab = grade.middle + (own_ab - grade.middle) @ grade.mix.T
    new_ab = new_ab + np.stack([_looked_up(grade.casts[:, n], new_l) for n in (0, 1)], -1)
    skin = _skin(lab)
    color = (_midtone(own_l) * (1 - 0.65 * skin) * (1 - 0.6 * _pale(lab)))[..., None]
    tone = 1 - 0.4 * skin
    out = np.empty_like(lab)
    out[..., 0] = own_l + (new_l - own_l) * tone
    out[..., 1:] = own_ab + (new_ab - own_ab) * color
    return out


def _lab(rgb: Bytes) -> Floats:
    return cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)


def _table(grade: Grade) -> Floats:
    """Return (g, b * r, 3) float32, 0..255: the grade of a grid of colours. A block of columns holds one blue."""
    steps = np.linspace(0, 1, _NODES, dtype=np.float32)
    green, blue, red = np.meshgrid(steps, steps, steps, indexing="ij")
    grid = np.stack([red, green, blue], -1).reshape(_NODES, _NODES * _NODES, 3)
    graded = apply(grade, cv2.cvtColor(grid, cv2.COLOR_RGB2Lab))
    return cv2.cvtColor(_within_reach(graded), cv2.COLOR_Lab2RGB) * 255


def _graded(rgb: Bytes, table: Floats, chance: np.random.Generator) -> Bytes:
    """Return uint8 sRGB; a grain finer than one step takes the place of the steps a steeper curve would show."""
    place = rgb.astype(np.float32) * np.float32((_NODES - 1) / 255)
    below = np.minimum(np.floor(place[..., 2]), _NODES - 2)
    share = (place[..., 2] - below)[..., None]
    column = below * _NODES + place[..., 0]
    low: Floats = cv2.remap(table, column, place[..., 1], cv2.INTER_LINEAR)
    high: Floats = cv2.remap(table, column + _NODES, place[..., 1], cv2.INTER_LINEAR)
    high -= low
    high *= share
    low += high
    low += chance.random(rgb.shape[:2], dtype=np.float32)[..., None]
    # Conversion to whole numbers cuts off, so that the grain decides which way a fraction goes.
    return np.clip(low, 0, 255).astype(np.uint8)


def _within_reach(lab: Floats) -> Floats:
    """Bend colourfulness softly where sRGB ends, so that strong colours keep their shades instead of clipping."""
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    knee, end = 70.0, 115.0
    over = np.maximum(chroma - knee, 0)
    bent = np.where(chroma > knee, knee + (end - knee) * np.tanh(over / (end - knee)), chroma)
    lab[..., 1:] *= (bent / np.maximum(chroma, 1e-3))[..., None]
    return lab


def _sample(picture: Bytes) -> Floats:
    side = min(_SAMPLE_SIDE_PX, *picture.shape[:2])
    return _lab(cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)).reshape(-1, 3)


def _looked_up(curve: Floats, at: Floats) -> Floats:
    """Read a (256,) curve over 0..100 linearly."""
    place = np.clip(at * np.float32(2.55), 0, 254.999)
    low = place.astype(np.uint8)
    share = place - low
    curve = curve.astype(np.float32)
    return np.asarray(curve[low] * (1 - share) + curve[low + 1] * share)


def _tone_curve(own: Floats, other: Floats) -> Floats:
    """Return L* over L*: part of the way to the style's distribution, black and white held, never steep or flat."""
    at = np.linspace(0, 100, 256)
    here, there = np.percentile(own, _PERCENTILES), np.percentile(other, _PERCENTILES)
    step = np.clip((there - here) * _TONE, -_MOST_TONE_SHIFT, _MOST_TONE_SHIFT)
    # Equal tones have several ranks; their mean step is what all of them take.
    levels, place = np.unique(np.round(here, 1), return_inverse=True)
    steps = np.bincount(place, weights=step) / np.bincount(place)
    shift = np.interp(at, levels, steps) * _smooth(np.minimum(at, 100 - at) / 34)
    slope = np.clip(np.gradient(cv2.GaussianBlur((at + shift)[None], (0, 0), 14)[0], at), *_SLOPES)
    curve = np.concatenate([[0], np.cumsum((slope[1:] + slope[:-1]) / 2 * np.diff(at))])
    return np.asarray(curve * (100 / curve[-1]))


def _mix(own: Floats, other: Floats) -> Floats:
    """Return the (2, 2) map that turns one covariance of a*b* towards another, its stretch limited both ways."""
    floor = np.eye(2) * 4.0  # a grey picture has no colours to stretch
    root, unroot = _powers(own + floor)
    middle, _ = _powers(root @ (other + floor) @ root)
    values, vectors = np.linalg.eigh(unroot @ middle @ unroot)
    full = vectors @ np.diag(np.clip(values, *_SPREADS)) @ vectors.T
    return np.asarray(np.eye(2) * (1 - _COLOR) + full * _COLOR)


def _powers(matrix: Floats) -> tuple[Floats, Floats]:
    """Return the square root of a symmetric positive matrix, and its inverse."""
    values, vectors = np.linalg.eigh(matrix)
    root = np.sqrt(np.maximum(values, 1e-6))
    return vectors @ np.diag(root) @ vectors.T, vectors @ np.diag(1 / root) @ vectors.T


def _casts(own: Floats, other: Floats) -> Floats:
    """Return (256, 2): what brings each tonal zone's mean a*b* to the style's, run smoothly from zone to zone."""
    at = np.linspace(0, 100, 256)
    steps = (_zone_colors(other) - _zone_colors(own)) * _COLOR
    length = np.linalg.norm(steps, axis=1, keepdims=True)
    steps = steps * np.tanh(length / _MOST_CAST) * _MOST_CAST / np.maximum(length, 1e-6)
    weight = np.exp(-0.5 * ((at[:, None] - np.array(_ZONES)) / _ZONE_WIDTH) ** 2)
    return np.asarray(weight @ steps / weight.sum(1, keepdims=True))


def _zone_colors(lab: Floats) -> Floats:
    """Return (zones, 2): the mean a*b* at each tone, drawn to the whole picture's where there is little of the tone."""
    weight = np.exp(-0.5 * ((lab[:, :1] - np.array(_ZONES)) / _ZONE_WIDTH) ** 2)
    prior = _ZONE_PRIOR * len(lab)
    return np.asarray((weight.T @ lab[:, 1:] + prior * lab[:, 1:].mean(0)) / (weight.sum(0)[:, None] + prior))


def _midtone(light: Floats) -> Floats:
    """Return 1 for tones that may take colour, falling to 0 at black and at paper white."""
    return _smooth((light - 2) / 16) * _smooth((99 - light) / 14)


def _pale(lab: Floats) -> Floats:
    """Return how near a colour is to a white thing in the light or in soft shade, 0..1."""
    return _smooth((lab[..., 0] - 58) / 26) * _smooth((16 - np.hypot(lab[..., 1], lab[..., 2])) / 10)


def _skin(lab: Floats) -> Floats:
    """Return how far a colour may be skin, of any complexion, 0..1: their hues lie close together."""
    hue = np.arctan2(lab[..., 2], lab[..., 1])
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    near = _smooth(1.6 - np.abs(hue - np.float32(0.89)) / np.float32(0.35))
    return near * _smooth((chroma - 6) / 8) * _smooth((62 - chroma) / 14) * _smooth((lab[..., 0] - 12) / 14)


def _smooth(share: Floats) -> Floats:
    share = np.clip(share, 0, 1)
    return np.asarray(share * share * (3 - 2 * share))
