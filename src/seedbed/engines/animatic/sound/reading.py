"""Reads a reference sound whatever its rate, depth and number of channels: (2, N) float32, 48 kHz."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av.error
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer

from seedbed.core.faults import Fault, MediaFault
from seedbed.core.references import Kind
from seedbed.media.containers import open_container
from seedbed.media.mux import SAMPLE_RATE, Sound
from seedbed.media.sniff import sniff

_LOUDEST = 0.98  # a float WAV may go beyond 1, which the encoder would clip


def read_sound(path: Path, *, limit_s: float) -> Sound:
    """Return the first `limit_s` of an mp3 or wav file, at its own loudness.

    Raises MediaFault: unsupported, invalid.
    """
    format_ = sniff(path)
    if format_.kind is not Kind.AUDIO:
        raise MediaFault(Fault.UNSUPPORTED, f"this is {format_} where a sound is needed: mp3 or wav")
    limit = round(limit_s * SAMPLE_RATE)
    blocks: list[Sound] = []
    with open_container(path, format_) as container:
        for block in _resampled(_frames(container)):
            blocks.append(block)
            if sum(b.shape[1] for b in blocks) >= limit:
                break
    if not blocks:
        raise MediaFault(Fault.INVALID, "the sound is broken and cannot be decoded")
    return _tamed(np.concatenate(blocks, axis=1)[:, :limit])


def _frames(container: InputContainer) -> Iterator[AudioFrame]:
    """Decode the first sound track. A few broken packets are skipped, as players do; a cover picture is never read."""
    stream = next((s for s in container.streams.audio if s.codec_context is not None), None)
    if stream is None:
        raise MediaFault(Fault.UNSUPPORTED, "the file holds no sound that can be decoded")
    assert isinstance(stream, AudioStream)
    for packet in container.demux(stream):
        try:
            yield from packet.decode()
        except av.error.InvalidDataError:
            continue


def _resampled(frames: Iterator[AudioFrame]) -> Iterator[Sound]:
    form: tuple[Any, ...] | None = None
    resampler = None
    for frame in frames:
        now = (frame.format.name, frame.layout.name, frame.sample_rate)
        if resampler is None or now != form:  # some MP3 files change their form on the way
            yield from _drained(resampler)
            form, resampler = now, AudioResampler(format="fltp", layout="stereo", rate=SAMPLE_RATE)
        frame.pts = None  # gaps and wrong clocks of broken files are no reason to stretch what is there
        for block in resampler.resample(frame):
            yield block.to_ndarray().astype(np.float32, copy=False)
    yield from _drained(resampler)


def _drained(resampler: AudioResampler | None) -> Iterator[Sound]:
    for block in resampler.resample(None) if resampler else ():
        yield block.to_ndarray().astype(np.float32, copy=False)


def _tamed(sound: Sound) -> Sound:
    """Turn down what would clip, and replace what is no number."""
    clean = np.nan_to_num(sound, nan=0.0, posinf=0.0, neginf=0.0)
    peak = float(np.abs(clean).max(initial=0))
    return clean * np.float32(_LOUDEST / peak) if peak > 1 else clean
