"""Small single sounds strewn over time: the crackle of a fire, drops on a window sill."""

from __future__ import annotations

import numpy as np

from seedbed.engines.animatic.sound.noise import LOOP, Chance
from seedbed.media.mux import SAMPLE_RATE, Sound


def crackle(chance: Chance, samples: int, *, per_s: float, peak: float) -> Sound:
    """Return (2, N) float32: dry snaps of very unequal strength, in flurries, and now and then a deeper pop."""
    out = np.zeros((2, samples), np.float32)
    length_s = samples / SAMPLE_RATE
    flurries_s = chance.uniform(0, length_s, chance.poisson(per_s / 3 * length_s) + 1)
    for start_s in flurries_s:
        for _ in range(chance.poisson(2) + 1):
            at_s = start_s + chance.exponential(0.07)
            strength = peak * min(1.0, 0.16 * float(chance.lognormal(0, 0.8)))
            _lay(out, at_s, _snap(chance), strength, chance.uniform(-0.7, 0.7))
    for at_s in chance.uniform(0, length_s, chance.poisson(0.5 * length_s)):
        _lay(out, at_s, _pop(chance), peak * chance.uniform(0.15, 0.5), chance.uniform(-0.5, 0.5))
    return out


def drops(chance: Chance, *, per_s: float, peak: float) -> Sound:
    """Return (2, LOOP) float32: soft short taps."""
    out = np.zeros((2, LOOP), np.float32)
    for at_s in chance.uniform(0, LOOP / SAMPLE_RATE, chance.poisson(per_s * LOOP / SAMPLE_RATE)):
        _lay(out, at_s, _tap(chance), peak * float(chance.beta(1.2, 4)), chance.uniform(-0.9, 0.9))
    return out


def _lay(out: Sound, at_s: float, sound: Sound, gain: float, place: float) -> None:
    """Lay a mono sound at a moment; `place`: -1 = left, 1 = right. What would be cut off is left out."""
    at = int(at_s * SAMPLE_RATE)
    if at + len(sound) > out.shape[1]:
        return
    sides = np.sqrt(np.array([1 - place, 1 + place], np.float32) / 2)
    out[:, at : at + len(sound)] += gain * sides[:, None] * sound


def _shape(length: int, rise: int) -> Sound:
    """Return a quick rise and a long fall to nothing."""
    at = np.arange(length, dtype=np.float32)
    fall = np.exp(-5 * at / length) * (1 - at / length)
    shape: Sound = (np.minimum(1, at / rise) * fall).astype(np.float32)
    return shape


def _snap(chance: Chance) -> Sound:
    length = int(chance.uniform(0.003, 0.014) * SAMPLE_RATE)
    noise = chance.standard_normal(length + 2, np.float32)
    # A short mean takes off the glassy top, the difference the boom.
    bright = noise[2:] + 1.2 * noise[1:-1] + 0.5 * noise[:-2]
    bright[1:] -= 0.7 * bright[:-1]
    snap: Sound = bright / float(np.abs(bright).max()) * _shape(length, 12)
    return snap


def _pop(chance: Chance) -> Sound:
    return _ring(chance, hertz=(180, 600), length_s=(0.02, 0.05), rise=60)


def _tap(chance: Chance) -> Sound:
    return _ring(chance, hertz=(900, 5200), length_s=(0.004, 0.018), rise=24)


def _ring(chance: Chance, *, hertz: tuple[float, float], length_s: tuple[float, float], rise: int) -> Sound:
    """Return a pitch between two, equally likely in octaves, that is struck and dies away."""
    length = int(chance.uniform(*length_s) * SAMPLE_RATE)
    pitch = float(np.exp(chance.uniform(*np.log(hertz))))
    turns = np.arange(length, dtype=np.float32) * np.float32(2 * np.pi * pitch / SAMPLE_RATE)
    ring: Sound = np.sin(turns) * _shape(length, rise)
    return ring
