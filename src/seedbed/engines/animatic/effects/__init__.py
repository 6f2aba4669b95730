"""Weather, light and film over the drawn frames, each for its stretch of the clip.

They come in the order in which light meets them: the light of the hour, fire, air, what falls, the lens, the film.
"""

from __future__ import annotations

import numpy as np

from seedbed.core.engine import Canvas
from seedbed.core.shotplan.plan import EffectCue, ShotPlan
from seedbed.core.shotplan.vocabulary import Effect
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
    timed = []
    if plan.time_of_day:
        ramp = _ramp(None, canvas, SLOW_RAMP_S, ends_on_picture=ends_on_picture)
        timed.append(Timed(tone.time_of_day(plan.time_of_day, picture), ramp))
    for effect in _ORDER:
        if cue := plan.effect(effect):
            timed += _timed(cue, canvas, picture, seed, ends_on_picture)
    return timed


def _timed(cue: EffectCue, canvas: Canvas, picture: Planes, seed: int, ends_on_picture: bool) -> list[Timed]:
    slow = cue.effect in {Effect.FOG, Effect.FIRE_FLICKER}
    ramp = _ramp(cue, canvas, SLOW_RAMP_S if slow else RAMP_S, ends_on_picture=ends_on_picture)
    return [
        Timed(paint, np.ones(canvas.frames) if cue.effect is Effect.BLACK_AND_WHITE else ramp)
        for paint in _paints(cue, canvas, picture, seed)
    ]


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


def _ramp(cue: EffectCue | None, canvas: Canvas, ramp_s: float, *, ends_on_picture: bool) -> Track:
    """Return 0..1 for every frame: nothing on frame 0, and nothing on a last frame that was promised."""
    seconds = np.arange(canvas.frames) / canvas.fps
    whole_s = float(seconds[-1])
    start_s = float(cue.start) * whole_s if cue else 0.0
    amount = np.clip((seconds - start_s) / ramp_s, 0, 1)
    if ends_on_picture or (cue and cue.end < 1):
        end_s = float(cue.end) * whole_s if cue else whole_s
        amount = np.minimum(amount, np.clip((end_s - seconds) / ramp_s, 0, 1))
    return np.asarray(amount * amount * (3 - 2 * amount))
