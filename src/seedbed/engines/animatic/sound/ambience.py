"""What the place and the weather of a shot sound like, where nobody gave a sound.

Shaped noise, seeded and in stereo, quiet enough to lie under whatever is laid over it later. It is meant as air around
the picture, not as effects: no voices, no horns, nothing that asks to be looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from seedbed.core.shotplan.plan import EffectCue, ShotPlan
from seedbed.core.shotplan.vocabulary import Effect, Move, Scenery
from seedbed.engines.animatic.sound import grains
from seedbed.engines.animatic.sound.fitting import faded_in, faded_out
from seedbed.engines.animatic.sound.loudness import not_louder_than
from seedbed.engines.animatic.sound.noise import CONTROL_HZ, Chance, Curve, loop, play, spread, steps, swell, waves
from seedbed.media.mux import SAMPLE_RATE, Sound

LIMIT_LUFS = -23.5  # half a unit below what is promised
_FADE_IN_S, _FADE_OUT_S = 0.12, 0.2
_CUT_RAMP_S = 0.15  # another place, at a cut
_PEAK = 0.5


class Voice(StrEnum):
    """What can be heard. The values stand in the job's `shotPlan`."""

    RAIN = "rain"
    WIND = "wind"
    SNOW_HUSH = "snow_hush"
    FIRE = "fire"
    SEA = "sea"
    LEAVES = "leaves"
    CITY = "city"
    DEEP_HUM = "deep_hum"
    ROOM_TONE = "room_tone"


@dataclass(frozen=True, slots=True)
class Part:
    """One voice over a stretch of the clip, in shares of it. `strength`: 1 = its own."""

    voice: Voice
    strength: float = 1.0
    start: float = 0.0
    end: float = 1.0
    ramp_s: float = 0.9  # weather comes and goes


def parts_of(plan: ShotPlan) -> tuple[Part, ...]:
    """Return what the plan's weather and places sound like; never nothing."""
    found = [*_weather(plan), *_places(plan)]
    kept = [part for n, part in enumerate(found) if not any(_drowns(other, part) for other in found[:n])]
    if not kept and any(cue.move is Move.AERIAL_DRIFT for cue in plan.moves):
        return (Part(Voice.WIND, 0.7),)  # the camera is out in the open
    is_steady = any(part.start <= 0 and part.end >= 1 for part in kept)
    return tuple(kept) if is_steady else (*kept, Part(Voice.ROOM_TONE))


def _drowns(other: Part, part: Part) -> bool:
    return other.voice is part.voice and other.start <= part.start and other.end >= part.end


_OF_EFFECT: dict[Effect, tuple[tuple[Voice, float], ...]] = {
    Effect.RAIN: ((Voice.RAIN, 1.0),),
    Effect.SNOW: ((Voice.SNOW_HUSH, 1.0),),
    Effect.FOG: ((Voice.SNOW_HUSH, 0.7),),
    Effect.EMBERS: ((Voice.FIRE, 0.6),),
    Effect.FIRE_FLICKER: ((Voice.FIRE, 1.0),),
}
_OF_SCENERY: dict[Scenery, tuple[Voice, float]] = {
    Scenery.SEA: (Voice.SEA, 1.0),
    Scenery.MOUNTAINS: (Voice.WIND, 1.0),
    Scenery.DESERT: (Voice.WIND, 0.9),
    Scenery.FIELD: (Voice.WIND, 0.6),
    Scenery.FOREST: (Voice.LEAVES, 1.0),
    Scenery.CITY: (Voice.CITY, 1.0),
    Scenery.SPACE: (Voice.DEEP_HUM, 1.0),
}


def _weather(plan: ShotPlan) -> Iterator[Part]:
    for cue in plan.effects:
        voices = _OF_EFFECT.get(cue.effect, ())
        if _is_storm(cue):
            voices = (*voices, (Voice.WIND, 1.2))
        for voice, strength in voices:
            yield Part(voice, strength * cue.strength, float(cue.start), float(cue.end))


def _is_storm(cue: EffectCue) -> bool:
    """Strong snow is a blizzard and strong dust a sandstorm; both are heard by their wind."""
    return cue.strength > 1.2 and cue.effect in {Effect.SNOW, Effect.DUST}


def _places(plan: ShotPlan) -> Iterator[Part]:
    """Give each shot the sound of its place; one that goes on over a cut is one part, not two."""
    lasting: dict[Voice, Part] = {}
    for shot in plan.shots:
        voices = dict(_OF_SCENERY[scenery] for scenery in reversed(shot.plan.scenery) if scenery in _OF_SCENERY)
        for voice in lasting.keys() - voices.keys():
            yield lasting.pop(voice)
        for voice, strength in voices.items():
            before = lasting.get(voice)
            start = before.start if before else float(shot.start)
            lasting[voice] = Part(voice, strength, start, float(shot.end), ramp_s=_CUT_RAMP_S)
    yield from lasting.values()


def ambience(parts: tuple[Part, ...], *, samples: int, seed: int) -> Sound:
    """Return (2, N) float32 of at most LIMIT_LUFS that begins and ends in silence. The same seed, the same sound."""
    total = np.zeros((2, samples), np.float32)
    for number, part in enumerate(parts):
        chance = np.random.default_rng([seed, 60, number])
        gain = np.float32(10 ** (_decibels(part) / 20))
        sound = _VOICES[part.voice](chance, samples)
        if part.start > 0 or part.end < 1:
            sound *= spread(_stretch(part, samples), samples)
        total += gain * sound
    total = not_louder_than(total, LIMIT_LUFS)
    peak = float(np.abs(total).max(initial=0))
    if peak > _PEAK:
        total *= np.float32(_PEAK / peak)
    return faded_in(faded_out(total, _FADE_OUT_S), _FADE_IN_S)


def _decibels(part: Part) -> float:
    return float(np.clip(20 * np.log10(max(part.strength, 0.1)), -12, 5))


def _stretch(part: Part, samples: int) -> Curve:
    """Return control gains: 1 within the part's stretch, ramps at its ends."""
    seconds = np.arange(steps(samples)) / CONTROL_HZ
    whole_s = samples / SAMPLE_RATE
    gains = np.ones(len(seconds))
    if part.start > 0:
        gains = np.minimum(gains, np.clip((seconds - part.start * whole_s) / part.ramp_s, 0, 1))
    if part.end < 1:
        gains = np.minimum(gains, np.clip((part.end * whole_s - seconds) / part.ramp_s, 0, 1))
    return np.sin(gains * np.pi / 2) ** 2


def _bed(chance: Chance, samples: int, tape: Sound, gains: Curve | None = None) -> Sound:
    bed = play(tape, start=int(chance.integers(0, tape.shape[1])), samples=samples)
    if gains is not None:
        bed *= spread(gains, samples)
    return bed


def _rain(chance: Chance, samples: int) -> Sound:
    hiss = ((60, -16), (200, -11), (700, -5), (2200, 0), (6000, -3), (11_000, -12), (18_000, -34))
    roof = ((40, -10), (110, 0), (320, -5), (900, -18), (3000, -40))
    slow = swell(chance, steps(samples), depth_db=2.5, every_s=2.2)
    return (
        _bed(chance, samples, loop(chance, hiss, lufs=-28.5, width=0.9), slow)
        + _bed(chance, samples, loop(chance, roof, lufs=-39, width=0.6))
        + _bed(chance, samples, grains.drops(chance, per_s=34, peak=0.05))
    )


def _wind(chance: Chance, samples: int) -> Sound:
    low = ((25, -8), (70, 0), (180, -3), (420, -15), (1200, -34), (5000, -60))
    body = ((80, -26), (220, -6), (420, 0), (760, -7), (1600, -24), (5000, -48))
    top = ((300, -40), (900, -10), (2000, 0), (4200, -9), (9000, -30))
    count = steps(samples)
    gust = swell(chance, count, depth_db=11, every_s=3.0)
    return (
        _bed(chance, samples, loop(chance, low, lufs=-35, width=0.5), gust**0.8)
        + _bed(chance, samples, loop(chance, body, lufs=-28, width=0.7), gust)
        # The faster the air, the more of the upper sound: the top follows the same gust more steeply.
        + _bed(chance, samples, loop(chance, top, lufs=-34, width=1.0), gust**1.8)
    )


def _leaves(chance: Chance, samples: int) -> Sound:
    rustle = ((300, -28), (1100, -8), (3000, 0), (6500, -3), (12_000, -16), (18_000, -36))
    air = ((40, -6), (120, 0), (400, -9), (1200, -26), (4000, -48))
    count = steps(samples)
    wander = swell(chance, count, depth_db=12, every_s=2.6)
    flutter = swell(chance, count, depth_db=4, every_s=0.35)
    return _bed(chance, samples, loop(chance, rustle, lufs=-29, width=1.0), wander * flutter) + _bed(
        chance, samples, loop(chance, air, lufs=-39, width=0.6), wander**0.4
    )


def _snow_hush(chance: Chance, samples: int) -> Sound:
    hush = ((40, -4), (120, 0), (400, -9), (1200, -20), (3500, -32), (9000, -44))
    fall = ((1500, -40), (5000, -4), (8000, 0), (12_000, -5), (17_000, -30))
    slow = swell(chance, steps(samples), depth_db=5, every_s=4)
    return _bed(chance, samples, loop(chance, hush, lufs=-41, width=0.7), slow) + _bed(
        chance, samples, loop(chance, fall, lufs=-50, width=1.0)
    )


def _fire(chance: Chance, samples: int) -> Sound:
    roar = ((35, -5), (90, 0), (240, -6), (600, -17), (1800, -34), (6000, -52))
    breath = ((250, -24), (800, -4), (2000, 0), (4500, -10), (9000, -28))
    count = steps(samples)
    flutter = swell(chance, count, depth_db=7, every_s=0.22) * swell(chance, count, depth_db=5, every_s=1.7)
    return (
        _bed(chance, samples, loop(chance, roar, lufs=-33, width=0.5), flutter)
        + _bed(chance, samples, loop(chance, breath, lufs=-37, width=0.8), flutter)
        + grains.crackle(chance, samples, per_s=13, peak=0.26)
    )


def _sea(chance: Chance, samples: int) -> Sound:
    surge = ((30, -6), (90, 0), (260, -4), (700, -14), (2000, -32), (6000, -52))
    foam = ((200, -24), (700, -8), (2000, 0), (5000, -4), (10_000, -16), (17_000, -36))
    count = steps(samples)
    together = int(chance.integers(1 << 31))
    lift = waves(np.random.default_rng(together), count, rise_s=2.2, fall_s=2.6, late_s=0.0, floor_db=-11)
    wash = waves(np.random.default_rng(together), count, rise_s=1.2, fall_s=3.4, late_s=0.5, floor_db=-17)
    return _bed(chance, samples, loop(chance, surge, lufs=-29, width=0.6), lift) + _bed(
        chance, samples, loop(chance, foam, lufs=-26, width=1.0), wash
    )


def _city(chance: Chance, samples: int) -> Sound:
    rumble = ((25, -8), (55, 0), (140, -3), (350, -12), (900, -24), (3000, -42))
    traffic = ((120, -20), (350, -4), (800, 0), (1500, -7), (3500, -22), (9000, -44))
    count = steps(samples)
    return _bed(
        chance,
        samples,
        loop(chance, rumble, lufs=-38, width=0.6),
        swell(chance, count, depth_db=4, every_s=5),
    ) + _bed(
        chance,
        samples,
        loop(chance, traffic, lufs=-34, width=0.9),
        swell(chance, count, depth_db=10, every_s=4),
    )


def _deep_hum(chance: Chance, samples: int) -> Sound:
    hum = ((22, -9), (45, 0), (62, -1), (90, -14), (200, -30), (800, -52))
    air = ((200, -14), (500, 0), (900, -8), (2500, -30))
    slow = swell(chance, steps(samples), depth_db=6, every_s=5)
    return _bed(chance, samples, loop(chance, hum, lufs=-36, width=0.5), slow) + _bed(
        chance, samples, loop(chance, air, lufs=-50, width=1.0)
    )


def _room_tone(chance: Chance, samples: int) -> Sound:
    tone = ((30, -5), (80, 0), (250, -8), (800, -17), (3000, -30), (10_000, -46))
    return _bed(chance, samples, loop(chance, tone, lufs=-50, width=0.8))


_VOICES: dict[Voice, Callable[[Chance, int], Sound]] = {
    Voice.RAIN: _rain,
    Voice.WIND: _wind,
    Voice.LEAVES: _leaves,
    Voice.SNOW_HUSH: _snow_hush,
    Voice.FIRE: _fire,
    Voice.SEA: _sea,
    Voice.CITY: _city,
    Voice.DEEP_HUM: _deep_hum,
    Voice.ROOM_TONE: _room_tone,
}
