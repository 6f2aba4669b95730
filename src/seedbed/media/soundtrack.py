"""Makes an engine's sound into the contract's: 48 kHz, two channels, exactly as long as the picture, never clipping.

Its loudness is the engine's own. Only where its true peak (between the samples, ITU-R BS.1770-5, annex 2) passes -1 dB
is the whole track lowered to that, which leaves the coder its room. Mono goes to both channels at full level; FFmpeg
alone would lower it by 3 dB. The samples are counted from the first one on, so that nothing can drift. A coder may add
to a peak (AAC adds 1.6 dB to a square wave), so a loud track is coded once beforehand, and lowered if that clips.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path

import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.container import InputContainer

from seedbed.core.engine import Canvas
from seedbed.media.containers import open_container
from seedbed.media.mux import AUDIO_BIT_RATE, SAMPLE_RATE, Sound, encode_audio, samples_in, silence

# swresample with a long filter: a 997 Hz tone from 32 kHz comes out with errors of -104 dB.
RESAMPLING = {"filter_size": "64", "phase_shift": "10", "cutoff": "0.97"}
MAX_TRUE_PEAK = 10 ** (-1 / 20)
OVERSAMPLING = 4
PIECE_SAMPLES = SAMPLE_RATE // 4
SAFE_PEAK = 0.6  # no coder adds more than 4 dB
MAX_CODED_PEAK = 0.97
CODING_TRIALS = 3
FADE_SAMPLES = SAMPLE_RATE // 100  # what is cut off in the middle would end with a click


def sound_of(path: Path, format_name: str, canvas: Canvas, *, watch: Callable[[], None]) -> Sound:
    """Return the file's first sound track as (2, N) float32; silence where it holds none. Raises MediaFault.

    `watch` is called before each piece of work, and what it raises passes through.
    """
    sound = silence(canvas)
    with open_container(path, format_name) as given:
        if not given.streams.audio:
            return sound
        at = 0
        for block, start in _blocks(given, watch):
            at = at if start is None else start
            _lay(block, sound, at)
            at += block.shape[1]
            if at >= samples_in(canvas) + FADE_SAMPLES:
                break
    if at > samples_in(canvas):
        sound[:, -FADE_SAMPLES:] *= np.linspace(1, 0, min(FADE_SAMPLES, sound.shape[1]), dtype=np.float32)
    return _within_scale(sound, watch)


def true_peak(sound: Sound, *, watch: Callable[[], None] = lambda: None) -> float:
    """Return the highest level that the wave reaches between its samples too, 1.0 being full scale."""
    resampler = AudioResampler(format="fltp", layout="stereo", rate=SAMPLE_RATE * OVERSAMPLING, options=RESAMPLING)
    return _highest(
        _stereo(block for part in chain(_pieces(sound), [None]) for block in resampler.resample(part)), watch
    )


def coded_peak(sound: Sound, *, watch: Callable[[], None] = lambda: None) -> float:
    """Return the highest sample of what a player gets of it."""
    coder = AudioCodecContext.create("aac", "w")
    coder.sample_rate, coder.layout, coder.format, coder.bit_rate = SAMPLE_RATE, "stereo", "fltp", AUDIO_BIT_RATE
    player = AudioCodecContext.create("aac", "r")
    packets = encode_audio(coder, sound)
    first = next(packets)
    player.extradata = coder.extradata
    return _highest(
        _stereo(block for packet in chain([first], packets, [None]) for block in player.decode(packet)), watch
    )


def _within_scale(sound: Sound, watch: Callable[[], None]) -> Sound:
    peak = true_peak(sound, watch=watch)
    if peak < SAFE_PEAK:
        return sound
    kept = sound * np.float32(min(1.0, MAX_TRUE_PEAK / peak))
    for _ in range(CODING_TRIALS):
        coded = coded_peak(kept, watch=watch)
        if coded <= 1:
            break
        kept *= np.float32(MAX_CODED_PEAK / coded)
    return kept


def _pieces(sound: Sound) -> Iterator[AudioFrame]:
    for start in range(0, sound.shape[1], PIECE_SAMPLES):
        piece = np.ascontiguousarray(sound[:, start : start + PIECE_SAMPLES])
        frame = AudioFrame.from_ndarray(piece, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, start, Fraction(1, SAMPLE_RATE)
        yield frame


def _highest(waves: Iterable[Sound], watch: Callable[[], None]) -> float:
    highest = 0.0
    for wave in waves:
        watch()
        highest = max(highest, float(np.abs(wave).max(initial=0)))
    return highest


def _blocks(given: InputContainer, watch: Callable[[], None]) -> Iterator[tuple[Sound, int | None]]:
    """Decode, resample: blocks of (2, N). The first, and one after a change of form, comes with its place."""
    resampler, form, start = None, None, None
    for frame in given.decode(audio=0):
        watch()
        if resampler is None or form != _form(frame):
            if resampler is not None:
                yield from ((block, None) for block in _stereo(resampler.resample(None)))
            layout = "mono" if len(frame.layout.channels) == 1 else "stereo"
            resampler = AudioResampler(format="fltp", layout=layout, rate=SAMPLE_RATE, options=RESAMPLING)
            form, start = _form(frame), _place_of(frame, given)
        for block in _stereo(resampler.resample(frame)):
            yield block, start
            start = None
    if resampler is not None:
        for block in _stereo(resampler.resample(None)):
            yield block, start
            start = None


def _form(frame: AudioFrame) -> tuple[int, str, str]:
    return frame.sample_rate, frame.layout.name, frame.format.name


def _place_of(frame: AudioFrame, given: InputContainer) -> int:
    """Return how many samples later than the picture this begins; less than none where it begins before."""
    sound_s = (frame.pts or 0) * Fraction(frame.time_base or 1)
    picture = [(stream.start_time or 0) * Fraction(stream.time_base or 1) for stream in given.streams.video[:1]]
    return round((sound_s - (picture[0] if picture else 0)) * SAMPLE_RATE)


def _stereo(frames: Iterable[AudioFrame | None]) -> Iterator[Sound]:
    for frame in frames:
        if frame is None:  # what a resampler with nothing to do answers at the end
            continue
        waves = frame.to_ndarray().astype(np.float32, copy=False)
        yield np.repeat(waves, 2, axis=0) if waves.shape[0] == 1 else waves


def _lay(block: Sound, sound: Sound, at: int) -> None:
    """Write a block at a place that may lie outside in part or whole."""
    begin, end = max(at, 0), min(at + block.shape[1], sound.shape[1])
    if end > begin:
        sound[:, begin:end] = np.nan_to_num(block[:, begin - at : end - at], posinf=1.0, neginf=-1.0)
