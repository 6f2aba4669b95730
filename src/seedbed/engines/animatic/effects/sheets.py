"""Endless sheets of particles: drawn once, scrolled over the frames.

A sheet wraps around in both directions, so any window of it can be shown; sheets of different speed, one before the
other, look like depth. All sizes are for a canvas 720 px high and scale with it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from seedbed.core.sizes import Size
from seedbed.engines.animatic.planes import Bytes, scale_of

_TALLER = 1.4  # the sheet against the canvas: a repetition is never on screen twice
_SUBPIXEL_BITS = 4


@dataclass(frozen=True, slots=True)
class Sheet:
    """image: uint8, extended by one canvas in both directions, so that every window is a plain slice."""

    image: Bytes
    period_x: int
    period_y: int
    window_x: int
    window_y: int

    def window(self, x: int, y: int) -> Bytes:
        """Return the window whose left upper corner is at x, y of the endless sheet. Not to be written to."""
        x, y = x % self.period_x, y % self.period_y
        return self.image[y : y + self.window_y, x : x + self.window_x]

    def halved(self) -> Sheet:
        """Return the sheet for chroma."""
        half = cv2.resize(
            self.image, (self.image.shape[1] // 2, self.image.shape[0] // 2), interpolation=cv2.INTER_AREA
        )
        return Sheet(half, self.period_x // 2, self.period_y // 2, self.window_x // 2, self.window_y // 2)


def blank(canvas: Size) -> Bytes:
    """Return an empty sheet; its size is divisible by two, so that chroma wraps with luma."""
    return np.zeros((2 * round(canvas.height_px * _TALLER / 2), 2 * round(canvas.width_px * _TALLER / 2)), np.uint8)


def finish(sheet: Bytes, canvas: Size) -> Sheet:
    height, width = sheet.shape
    image = cv2.copyMakeBorder(sheet, 0, canvas.height_px, 0, canvas.width_px, cv2.BORDER_WRAP)
    return Sheet(image, width, height, canvas.width_px, canvas.height_px)


def count_of(canvas: Size, per_frame: float) -> int:
    """Return how many particles a sheet needs for `per_frame` of them in a 1280x720 window."""
    area = canvas.width_px * canvas.height_px / (1280 * 720) / scale_of(canvas) ** 2
    return max(1, round(per_frame * area * _TALLER**2))


def draw_streaks(
    canvas: Size,
    chance: np.random.Generator,
    *,
    count: int,
    length_px: float,
    width_px: float,
    slope: float,
    light: float,
) -> Sheet:
    """Draw falling lines. slope: sideways per downwards. light: luma of the brightest."""
    sheet, scale = blank(canvas), scale_of(canvas)
    height, width = sheet.shape
    thick = max(1, round(width_px * scale))
    # A line cannot be thinner than a pixel, so it is dimmed to be the same share of a small frame as of a large one.
    light *= float(np.clip((width_px * scale / thick) / (width_px / max(1, round(width_px))), 0.62, 1.6))
    for x, y, size, bright in zip(*chance.random((4, count)), strict=True):
        length = length_px * scale * (0.6 + 0.8 * size)
        color = light * (0.45 + 0.55 * bright)
        # Both ends fade out: a dim long line under a bright short one.
        for part, share in ((1.0, 0.45), (0.6, 1.0)):
            top = y * height + length * (1 - part) / 2
            left = x * width + slope * length * (1 - part) / 2
            low, aside = top + length * part, left + slope * length * part
            for dy in _wraps(top, low, height):
                for dx in _wraps(min(left, aside), max(left, aside), width):
                    start, end = _fixed(left + dx, top + dy), _fixed(aside + dx, low + dy)
                    cv2.line(sheet, start, end, int(color * share), thick, cv2.LINE_AA, _SUBPIXEL_BITS)
    return finish(_blurred(sheet, 0.35 + 0.4 * width_px * scale), canvas)


def draw_discs(
    canvas: Size, chance: np.random.Generator, *, count: int, radius_px: float, softness: float, light: float
) -> Sheet:
    """Draw round flakes. softness: blur as a share of the radius. light: luma of the brightest."""
    sheet, scale = blank(canvas), scale_of(canvas)
    height, width = sheet.shape
    for x, y, size, bright in zip(*chance.random((4, count)), strict=True):
        radius = radius_px * scale * (0.6 + 0.8 * size)
        color = int(light * (0.4 + 0.6 * bright))
        for dy in _wraps(y * height - radius, y * height + radius, height):
            for dx in _wraps(x * width - radius, x * width + radius, width):
                center = _fixed(x * width + dx, y * height + dy)
                drawn_radius = max(1, round(radius * (1 << _SUBPIXEL_BITS)))
                cv2.circle(sheet, center, drawn_radius, color, -1, cv2.LINE_AA, _SUBPIXEL_BITS)
    return finish(_blurred(sheet, max(0.5, softness * radius_px * scale)), canvas)


def _wraps(first: float, last: float, period: int) -> tuple[int, ...]:
    """Return by how much to shift a drawing so that what sticks out on one side comes in on the other."""
    return (0, *((period,) if first < 2 else ()), *((-period,) if last > period - 2 else ()))


def _fixed(x: float, y: float) -> tuple[int, int]:
    """Return a point in the fixed-point numbers that OpenCV draws with."""
    return round(x * (1 << _SUBPIXEL_BITS)), round(y * (1 << _SUBPIXEL_BITS))


def _blurred(sheet: Bytes, sigma: float) -> Bytes:
    margin = math.ceil(3 * sigma)
    wrapped = cv2.copyMakeBorder(sheet, margin, margin, margin, margin, cv2.BORDER_WRAP)
    return np.ascontiguousarray(cv2.GaussianBlur(wrapped, (0, 0), sigma)[margin:-margin, margin:-margin])


def add(plane: Bytes, sheet: Sheet, x: float, y: float, amount: float) -> None:
    """Add a window of the sheet to a plane, in place. y may lie between pixels: slow flakes would tremble otherwise."""
    whole, between = math.floor(y), y - math.floor(y)
    left = round(x)
    for row, share in ((whole, 1 - between), (whole + 1, between)):
        if share * amount > 0.004:
            cv2.addWeighted(plane, 1, sheet.window(left, row), share * amount, 0, dst=plane)
