"""Weather, light and film over the drawn frames, each for its stretch of the clip.

They come in the order in which light meets them: the light of the hour, fire, air, what falls, the lens, the film.
"""

from __future__ import annotations

import itertools
from collections.abc import Set
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from seedbed.core.engine import Canvas
from seedbed.core.shotplan.plan import EffectCue, ShotPlan
from seedbed.core.shotplan.vocabulary import Effect, TimeOfDay
from seedbed.engines.animatic.camera import Track
from seedbed.engines.animatic.effects import air, particles, tone
from seedbed.engines.animatic.film import Timed
from seedbed.engines.animatic.planes import Planes

RAMP_S = 0.4
# The light of an hour and fog come over a scene; at the pace of a rain they would look like a fault of exposure.
SLOW_RAMP_S = 1.2

_ORDER = (
    Effect.FIRE_FLICKER,
    Effect.FOG,
    Effect.RAIN,
    Effect.SNOW,
    Effect.DUST,
    Effect.EMBERS,
    Effect.LIGHT_LEAK,
    Effect.BLACK_AND_WHITE,
    Effect.FILM_GRAIN,
)


def build(plan: ShotPlan, canvas: Canvas, picture: Planes, *, seed: int, ends_on_picture: bool) -> list[Timed]:
    """Return the plan's effects. `picture`: the first frame; `ends_on_picture`: ramp out before the last one."""
    cuts = frozenset(cut.at for cut in plan.cuts)
    timed = []
    for hour, stretch in _hours(plan):
        ramp = _ramp(stretch, canvas, SLOW_RAMP_S, cuts, ends_on_picture=ends_on_picture)
        timed.append(Timed(tone.time_of_day(hour, picture), ramp))
    for effect in _ORDER:
        for cue in plan.effects:
            if cue.effect is effect:
                timed += _timed(cue, canvas, picture, seed, cuts, ends_on_picture)
    return timed


@dataclass(frozen=True, slots=True)
class _Stretch:
    """From where to where, as shares of the clip."""

    start: Fraction
    end: Fraction


def _hours(plan: ShotPlan) -> list[tuple[TimeOfDay, _Stretch]]:
    """Return each light and its stretch; shots that follow one another in the same light share one."""
    hours: list[tuple[TimeOfDay, _Stretch]] = []
    for hour, group in itertools.groupby(plan.shots, key=lambda shot: shot.plan.time_of_day):
        shots = list(group)
        if hour:
            hours.append((hour, _Stretch(shots[0].start, shots[-1].end)))
    return hours


def _timed(
    cue: EffectCue, canvas: Canvas, picture: Planes, seed: int, cuts: Set[Fraction], ends_on_picture: bool
) -> list[Timed]:
    stretch = _Stretch(cue.start, cue.end)
    if cue.effect is Effect.BLACK_AND_WHITE:
        amount = _ramp(stretch, canvas, 0.0, cuts, ends_on_picture=False)
    else:
        ramp_s = SLOW_RAMP_S if cue.effect in {Effect.FOG, Effect.FIRE_FLICKER} else RAMP_S
        amount = _ramp(stretch, canvas, ramp_s, cuts, ends_on_picture=ends_on_picture)
    return [Timed(paint, amount) for paint in _paints(cue, canvas, picture, seed)]


def _paints(cue: EffectCue, canvas: Canvas, picture: Planes, seed: int) -> list[tone.Paint]:
    size, strength = canvas.size, cue.strength
    match cue.effect:
        case Effect.RAIN:
            return [air.mist(strength=strength), particles.rain(size, strength=strength, seed=seed)]
        case Effect.SNOW:
            return [air.mist(strength=strength**2), particles.snow(size, strength=strength, seed=seed)]
        case Effect.FOG:
            return [air.fog(size, picture, strength=strength, seed=seed)]
        case Effect.DUST:
            return [particles.dust(size, strength=strength, seed=seed)]
        case Effect.EMBERS:
            return [particles.embers(size, strength=strength, seed=seed)]
        case Effect.FIRE_FLICKER:
            return [air.fire_flicker(size, strength=strength, seed=seed)]
        case Effect.LIGHT_LEAK:
            return [air.light_leak(size, strength=strength, seed=seed)]
        case Effect.FILM_GRAIN:
            return [tone.film_grain(size, strength=strength, seed=seed)]
        case Effect.BLACK_AND_WHITE:
            return [tone.black_and_white()]
        case Effect.LENS_BREATHING:
            return []  # the camera's path does it


def _ramp(stretch: _Stretch, canvas: Canvas, ramp_s: float, cuts: Set[Fraction], *, ends_on_picture: bool) -> Track:
    """Return 0..1 for every frame: nothing on frame 0, and nothing on a last frame that was promised.

    At a cut it is there, or gone, at once.
    """
    frames = np.arange(canvas.frames)
    ramp_frames = ramp_s * canvas.fps
    first, last = (round(share * (canvas.frames - 1)) for share in (stretch.start, stretch.end))
    amount = _risen(frames - first, 0.0 if stretch.start in cuts else ramp_frames)
    if ends_on_picture and stretch.end == 1:
        amount = np.minimum(amount, _risen(last - frames, ramp_frames))
    elif stretch.end in cuts:
        amount = np.where(frames >= last, 0.0, amount)
    elif stretch.end < 1:
        amount = np.minimum(amount, _risen(last - frames, ramp_frames))
    return np.asarray(amount * amount * (3 - 2 * amount))


def _risen(past: npt.NDArray[np.int_], ramp_frames: float) -> Track:
    if ramp_frames <= 0:
        return np.asarray(past >= 0, np.float64)
    return np.clip(past / ramp_frames, 0, 1)
