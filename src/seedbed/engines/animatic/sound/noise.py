"""Noise with a shape: how strong at which pitch, how loud, how wide, and how it swells.

A loop is made from its spectrum, so that its end meets its beginning by construction and its loudness is known before a
single sample is heard. What repeats every five seconds is noise alone; swells, waves and crackles do not repeat.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from seedbed.engines.animatic.sound.loudness import k_weight
from seedbed.media.mux import SAMPLE_RATE, Sound

Curve = npt.NDArray[Any]  # one value a control step
Chance = np.random.Generator
Spectrum = tuple[tuple[float, float], ...]  # (hertz, decibels), in rising order; straight lines over octaves between

LOOP = 1 << 18  # samples, 5.46 s
CONTROL_HZ = 100
_OFFSET_LUFS = -0.691


def loop(chance: Chance, spectrum: Spectrum, *, lufs: float, width: float) -> Sound:
    """Return (2, LOOP) float32 of noise of that loudness. `width`: 0 = the same on both sides, 1 = nothing shared."""
    amplitude = _amplitude(spectrum)
    middle, side = (_random(chance, amplitude) for _ in range(2))
    # Of two equal parts, the side's share of the power is what the two channels do not have in common.
    share = 0.5 * width
    left = np.sqrt(1 - share) * middle + np.sqrt(share) * side
    right = np.sqrt(1 - share) * middle - np.sqrt(share) * side
    weight = k_weight(LOOP)
    power = sum(float(((s.real**2 + s.imag**2) * weight).sum()) for s in (left, right))
    gain = 10 ** ((lufs - _OFFSET_LUFS) / 20) / np.sqrt(power)
    both = np.fft.irfft(np.stack([left, right]) * np.float32(gain), LOOP, axis=1)
    return both.astype(np.float32, copy=False)


def _amplitude(spectrum: Spectrum) -> Curve:
    hertz, decibels = zip(*spectrum, strict=True)
    octaves = np.log2(np.maximum(np.fft.rfftfreq(LOOP, 1 / SAMPLE_RATE), 1.0))
    amplitude = 10 ** (np.interp(octaves, np.log2(hertz), decibels) / 20)
    # Nothing below hearing: it would only eat headroom, and a zero frequency would be a constant offset.
    amplitude[octaves < np.log2(18)] = 0
    rounded: Curve = amplitude.astype(np.float32)
    return rounded


def _random(chance: Chance, amplitude: Curve) -> Curve:
    parts = chance.standard_normal(2 * len(amplitude), np.float32).view(np.complex64)
    random: Curve = parts * amplitude
    return random


def play(tape: Sound, *, start: int, samples: int) -> Sound:
    """Return the loop, played round and round from a place, at a length of `samples`. The caller owns it."""
    out = np.empty((2, samples), np.float32)
    at, place = 0, start % tape.shape[1]
    while at < samples:
        length = min(samples - at, tape.shape[1] - place)
        out[:, at : at + length] = tape[:, place : place + length]
        at, place = at + length, 0
    return out


def spread(curve: Curve, samples: int) -> Curve:
    """Return control values (at least `steps(samples)`) as one gain for each sample, float32."""
    block = SAMPLE_RATE // CONTROL_HZ
    values = curve[: steps(samples)].astype(np.float32)
    ramp = np.arange(block, dtype=np.float32) / np.float32(block)
    lines = values[:-1, None] + np.diff(values)[:, None] * ramp
    return lines.reshape(-1)[:samples]


def steps(samples: int) -> int:
    """Return how many control values span that many samples."""
    return samples * CONTROL_HZ // SAMPLE_RATE + 2


def swell(chance: Chance, count: int, *, depth_db: float, every_s: float) -> Curve:
    """Return `count` control gains, at most 1, that wander down by up to `depth_db` about once in `every_s`."""
    knots = max(4, int(count / CONTROL_HZ / (every_s / 2)) + 5)
    heights = chance.uniform(0, 0.4, knots)
    heights[chance.integers(2) :: 2] += 0.6  # up and down in turn, or chance would leave long stretches even
    place = np.arange(count) / CONTROL_HZ / (every_s / 2) + chance.uniform(0, 1)
    place += 0.35 * np.sin(1.3 * place + chance.uniform(0, 2 * np.pi)) + 0.35
    before = np.minimum(place.astype(int), knots - 2)
    share = place - before
    share = share * share * (3 - 2 * share)
    height = heights[before] * (1 - share) + heights[before + 1] * share
    gain: Curve = 10 ** (-depth_db * (1 - height) / 20)
    return gain


def waves(chance: Chance, count: int, *, rise_s: float, fall_s: float, late_s: float, floor_db: float) -> Curve:
    """Return control gains of waves that break on a shore one after another; `late_s`: how long after the first crest.

    The order of draws does not depend on the shape, so that layers given equal chance break together.
    """
    seconds = np.arange(count) / CONTROL_HZ
    total = np.zeros(count)
    crest = chance.uniform(1.3, 2.4)
    while crest < seconds[-1] + rise_s:
        height = chance.uniform(0.65, 1.0)
        since = seconds - crest - late_s
        shape = np.where(since < 0, np.exp(-((since / (0.6 * rise_s)) ** 2)), np.exp(-since / (0.6 * fall_s)))
        total = np.maximum(total, height * shape)
        crest += chance.uniform(4.2, 6.5)
    floor: float = 10 ** (floor_db / 20)
    gains: Curve = floor + (1 - floor) * total
    return gains
