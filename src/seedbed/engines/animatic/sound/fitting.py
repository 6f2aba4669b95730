"""Brings a reference sound to the length of the picture.

Too long: it is cut and faded out. Too short: music with a steady beat goes round again from one of its beats; anything
else, such as a voice, plays once and what the place sounds like goes on after it. A voice that said everything twice
would be the worse surprise.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from seedbed.engines.animatic.sound.beats import Beats
from seedbed.media.mux import SAMPLE_RATE, Sound

_CUT_FADE_S = 0.35
_END_FADE_S = 0.12
_JOIN_S = 0.012  # of the cross-fade where a loop closes
_UNNOTICED_S = 0.25  # a sound that is so much too short simply ends
_STEADY = 0.6  # clarity from which on the beats are trusted with a loop
_BAR_BEATS = 4
_WHOLE_FILE_TOLERANCE_S = 0.03


class Way(StrEnum):
    """What was done. The values stand in the job's `shotPlan`."""

    AS_IT_IS = "as_it_is"
    CUT = "cut"
    LOOPED = "looped"
    ENDED = "ended"  # it was over before the picture


@dataclass(frozen=True, slots=True)
class Fitted:
    """sound: (2, N) float32, exactly as long as was asked; it is over (only zeros follow) after `heard` samples."""

    sound: Sound
    beats: Beats
    way: Way
    heard: int


def fit(sound: Sound, beats: Beats, *, samples: int) -> Fitted:
    """Return the sound and its beats at a length of `samples`. `sound` stays as it is."""
    given = sound.shape[1]
    if given > samples:
        cut = faded_out(sound[:, :samples], _CUT_FADE_S)
        return Fitted(cut, _within(beats, samples), Way.CUT, samples)
    if given >= samples - round(_UNNOTICED_S * SAMPLE_RATE):
        # Only the last step down to nothing is smoothed; an exact fit is left alone.
        ended = sound.copy() if given == samples else faded_out(sound, 0.01)
        return Fitted(_filled(ended, samples), beats, Way.AS_IT_IS, samples)
    if section := _section(given, beats):
        return Fitted(_looped(sound, section, samples), _repeated(beats, section, samples), Way.LOOPED, samples)
    return Fitted(_filled(faded_out(sound, _END_FADE_S), samples), beats, Way.ENDED, given)


@dataclass(frozen=True, slots=True)
class _Section:
    """The part that goes round: from sample `start` to before sample `end`."""

    start: int
    end: int


def _section(given: int, beats: Beats) -> _Section | None:
    """Return the longest part of whole bars, or of whole beats; the whole file if that is how it was made."""
    if beats.clarity < _STEADY or len(beats.times_s) < _BAR_BEATS:
        return None
    length_s = given / SAMPLE_RATE
    in_file = length_s / beats.period_s
    if abs(in_file - round(in_file)) * beats.period_s < _WHOLE_FILE_TOLERANCE_S:
        return _Section(0, given)
    # A beat so near the end that its sound is cut off may still be where the loop closes.
    steps = len(beats.times_s) - 1
    whole = steps - steps % _BAR_BEATS or steps
    start_s = beats.times_s[0]
    end_s = beats.times_s[whole]
    return _Section(round(start_s * SAMPLE_RATE), round(end_s * SAMPLE_RATE)) if end_s - start_s > 1 else None


def _looped(sound: Sound, section: _Section, samples: int) -> Sound:
    """Play to the end of the section, then the section again and again.

    The join ends on the beat: what leads into the section's first beat replaces what leads into its end.
    """
    join = round(_JOIN_S * SAMPLE_RATE)
    join = min(join, section.start) if section.start else 0
    up = np.sin(np.linspace(0, np.pi / 2, join, dtype=np.float32)) ** 2
    part = sound[:, section.start : section.end].copy()
    if join:
        part[:, -join:] = part[:, -join:] * (1 - up) + sound[:, section.start - join : section.start] * up
    else:
        _soften_ends(part)
    times = -(-max(0, samples - section.start) // part.shape[1])
    whole = np.concatenate([sound[:, : section.start], *[part] * times], axis=1)
    return faded_out(whole[:, :samples], _CUT_FADE_S)


def _soften_ends(part: Sound) -> None:
    """Where a file that was made to go round does not quite close, let it close within 2 ms."""
    length = min(96, part.shape[1] // 2)
    gap = (part[:, :1] - part[:, -1:]) / 2
    weight = np.linspace(0, 1, length, dtype=np.float32) ** 2
    part[:, -length:] += gap * weight
    part[:, :length] -= gap * weight[::-1]


def _repeated(beats: Beats, section: _Section, samples: int) -> Beats:
    start_s, end_s = section.start / SAMPLE_RATE, section.end / SAMPLE_RATE
    length_s, whole_s = end_s - start_s, samples / SAMPLE_RATE
    near_s = 0.02
    once = [t for t in beats.times_s if start_s - near_s <= t < end_s - near_s]
    first = [t for t in beats.times_s if t < start_s - near_s]
    rounds = range(int(whole_s / length_s) + 2)
    times = first + [t + n * length_s for n in rounds for t in once]
    return Beats(tuple(t for t in times if t < whole_s), beats.period_s, beats.clarity)


def _within(beats: Beats, samples: int) -> Beats:
    return Beats(tuple(t for t in beats.times_s if t < samples / SAMPLE_RATE), beats.period_s, beats.clarity)


def _filled(sound: Sound, samples: int) -> Sound:
    return np.pad(sound, ((0, 0), (0, samples - sound.shape[1])))


def faded_out(sound: Sound, length_s: float) -> Sound:
    """Return the sound with its end brought down to nothing."""
    length = min(round(length_s * SAMPLE_RATE), sound.shape[1])
    faded = sound.copy()
    faded[:, sound.shape[1] - length :] *= np.cos(np.linspace(0, np.pi / 2, length, dtype=np.float32)) ** 2
    return faded


def faded_in(sound: Sound, length_s: float) -> Sound:
    """Return the sound with its beginning brought up from nothing."""
    return np.ascontiguousarray(faded_out(sound[:, ::-1], length_s)[:, ::-1])
