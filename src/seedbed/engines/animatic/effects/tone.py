"""Light and colour of the whole frame: grades, black and white, film grain.

Everything works on planes in place. A tint is strongest on middle greys, so that black stays black and white
stays white.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from seedbed.core.shotplan.vocabulary import TimeOfDay
from seedbed.core.sizes import Size
from seedbed.engines.animatic.effects.sheets import Sheet
from seedbed.engines.animatic.film import Moment
from seedbed.engines.animatic.planes import BLACK_Y, NEUTRAL, WHITE_Y, Bytes, Planes, scale_of

Paint = Callable[[Planes, Moment], None]


@dataclass(frozen=True, slots=True)
class Grade:
    """What a light does to a picture. Neutral is (1, 1, 0, 1, 0, 0)."""

    gain: float  # of luma above black
    gamma: float  # above 1 darkens the middle
    lift: float  # luma steps added to black
    chroma: float
    tint_u: float  # chroma steps at middle grey
    tint_v: float

    def apply(self, planes: Planes, amount: float) -> None:
        cv2.LUT(planes.y, self._curve(amount), dst=planes.y)
        gray = cv2.resize(planes.y, planes.u.shape[::-1], interpolation=cv2.INTER_AREA)
        keep = 1 + (self.chroma - 1) * amount
        weight = cv2.LUT(gray, _TINTED)
        for plane, tint in ((planes.u, self.tint_u), (planes.v, self.tint_v)):
            cv2.addWeighted(plane, keep, weight, tint * amount / 255, NEUTRAL * (1 - keep), dst=plane)

    def _curve(self, amount: float) -> Bytes:
        level = np.clip((np.arange(256) - BLACK_Y) / (WHITE_Y - BLACK_Y), 0, 1)
        graded = BLACK_Y + self.lift + (WHITE_Y - BLACK_Y - self.lift) * np.minimum(1, self.gain * level**self.gamma)
        mixed = np.arange(256) * (1 - amount) + graded * amount
        curve: Bytes = np.clip(mixed + 0.5, 0, 255).astype(np.uint8)
        return curve


def _tinted() -> Bytes:
    """Return how much of a tint each luma takes, 0..255."""
    level = np.clip((np.arange(256) - BLACK_Y) / (WHITE_Y - BLACK_Y), 0, 1)
    share = np.sin(np.pi * np.minimum(1.0, level * 1.15) ** 0.8) ** 0.7
    return np.asarray(255 * np.maximum(share, 0.25 * level) + 0.5).astype(np.uint8)


_TINTED = _tinted()
RAINY = Grade(gain=0.90, gamma=1.08, lift=4, chroma=0.80, tint_u=2.5, tint_v=-2)
SNOWY = Grade(gain=0.97, gamma=0.97, lift=8, chroma=0.78, tint_u=3, tint_v=-2)
_BLACK_AND_WHITE = Grade(gain=1.05, gamma=1.10, lift=0, chroma=0.0, tint_u=0, tint_v=0)
_TIMES = {
    TimeOfDay.DAWN: Grade(gain=0.98, gamma=1.04, lift=6, chroma=0.92, tint_u=1, tint_v=6),
    TimeOfDay.DAY: Grade(gain=1.04, gamma=0.96, lift=0, chroma=1.05, tint_u=0, tint_v=0),
    TimeOfDay.GOLDEN_HOUR: Grade(gain=1.0, gamma=1.06, lift=2, chroma=1.04, tint_u=-14, tint_v=11),
    TimeOfDay.DUSK: Grade(gain=0.76, gamma=1.16, lift=4, chroma=0.84, tint_u=8, tint_v=-1),
    TimeOfDay.NIGHT: Grade(gain=0.52, gamma=1.34, lift=2, chroma=0.62, tint_u=11, tint_v=-5),
}


def grade(light: Grade) -> Paint:
    return lambda planes, moment: light.apply(planes, moment.amount)


def black_and_white() -> Paint:
    return lambda planes, _moment: _BLACK_AND_WHITE.apply(planes, 1.0)


def time_of_day(time: TimeOfDay, planes: Planes) -> Paint:
    """Return the light of that time, held back where the picture already has it."""
    light, strength = _TIMES[time], _missing(time, planes)
    return lambda planes, moment: light.apply(planes, moment.amount * strength)


def _missing(time: TimeOfDay, planes: Planes) -> float:
    """Return how much of the light is not there yet, 0.3..1."""
    luma = (float(planes.y.mean()) - BLACK_Y) / (WHITE_Y - BLACK_Y)
    # The middle point, not the mean: one orange coat is not an evening.
    warmth = float(np.median(planes.v)) - float(np.median(planes.u))
    share = {
        TimeOfDay.NIGHT: (luma - 0.10) / 0.22,
        TimeOfDay.DUSK: (luma - 0.12) / 0.25,
        TimeOfDay.GOLDEN_HOUR: 1 - warmth / 24,
        TimeOfDay.DAWN: 1 - warmth / 30,
        TimeOfDay.DAY: 1.0,
    }[time]
    return float(np.clip(share, 0.3, 1.0))


def film_grain(canvas: Size, *, strength: float, seed: int) -> Paint:
    """Return grain of about 1 luma step: more costs the encoder dearly, and at 24 fps it is seen all the same."""
    chance = np.random.default_rng([seed, 40])
    side = 256
    noise = cv2.GaussianBlur(
        np.tile(chance.normal(0, 1, (side, side)).astype(np.float32), (3, 3)), (0, 0), 0.8 * max(0.7, scale_of(canvas))
    )
    noise = noise[side : 2 * side, side : 2 * side]
    noise = noise * np.float32(1.5 * strength / float(noise.std()))
    lighter, darker = (_endless(np.clip(part, 0, 255), canvas) for part in (noise, -noise))

    def paint(planes: Planes, moment: Moment) -> None:
        x, y = (int(v) for v in np.random.default_rng([seed, 41, moment.frame]).integers(0, side, 2))
        if moment.amount < 1:
            cv2.addWeighted(planes.y, 1, lighter.window(x, y), moment.amount, 0, dst=planes.y)
            cv2.addWeighted(planes.y, 1, darker.window(x, y), -moment.amount, 0, dst=planes.y)
        else:
            cv2.add(planes.y, lighter.window(x, y), dst=planes.y)
            cv2.subtract(planes.y, darker.window(x, y), dst=planes.y)

    return paint


def _endless(tile: Bytes, canvas: Size) -> Sheet:
    rounded = (tile + 0.5).astype(np.uint8)
    height, width = rounded.shape
    times = (canvas.height_px // height + 2, canvas.width_px // width + 2)
    return Sheet(np.tile(rounded, times), width, height, canvas.width_px, canvas.height_px)
