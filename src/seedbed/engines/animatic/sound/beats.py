"""When the beats of a piece of music fall, and how sure that is.

Three steps: how much newly sounds at each moment (spectral flux), how fast it comes round again (autocorrelation), and
the chain of moments that is both loud and even (dynamic programming).
Source: Ellis 2007, beat tracking by dynamic programming; Boeck and Widmer 2013 for the flux over a longer step.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

Curve = npt.NDArray[Any]  # float32 or float64, one value a step

_STEP_S = 0.005
_WINDOW_S = 1 / 48
_LAG_STEPS = 3  # flux over 15 ms: soft attacks count as much as hard ones
_BANDS_HZ = (40.0, 12_000.0)
_BANDS = 36
_SILENCE = 1e-3  # peak; what is quieter has no rhythm that anybody could hear
_SLOWEST_BPM, _FASTEST_BPM, _USUAL_BPM = 48.0, 210.0, 128.0
_TEMPO_SPREAD_OCTAVES = 0.8
_EVENNESS = 240.0  # what a beat that is off the tempo costs, against how strong its onset is
_LEAST_BEATS = 4
_SURE_ECHO = 0.3  # noise and held chords reach half of it


@dataclass(frozen=True, slots=True)
class Beats:
    """times_s: when each beat begins, in order. `clarity`, 0..1: how much louder beats are than what is between."""

    times_s: tuple[float, ...] = ()
    period_s: float = 0.0
    clarity: float = 0.0

    @property
    def bpm(self) -> float:
        return 60 / self.period_s if self.period_s else 0.0


def find_beats(samples: Curve, rate_hz: int) -> Beats:
    """Return the beats of (2, N) or (N,) float32, -1..1. No beats: too short, too quiet, or nothing comes round."""
    onsets = _onsets(_mono(samples), rate_hz)
    if onsets is None:
        return Beats()
    pulse = _pulse(onsets)
    if pulse is None:
        return Beats()
    chain = _without_weak_half(onsets, _trimmed(onsets, _chain(onsets, pulse.period)))
    if len(chain) < _LEAST_BEATS:
        return Beats()
    times_s = [_refined(onsets, place) * _STEP_S for place in chain]
    return Beats(
        tuple(float(max(0.0, time_s)) for time_s in times_s),
        period_s=float(np.polyfit(np.arange(len(times_s)), times_s, 1)[0]),
        clarity=_clarity(onsets, chain) * min(1.0, pulse.echo / _SURE_ECHO),
    )


def _mono(samples: Curve) -> Curve:
    if samples.ndim == 1:
        return samples
    both: Curve = samples.mean(axis=0)
    # Two sides that cancel each other out would leave nothing to hear.
    left: Curve = samples[0]
    return both if float(np.square(both).sum()) > 0.1 * float(np.square(left).sum()) else left


def _onsets(mono: Curve, rate_hz: int) -> Curve | None:
    """Return how much newly sounds at each step, with a spread of 1, or None if there is nothing to hear."""
    step, window = round(_STEP_S * rate_hz), round(_WINDOW_S * rate_hz / 2) * 2
    if len(mono) < 2 * rate_hz * _STEP_S * 100 or float(np.abs(mono).max()) < _SILENCE:
        return None
    padded = np.pad(mono.astype(np.float32), (window // 2, window // 2))
    frames = np.lib.stride_tricks.sliding_window_view(padded, window)[::step]
    spectrum = np.abs(np.fft.rfft(frames * np.hanning(window).astype(np.float32), axis=1)).astype(np.float32)
    bands = spectrum @ _bands(window, rate_hz)
    level = np.log1p(bands * (100 / float(np.percentile(bands.max(axis=1), 95))))
    rise = np.zeros(len(level), np.float32)
    rise[_LAG_STEPS:] = np.maximum(level[_LAG_STEPS:] - level[:-_LAG_STEPS], 0).sum(axis=1)
    rise = np.maximum(rise - _smoothed(rise, 0.4 / _STEP_S), 0)
    spread = float(rise.std())
    return rise / spread if spread > 1e-6 else None


def _bands(window: int, rate_hz: int) -> Curve:
    """Return (bins, bands) weights: triangles that are equally wide in octaves, each summing to 1."""
    bins_hz = np.fft.rfftfreq(window, 1 / rate_hz)
    top_hz = min(_BANDS_HZ[1], 0.45 * rate_hz)
    edges = np.log2(np.geomspace(_BANDS_HZ[0], top_hz, _BANDS + 2))
    place = np.log2(np.maximum(bins_hz, 1.0))[:, None]
    rise = (place - edges[:-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[2:] - place) / (edges[2:] - edges[1:-1])
    weights = np.maximum(0, np.minimum(rise, fall)).astype(np.float32)
    weights[:, weights.sum(axis=0) == 0] = 0
    even: Curve = weights / np.maximum(weights.sum(axis=0), 1e-3)
    return even


def _smoothed(curve: Curve, width: float) -> Curve:
    """Return the curve under a Hann window of that many steps."""
    kernel = np.hanning(2 * max(1, round(width / 2)) + 3)
    return np.convolve(curve, kernel / kernel.sum(), mode="same")


@dataclass(frozen=True, slots=True)
class _Pulse:
    """period: the beat's length in steps; echo, 0..1: how alike the music is to itself one beat later."""

    period: float
    echo: float


def _pulse(onsets: Curve) -> _Pulse | None:
    curve = _smoothed(onsets, 6)
    curve = curve - curve.mean()
    size = 1 << (2 * len(curve) - 1).bit_length()
    echo = np.fft.irfft(np.abs(np.fft.rfft(curve, size)) ** 2)[: len(curve)]
    if echo[0] <= 0:
        return None
    echo = echo / (echo[0] * np.maximum(0.2, 1 - np.arange(len(echo)) / len(echo)))
    longest = min(round(60 / _SLOWEST_BPM / _STEP_S), len(echo) // 2 - 2)
    lags = np.arange(round(60 / _FASTEST_BPM / _STEP_S), longest)
    if len(lags) < 3:
        return None
    twice = np.minimum(2 * lags, len(echo) - 1)
    octaves = np.log2(60 / (lags * _STEP_S) / _USUAL_BPM)
    score = (echo[lags] + 0.5 * echo[twice]) * np.exp(-0.5 * (octaves / _TEMPO_SPREAD_OCTAVES) ** 2)
    best = int(np.argmax(score))
    if score[best] <= 0:
        return None
    best = _not_two_of_three(echo[lags], lags, best)
    return _Pulse(float(lags[best]) + _top_of(score, best), float(echo[lags[best]]))


def _not_two_of_three(echo: Curve, lags: npt.NDArray[Any], best: int) -> int:
    """Return the place of the whole beat where `best` is two of its three triplets, which come round less alike."""
    first = int(np.searchsorted(lags, round(1.5 * lags[best]) - 2))
    near = echo[first : first + 5]
    return first + int(np.argmax(near)) if len(near) and float(near.max()) > 1.05 * float(echo[best]) else best


def _top_of(curve: Curve, place: int) -> float:
    """Return where, -0.5..0.5 steps from `place`, the parabola through it and its neighbours is highest."""
    if not 0 < place < len(curve) - 1:
        return 0.0
    before, here, after = (float(v) for v in curve[place - 1 : place + 2])
    bend = before - 2 * here + after
    return float(np.clip(0.5 * (before - after) / bend, -0.5, 0.5)) if bend < 0 else 0.0


def _chain(onsets: Curve, period: float) -> list[int]:
    """Return the steps of the chain of beats that is best in all."""
    strength = _smoothed(onsets, 6)
    reach = np.arange(round(period * 0.6), round(period * 1.6) + 1)[::-1]
    cost = _EVENNESS * np.log(reach / period) ** 2
    total = strength.astype(np.float64)
    came_from = np.full(len(strength), -1)
    for now in range(int(reach[-1]), len(strength)):
        earlier = now - reach
        first = int(np.searchsorted(earlier, 0))
        scores = total[earlier[first:]] - cost[first:]
        best = int(np.argmax(scores))
        if scores[best] > 0:
            total[now] += scores[best]
            came_from[now] = earlier[first + best]
    last = len(total) - round(period) + int(np.argmax(total[-round(period) :]))
    chain = []
    while last >= 0:
        chain.append(int(last))
        last = came_from[last]
    return chain[::-1]


def _strengths(onsets: Curve, chain: list[int]) -> Curve:
    """Return the strongest onset within 20 ms of each beat."""
    return np.array([onsets[max(0, place - 4) : place + 5].max() for place in chain])


def _trimmed(onsets: Curve, chain: list[int]) -> list[int]:
    """Leave out beats before the music begins and after it ends."""
    if not chain:
        return chain
    strengths = _strengths(onsets, chain)
    heard = np.flatnonzero(strengths > 0.35 * np.sqrt(np.mean(strengths**2)))
    return chain[heard[0] : heard[-1] + 1] if len(heard) else []


def _without_weak_half(onsets: Curve, chain: list[int]) -> list[int]:
    """Leave out every second beat where those are much weaker: a tempo twice too fast was found."""
    if len(chain) < 2 * _LEAST_BEATS:
        return chain
    strengths = _strengths(onsets, chain)
    even, odd = float(strengths[::2].mean()), float(strengths[1::2].mean())
    if min(even, odd) < 0.5 * max(even, odd):
        return chain[::2] if even > odd else chain[1::2]
    return chain


def _refined(onsets: Curve, place: int) -> float:
    """Return the place of the strongest onset within 25 ms, between steps."""
    first = max(0, place - 5)
    near = onsets[first : place + 6]
    best = int(np.argmax(near))
    if near[best] < 0.5:
        return float(place)
    return first + best + _top_of(onsets, first + best)


def _clarity(onsets: Curve, chain: list[int]) -> float:
    strengths = _strengths(onsets, chain)
    between = [onsets[a + (b - a) // 4 : b - (b - a) // 4] for a, b in pairwise(chain)]
    rest = float(np.mean([part.mean() for part in between if len(part)] or [0.0]))
    steady = float(np.exp(-8 * np.std(np.diff(chain)) / max(1.0, float(np.mean(np.diff(chain))))))
    typical = float(np.median(strengths))
    return float(np.clip((typical - 4 * rest) / (typical + 1e-6), 0, 1) * steady)
