"""Writes the film: frames are encoded while the next ones are being decoded, and none is kept for longer.

The encoder has a thread of its own, so that the GPU does not wait for it; a short queue between the two keeps a fast
decoder from piling up frames.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from fractions import Fraction
from pathlib import Path

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from seedbed.core.engine import Canvas
from seedbed.core.errors import EngineFailed
from seedbed.core.sizes import Size
from seedbed.engines.diffusers.adapter import Plan, Take, Wave
from seedbed.media.mux import (
    SAMPLE_RATE,
    Sound,
    add_audio,
    add_video,
    encode_audio,
    encode_video,
    open_mp4,
    to_frame,
    write_packets,
)
from seedbed.media.pictures import Pixels

QUEUE_FRAMES = 16
_CRF = 14  # it is encoded once more where its size or rate is not the promised one
_WAIT_S = 0.05


def write_film(
    take: Take,
    plan: Plan,
    out: Path,
    *,
    tags: Mapping[str, str],
    drawn: Callable[[int, Pixels], None],
    beat: Callable[[], None],
) -> int:
    """Draw the take's frames, write them as an MP4 of their own size and rate, and return how many there were.

    `drawn` hears of each frame (from 1) when it is handed on, `beat` is called while the encoder is waited for. What
    either raises passes through, once the encoder has let go of the file, of which an unfinished one may be left.
    Raises EngineFailed if there is no frame.
    """
    first = next(take.frames, None)
    if first is None:
        raise EngineFailed("The model made no frames.")
    canvas = Canvas(Size(first.shape[1], first.shape[0]), plan.frames, plan.fps)
    encoder = _Encoder(out, canvas, to_sound(take.sound, take.sound_rate_hz) if take.sound is not None else None, tags)
    number = 0
    try:
        for pixels in _from(first, take.frames):
            encoder.put(pixels, beat)
            number += 1
            drawn(number, pixels)
        encoder.finish(beat)
    finally:
        encoder.close()
    return number


def to_sound(wave: Wave, rate_hz: int) -> Sound:
    """Return (channels, N) float32 at any rate as (2, N) float32 at 48 kHz, -1..1. One channel goes to both sides."""
    if wave.ndim != 2 or wave.shape[0] not in (1, 2):
        raise EngineFailed(f"The model's sound has the shape {wave.shape} instead of one or two channels.")
    resampler = AudioResampler(format="fltp", layout="stereo", rate=SAMPLE_RATE)
    clean = np.nan_to_num(np.ascontiguousarray(wave, np.float32))
    frame = AudioFrame.from_ndarray(clean, format="fltp", layout="mono" if wave.shape[0] == 1 else "stereo")
    frame.sample_rate, frame.pts, frame.time_base = rate_hz, 0, Fraction(1, rate_hz)
    blocks = [block.to_ndarray() for given in (frame, None) for block in resampler.resample(given)]
    sound: Sound = np.concatenate([np.zeros((2, 0)), *blocks], axis=1, dtype=np.float32)
    return sound.clip(-1.0, 1.0)


def _from(first: Pixels, others: Iterator[Pixels]) -> Iterator[Pixels]:
    yield first
    yield from others


class _Encoder:
    """A file being written by a thread of its own, fed through a short queue. None in it means the end."""

    def __init__(self, out: Path, canvas: Canvas, sound: Sound | None, tags: Mapping[str, str]) -> None:
        self._out, self._canvas, self._sound, self._tags = out, canvas, sound, tags
        self._frames: queue.Queue[Pixels | None] = queue.Queue(QUEUE_FRAMES)
        self._is_abandoned = threading.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="encode")
        self._writing = self._thread.submit(self._write)

    def put(self, pixels: Pixels | None, beat: Callable[[], None]) -> None:
        """Hand a frame on, waiting while the queue is full. Raises what the encoder met."""
        while True:
            if self._writing.done():
                self._writing.result()
                raise EngineFailed("The encoder ended before the film did.")
            try:
                self._frames.put(pixels, timeout=_WAIT_S)
                return
            except queue.Full:
                beat()

    def finish(self, beat: Callable[[], None]) -> None:
        """Wait until the file is whole. Raises what the encoder met."""
        self.put(None, beat)
        while not wait([self._writing], timeout=_WAIT_S).done:
            beat()
        self._writing.result()

    def close(self) -> None:
        """Make the thread let go of the file, if it has not done so."""
        self._is_abandoned.set()
        self._thread.shutdown()

    def _write(self) -> None:
        with open_mp4(self._out, tags=self._tags) as made:
            video = add_video(made, self._canvas, crf=_CRF)
            frames = (to_frame(pixels, number=n, canvas=self._canvas) for n, pixels in enumerate(self._drawn()))
            sound = [encode_audio(add_audio(made), self._sound)] if self._sound is not None else []
            write_packets(made, encode_video(video, frames), *sound)

    def _drawn(self) -> Iterator[Pixels]:
        while not self._is_abandoned.is_set():
            try:
                pixels = self._frames.get(timeout=_WAIT_S)
            except queue.Empty:
                continue
            if pixels is None:
                return
            yield pixels
