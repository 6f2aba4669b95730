"""Compares a finished MP4 with what the contract promises, hardly decoding its picture. Source: CONTRACT 1.10.

Every packet is walked over, because a header may claim any number of frames; what is inside them is left alone. Only
the first frame is decoded: it alone knows whether a player would turn the picture.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from av.video.stream import VideoStream

from seedbed.core.engine import Canvas
from seedbed.media.containers import open_container
from seedbed.media.mux import SAMPLE_RATE

EBML = b"\x1a\x45\xdf\xa3"
BT709 = (ColorRange.MPEG, Colorspace.ITU709, ColorPrimaries.BT709, ColorTrc.BT709)
SOUND_TOLERANCE_S = Fraction(1, 10)
SILENT_BELOW = 1e-3


@dataclass(frozen=True, slots=True)
class Finding:
    """Which of the promises hold. `is_packed` is the container itself: an MP4, its index first, nothing else inside."""

    has_video: bool
    has_sound: bool
    has_tags: bool
    is_packed: bool

    @property
    def is_kept(self) -> bool:
        return self.has_video and self.has_sound and self.has_tags and self.is_packed


def inspect(path: Path, *, canvas: Canvas, wants_audio: bool, tags: Mapping[str, str]) -> Finding:
    """Say which promises a file keeps. Where no sound is wanted, a silent track is right. Raises MediaFault."""
    format_name = container_format(path)
    with open_container(path, format_name) as container:
        has_video = len(container.streams.video) == 1 and _is_right_video(container, canvas)
        has_sound = len(container.streams.audio) == 1 and _is_right_sound(container, canvas, wants_audio=wants_audio)
        has_tags = tags.items() <= container.metadata.items()
        is_alone = len(container.streams) == 2
    return Finding(has_video, has_sound, has_tags, is_alone and format_name == "mp4" and is_faststart(path))


def container_format(path: Path) -> str:
    """Return which of the two container families that engines write this is. A wrong guess fails when it is opened."""
    with path.open("rb") as file:
        return "webm" if file.read(4) == EBML else "mp4"


def is_faststart(path: Path) -> bool:
    """Say whether the index (moov) stands before the data (mdat), so that playing can begin while loading."""
    with path.open("rb") as file:
        while len(header := file.read(8)) == 8:
            size_bytes, name = int.from_bytes(header[:4], "big"), header[4:]
            if name in (b"moov", b"mdat"):
                return name == b"moov"
            read_bytes = 8
            if size_bytes == 1:
                size_bytes, read_bytes = int.from_bytes(file.read(8), "big"), 16
            if size_bytes < read_bytes:
                return False
            file.seek(size_bytes - read_bytes, 1)
    return False


def _is_right_video(container: InputContainer, canvas: Canvas) -> bool:
    stream = container.streams.video[0]
    return (
        _has_right_form(stream, canvas)
        and _has_right_frames(container, stream, canvas)
        and _is_upright(container, stream)
    )


def _has_right_form(stream: VideoStream, canvas: Canvas) -> bool:
    if stream.codec_context is None or stream.codec_context.name != "h264" or stream.profile != "High":
        return False
    colours = (stream.color_range, stream.colorspace, stream.color_primaries, stream.color_trc)
    size = (canvas.size.width_px, canvas.size.height_px)
    has_square_pixels = stream.sample_aspect_ratio in (None, 0, 1)
    return (
        stream.pix_fmt == "yuv420p" and colours == BT709 and (stream.width, stream.height) == size and has_square_pixels
    )


def _has_right_frames(container: InputContainer, stream: VideoStream, canvas: Canvas) -> bool:
    step = Fraction(1, canvas.fps) / Fraction(stream.time_base or 1)
    shown: list[int] = []
    for packet in container.demux(stream):
        # A corrupt one is where the file was cut off.
        if packet.is_corrupt or len(shown) > canvas.frames:
            return False
        if packet.pts is not None:
            shown.append(packet.pts)
    return sorted(shown) == [number * step for number in range(canvas.frames)]


def _is_upright(container: InputContainer, stream: VideoStream) -> bool:
    container.seek(0)
    first = next(container.decode(stream), None)
    return first is not None and first.rotation == 0


def _is_right_sound(container: InputContainer, canvas: Canvas, *, wants_audio: bool) -> bool:
    stream = container.streams.audio[0]
    if stream.codec_context is None or (stream.codec_context.name, stream.profile) != ("aac", "LC"):
        return False
    if stream.rate != SAMPLE_RATE or stream.layout.name != "stereo" or stream.duration is None:
        return False
    duration_s = stream.duration * Fraction(stream.time_base or 1)
    if abs(duration_s - canvas.duration_s) > SOUND_TOLERANCE_S:
        return False
    return wants_audio or _is_silent(container, stream)


def _is_silent(container: InputContainer, stream: AudioStream) -> bool:
    container.seek(0)
    return all(float(np.abs(frame.to_ndarray()).max(initial=0)) < SILENT_BELOW for frame in container.decode(stream))
