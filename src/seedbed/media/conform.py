"""Makes an engine's file exactly what was promised, and touches it no more than that needs.

A file that already keeps every promise passes as it is. Otherwise the track that is right is copied and the other one
made anew: frames are scaled and cropped (`media.scaling`) and brought to the canvas's rate and number (`media.rate`),
sound to 48 kHz stereo of the picture's length (`media.soundtrack`). Frames stream from decoder to encoder, so memory
holds a few of them, never the clip. An engine may be another company's server: what it sent is looked at before it is
opened (`media.screening`).
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

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
from seedbed.media.mark import mark_for
from seedbed.media.mux import (
    add_audio,
    add_video,
    encode_audio,
    encode_video,
    open_mp4,
    silence,
    to_frame,
    write_packets,
)
from seedbed.media.rate import Retiming, timed_frames
from seedbed.media.scaling import Scaler
from seedbed.media.screening import MAX_SOURCE_BYTES, MAX_SOURCE_PIXELS, screen_file, screened_picture
from seedbed.media.soundtrack import sound_of


class Way(StrEnum):
    """What it took."""

    PASSED = "passed"  # the engine's own file, unchanged
    REMUXED = "remuxed"  # the picture was copied
    REENCODED = "reencoded"  # the picture was made anew


@dataclass(frozen=True, slots=True)
class Conformed:
    """A file that keeps the contract, as it was measured. `sha256` is in hexadecimal.

    `held_frames`: how many at the end repeat the engine's last one, because it made too few.
    """

    path: Path
    size: Size
    frames: int
    fps: int
    size_bytes: int
    sha256: str
    way: Way
    held_frames: int = 0


@dataclass(frozen=True, slots=True)
class _Promise:
    """What the file is to be, and who is told how far it is."""

    canvas: Canvas
    wants_audio: bool
    tags: Mapping[str, str]
    is_marked: bool
    watch: Callable[[int], None]

    def finding(self, path: Path) -> Finding:
        return inspect(path, canvas=self.canvas, wants_audio=self.wants_audio, tags=self.tags)


def conform(
    source: Path,
    out: Path,
    *,
    canvas: Canvas,
    wants_audio: bool,
    tags: Mapping[str, str],
    is_marked: bool = False,
    watch: Callable[[int], None] = lambda _: None,
    max_source_bytes: int = MAX_SOURCE_BYTES,
) -> Conformed:
    """Make `out`, a new file that keeps CONTRACT 1.10, of an engine's MP4 or WebM. `source` stays as it is.

    `tags` are written into the file: the engine's name and the digital source type. `is_marked`: every frame gets the
    visible mark, so the picture is made anew. `watch` is called before each piece of work, many times a second, with
    the number of the next frame, and what it raises passes through. Raises EngineFailed, with what is wrong in words,
    if the engine's file cannot be read or is not what was asked for; an unfinished `out` may be left then.
    """
    promise = _Promise(canvas, wants_audio, tags, is_marked, watch)
    held_frames = 0
    try:
        screen_file(source, max_bytes=max_source_bytes)
        finding = promise.finding(source)
        finding = replace(finding, has_video=finding.has_video and not is_marked)
        if finding.is_kept:
            _pass_on(source, out)
        else:
            held_frames = _make(source, out, finding, promise)
            if not promise.finding(out).is_kept:
                raise EngineFailed("The engine's file could not be made what was promised.")
    except MediaFault as exc:
        raise EngineFailed(f"The engine's file cannot be read: {exc.reason}.") from exc
    way = Way.PASSED if finding.is_kept else Way.REMUXED if finding.has_video else Way.REENCODED
    size_bytes = out.stat().st_size
    return Conformed(out, canvas.size, canvas.frames, canvas.fps, size_bytes, _sha256(out), way, held_frames)


def _pass_on(source: Path, out: Path) -> None:
    try:
        os.link(source, out)
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, out)


def _make(source: Path, out: Path, finding: Finding, promise: _Promise) -> int:
    """Write `out`, and return how many frames had to be held."""
    canvas, format_name = promise.canvas, container_format(source)
    retiming = Retiming(canvas, watch=promise.watch)
    with (
        open_mp4(out, tags=promise.tags) as made,
        open_container(source, format_name) as given,
        # A second handle for the second track: two readers of one container would take each other's packets.
        open_container(source, format_name) as again,
    ):
        picture = _copied(given, made, "video") if finding.has_video else _remade_video(given, made, retiming, promise)
        if finding.has_sound:
            track = _copied(again, made, "audio")
        else:
            hears = partial(sound_of, source, format_name, canvas, watch=partial(promise.watch, 0))
            track = encode_audio(add_audio(made), hears() if promise.wants_audio else silence(canvas))
        write_packets(made, picture, track)
    return retiming.held_frames


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


def _remade_video(
    given: InputContainer, made: OutputContainer, retiming: Retiming, promise: _Promise
) -> Iterable[Packet[Any]]:
    canvas = promise.canvas
    stream = screened_picture(given, max_pixels=MAX_SOURCE_PIXELS)
    scaler = Scaler(canvas.size, pixel_shape=Fraction(stream.sample_aspect_ratio or 1))
    frames = retiming(timed_frames(given, stream, fps=canvas.fps), fit=scaler)
    return encode_video(add_video(made, canvas), _marked(frames, canvas) if promise.is_marked else frames)


def _marked(frames: Iterable[VideoFrame], canvas: Canvas) -> Iterator[VideoFrame]:
    mark = mark_for(canvas.size)
    for number, frame in enumerate(frames):
        yield to_frame(to_pixels(frame), number=number, canvas=canvas, mark=mark)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
