"""What falls, floats and glows before the camera: rain, snow, dust, embers.

Each is a few endless sheets, the far ones small, dim and slow. Sheets are drawn once a clip, by the clip's seed.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from seedbed.core.sizes import Size
from seedbed.engines.animatic.effects.sheets import Sheet, add, count_of, draw_discs, draw_streaks
from seedbed.engines.animatic.effects.tone import RAINY, SNOWY, Paint
from seedbed.engines.animatic.film import Moment
from seedbed.engines.animatic.planes import BLACK_Y, WHITE_Y, Planes, scale_of

_SLOPE = -0.13  # of rain: it comes with a little wind


@dataclass(frozen=True, slots=True)
class Swarm:
    """A sheet and how it moves: px/s for a canvas 720 high, and a sway of `sway_px` every `sway_s`."""

    sheet: Sheet
    fall: float
    drift: float = 0.0
    sway_px: float = 0.0
    sway_s: float = 1.0
    phase: float = 0.0

    def place(self, time_s: float, scale: float) -> tuple[float, float]:
        """Return the window's left upper corner. A sheet moves down when its window moves up."""
        sway = self.sway_px * np.sin(2 * np.pi * time_s / self.sway_s + self.phase)
        return -(self.drift * time_s + sway) * scale, -self.fall * time_s * scale


def rain(canvas: Size, *, strength: float, seed: int) -> Paint:
    chance, scale = np.random.default_rng([seed, 20]), scale_of(canvas)
    swarms = [
        Swarm(
            draw_streaks(
                canvas,
                chance,
                count=count_of(canvas, count * strength),
                length_px=length,
                width_px=width,
                slope=_SLOPE,
                light=light,
            ),
            fall,
            fall * _SLOPE,
        )
        for count, length, width, light, fall in (
            (760, 26, 0.5, 44, 820),
            (280, 56, 0.8, 62, 1480),
            (36, 140, 2.4, 58, 2500),
        )
    ]

    def paint(planes: Planes, moment: Moment) -> None:
        RAINY.apply(planes, moment.amount)
        for swarm in swarms:
            x, y = swarm.place(moment.time_s, scale)
            add(planes.y, swarm.sheet, x, round(y), moment.amount)
        np.minimum(planes.y, WHITE_Y, out=planes.y)

    return paint


def snow(canvas: Size, *, strength: float, seed: int) -> Paint:
    chance, scale = np.random.default_rng([seed, 21]), scale_of(canvas)
    wind = 12 + 160 * max(0.0, strength - 1)
    swarms = [
        Swarm(
            draw_discs(
                canvas, chance, count=count_of(canvas, count * strength), radius_px=radius, softness=soft, light=light
            ),
            fall * (0.8 + 0.2 * strength),
            wind * fall / 60,
            sway,
            4.0 + n,
            chance.uniform(0, 6.3),
        )
        for n, (count, radius, soft, light, fall, sway) in enumerate(
            (
                (520, 1.3, 0.45, 120, 46, 9),
                (230, 2.2, 0.4, 170, 74, 16),
                (80, 3.8, 0.4, 190, 112, 26),
                (16, 9, 0.55, 120, 180, 44),
            )
        )
    ]
    veils = [swarm.sheet.halved() for swarm in swarms]

    def paint(planes: Planes, moment: Moment) -> None:
        SNOWY.apply(planes, moment.amount)
        for swarm, veil in zip(swarms, veils, strict=True):
            x, y = swarm.place(moment.time_s, scale)
            add(planes.y, swarm.sheet, x, y, moment.amount)
            see = cv2.convertScaleAbs(veil.window(round(x / 2), round(y / 2)), alpha=moment.amount)
            for plane in (planes.u, planes.v):
                through = cv2.multiply(plane, 255 - see, scale=1 / 255)
                cv2.addWeighted(through, 1, see, 128 / 255, 0, dst=plane)
        np.minimum(planes.y, WHITE_Y, out=planes.y)

    return paint


def dust(canvas: Size, *, strength: float, seed: int) -> Paint:
    """Return motes in a beam of light: slow, soft, most of them out of focus."""
    chance, scale = np.random.default_rng([seed, 22]), scale_of(canvas)
    swarms = [
        Swarm(
            draw_discs(
                canvas, chance, count=count_of(canvas, count * strength), radius_px=radius, softness=soft, light=light
            ),
            fall,
            drift,
            sway,
            5.0 + 2 * n,
            chance.uniform(0, 6.3),
        )
        for n, (count, radius, soft, light, fall, drift, sway) in enumerate(
            ((150, 1.6, 0.5, 140, -7, 9, 14), (60, 3.2, 0.55, 120, -11, 14, 22), (16, 8.0, 0.4, 62, -15, 20, 34))
        )
    ]
    halves = [swarm.sheet.halved() for swarm in swarms]

    def paint(planes: Planes, moment: Moment) -> None:
        for n, (swarm, half) in enumerate(zip(swarms, halves, strict=True)):
            x, y = swarm.place(moment.time_s, scale)
            twinkle = moment.amount * (0.82 + 0.18 * np.sin(1.9 * moment.time_s + swarm.phase + n))
            add(planes.y, swarm.sheet, x, y, twinkle)
            add(planes.v, half, x / 2, round(y / 2), 0.05 * twinkle)
        np.minimum(planes.y, WHITE_Y, out=planes.y)

    return paint


def embers(canvas: Size, *, strength: float, seed: int) -> Paint:
    """Return glowing sparks that rise: a white-hot core in an orange halo, each sheet with its own flicker."""
    chance, scale = np.random.default_rng([seed, 23]), scale_of(canvas)
    swarms = []
    for n, (count, radius, rise, sway) in enumerate(
        ((60, 1.6, 60, 18), (34, 2.4, 105, 30), (15, 3.6, 160, 46), (5, 6.0, 230, 60))
    ):
        state = chance.bit_generator.state
        number = count_of(canvas, count * strength)
        core = draw_discs(canvas, chance, count=number, radius_px=radius, softness=0.35, light=235)
        # The same chance again: the halo lies around the same sparks.
        chance.bit_generator.state = state
        halo = draw_discs(canvas, chance, count=number, radius_px=radius * 3.6, softness=0.5, light=150)
        motion = Swarm(core, -rise, 0.22 * rise, sway, 2.6 + 0.9 * n, chance.uniform(0, 6.3))
        swarms.append((motion, halo, halo.halved()))

    def paint(planes: Planes, moment: Moment) -> None:
        for n, (swarm, halo, tint) in enumerate(swarms):
            x, y = swarm.place(moment.time_s, scale)
            beat = 0.8 + 0.2 * np.sin(2 * np.pi * (3.1 + 0.7 * n) * moment.time_s + swarm.phase)
            glow = moment.amount * float(beat)
            add(planes.y, swarm.sheet, x, y, 0.95 * glow)
            add(planes.y, halo, x, round(y), 0.42 * glow)
            add(planes.v, tint, x / 2, round(y / 2), 0.46 * glow)
            cool = tint.window(round(x / 2), round(y / 2))
            cv2.addWeighted(planes.u, 1, cool, -0.52 * glow, 0, dst=planes.u)
        np.minimum(planes.y, WHITE_Y, out=planes.y)
        np.maximum(planes.u, BLACK_Y, out=planes.u)

    return paint
