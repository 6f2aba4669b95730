"""Makes an engine's file exactly what was promised, and touches it no more than that needs.

A file that already keeps every promise passes as it is. Otherwise the track that is right is copied and the other one
made anew: a wrong size is scaled and cropped, a wrong rate is resampled by holding or dropping frames, a clip that is
too long is trimmed, one that is too short holds its last frame, and missing sound becomes silence.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from av.audio.resampler import AudioResampler
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.video.frame import VideoFrame

from seedbed.core.engine import Canvas
from seedbed.core.errors import EngineFailed
from seedbed.core.faults import MediaFault
from seedbed.core.sizes import Size
from seedbed.media.containers import open_container
from seedbed.media.decode import to_pixels
from seedbed.media.inspect import Finding, container_format, inspect
from seedbed.media.mark import Mark, mark_for
from seedbed.media.mux import (
    SAMPLE_RATE,
    Sound,
    add_audio,
    add_video,
    covering_crop,
    encode_audio,
    encode_video,
    open_mp4,
    samples_in,
    silence,
    to_frame,
    write_packets,
)
from seedbed.media.pictures import Pixels


class Way(StrEnum):
    """What it took."""

    PASSED = "passed"  # the engine's own file, unchanged
    REMUXED = "remuxed"  # the picture was copied
    REENCODED = "reencoded"  # the picture was made anew


@dataclass(frozen=True, slots=True)
class Conformed:
    """A file that keeps the contract, as it was measured. `sha256` is in hexadecimal."""

    path: Path
    size: Size
    frames: int
    fps: int
    size_bytes: int
    sha256: str
    way: Way


@dataclass(frozen=True, slots=True)
class _Anew:
    """How frames are made anew."""

    mark: Mark | None
    watch: Callable[[int], None]

    def frame(self, pixels: Pixels, number: int, canvas: Canvas) -> VideoFrame:
        self.watch(number)
        return to_frame(pixels, number=number, canvas=canvas, mark=self.mark)


def conform(
    source: Path,
    out: Path,
    *,
    canvas: Canvas,
    wants_audio: bool,
    tags: Mapping[str, str],
    is_marked: bool = False,
    watch: Callable[[int], None] = lambda _: None,
) -> Conformed:
    """Make `out`, a new file that keeps CONTRACT 1.10, of an engine's MP4 or WebM. `source` stays as it is.

    `tags` are written into the file: the engine's name and the digital source type. `is_marked`: every frame gets the
    visible mark, so the picture is made anew. `watch` is called before each frame that is made anew, with its number,
    and what it raises passes through. Raises EngineFailed if the engine's file cannot be read; an unfinished `out` may
    be left then.
    """
    mark = mark_for(canvas.size) if is_marked else None
    try:
        finding = inspect(source, canvas=canvas, wants_audio=wants_audio, tags=tags)
        finding = replace(finding, has_video=finding.has_video and mark is None)
        if finding.is_kept:
            _pass_on(source, out)
        else:
            _make(source, out, finding, canvas=canvas, wants_audio=wants_audio, tags=tags, anew=_Anew(mark, watch))
            if not inspect(out, canvas=canvas, wants_audio=wants_audio, tags=tags).is_kept:
                raise EngineFailed("The engine's file could not be made what was promised.")
    except MediaFault as exc:
        raise EngineFailed(f"The engine's file cannot be read: {exc.reason}.") from exc
    way = Way.PASSED if finding.is_kept else Way.REMUXED if finding.has_video else Way.REENCODED
    return Conformed(out, canvas.size, canvas.frames, canvas.fps, out.stat().st_size, _sha256(out), way)


def _pass_on(source: Path, out: Path) -> None:
    try:
        os.link(source, out)
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, out)


def _make(
    source: Path,
    out: Path,
    finding: Finding,
    *,
    canvas: Canvas,
    wants_audio: bool,
    tags: Mapping[str, str],
    anew: _Anew,
) -> None:
    sound = None if finding.has_sound else _sound_of(source, canvas) if wants_audio else silence(canvas)
    format_name = container_format(source)
    with (
        open_mp4(out, tags=tags) as made,
        open_container(source, format_name) as given,
        # A second handle for the second track: two readers of one container would take each other's packets.
        open_container(source, format_name) as again,
    ):
        picture = _copied(given, made, "video") if finding.has_video else _remade_video(given, made, canvas, anew)
        track = _copied(again, made, "audio") if sound is None else encode_audio(add_audio(made), sound)
        write_packets(made, picture, track)


def _copied(given: InputContainer, made: OutputContainer, kind: str) -> Iterable[Packet[Any]]:
    source = given.streams.video[0] if kind == "video" else given.streams.audio[0]
    stream = made.add_stream_from_template(source)
    stream.metadata.clear()

    def packets() -> Iterator[Packet[Any]]:
        for packet in given.demux(source):
            if packet.dts is not None:
                packet.stream = stream
                yield packet

    return packets()


def _remade_video(given: InputContainer, made: OutputContainer, canvas: Canvas, anew: _Anew) -> Iterable[Packet[Any]]:
    if not given.streams.video:
        raise EngineFailed("The engine's file holds no picture.")
    return encode_video(add_video(made, canvas), _retimed(given.decode(video=0), canvas, anew))


def _retimed(frames: Iterable[VideoFrame], canvas: Canvas, anew: _Anew) -> Iterator[VideoFrame]:
    """Return exactly the canvas's frames: each the one that is on screen at its moment in the source."""
    number, shown, start_s = 0, None, None
    for frame in frames:
        time_s = Fraction(frame.pts or 0) * Fraction(frame.time_base or 1)
        start_s = time_s if start_s is None else start_s
        while shown is not None and number < canvas.frames and Fraction(number, canvas.fps) < time_s - start_s:
            yield anew.frame(shown, number, canvas)
            number += 1
        if number == canvas.frames:
            return
        shown = covering_crop(to_pixels(frame), canvas.size)
    if shown is None:
        raise EngineFailed("The engine's file holds no frame that can be decoded.")
    for held in range(number, canvas.frames):
        yield anew.frame(shown, held, canvas)


def _sound_of(source: Path, canvas: Canvas) -> Sound:
    """Return the source's sound as (2, N) float32, 48 kHz, cut or filled with silence to the length of the picture."""
    sound = silence(canvas)
    with open_container(source, container_format(source)) as given:
        if not given.streams.audio:
            return sound
        resampler = AudioResampler(format="fltp", layout="stereo", rate=SAMPLE_RATE)
        at = _delay_samples(given)
        for frame in given.decode(audio=0):
            for block in resampler.resample(frame):
                at = _lay(block.to_ndarray().astype(np.float32, copy=False), sound, at)
            if at >= samples_in(canvas):
                return sound
        for block in resampler.resample(None):
            at = _lay(block.to_ndarray().astype(np.float32, copy=False), sound, at)
    return sound


def _delay_samples(given: InputContainer) -> int:
    """Return how much later than the picture the sound begins."""
    starts = [
        Fraction(stream.start_time or 0) * Fraction(stream.time_base or 1)
        for stream in (given.streams.audio[0], *given.streams.video[:1])
    ]
    return max(0, int((starts[0] - starts[-1]) * SAMPLE_RATE))


def _lay(block: Sound, sound: Sound, at: int) -> int:
    """Write a block at a place, as much as still fits, and return the place after it."""
    end = min(at + block.shape[1], sound.shape[1])
    if end > at:
        sound[:, at:end] = block[:, : end - at]
    return at + int(block.shape[1])


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
