"""Writes MP4 files as the contract wants them: H.264 High yuv420p tagged BT.709, AAC-LC 48 kHz stereo, faststart, tags.

Streams may be made anew or copied; either way their packets are merged in the order of time, so that a player that
streams the file never waits for one of the two. Source: CONTRACT 1.10.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, Interpolation
from av.video.stream import VideoStream

from seedbed.core.engine import Canvas
from seedbed.core.sizes import Size
from seedbed.media.mark import Mark, marked
from seedbed.media.pictures import Pixels

Sound = npt.NDArray[np.float32]

SAMPLE_RATE = 48_000
AUDIO_BIT_RATE = 128_000
AAC_FRAME_SAMPLES = 1024
# Free tags need the second flag: without it, MP4 knows only the names that a music player shows.
MOVFLAGS = "+faststart+use_metadata_tags"
_SCALING = Interpolation.LANCZOS | Interpolation.ACCURATE_RND


def open_mp4(path: Path, *, tags: Mapping[str, str]) -> OutputContainer:
    """Open a new file. `tags` become readable by any player or probe; they name the engine and the source type.

    Its clock ticks in samples: in FFmpeg's own milliseconds neither a frame nor the sound's end has an exact place.
    """
    options = {"movflags": MOVFLAGS, "movie_timescale": str(SAMPLE_RATE)}
    container = av.open(str(path), "w", format="mp4", options=options)
    container.metadata.update(tags)
    return container


def add_video(container: OutputContainer, canvas: Canvas, *, crf: int = 20, preset: str = "veryfast") -> VideoStream:
    """Add an empty picture track. The preset `ultrafast` would leave out what makes the stream High."""
    stream = container.add_stream(
        "libx264", rate=canvas.fps, options={"crf": str(crf), "preset": preset, "profile": "high"}
    )
    stream.width, stream.height, stream.pix_fmt = canvas.size.width_px, canvas.size.height_px, "yuv420p"
    codec = stream.codec_context
    codec.time_base = Fraction(1, canvas.fps)
    codec.color_range, codec.colorspace = ColorRange.MPEG, Colorspace.ITU709
    codec.color_primaries, codec.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
    return stream


def add_audio(container: OutputContainer) -> AudioStream:
    stream = container.add_stream("aac", rate=SAMPLE_RATE)
    stream.layout = "stereo"
    stream.bit_rate = AUDIO_BIT_RATE
    return stream


def to_frame(pixels: Pixels, *, number: int, canvas: Canvas, mark: Mark | None = None) -> VideoFrame:
    """Return (H, W, 3) uint8 sRGB pixels of any size as the clip's frame of that number, scaled to the canvas.

    A mark is laid on after the scaling.
    """
    frame = VideoFrame.from_ndarray(pixels, format="rgb24")
    if mark is not None:
        frame = frame.reformat(canvas.size.width_px, canvas.size.height_px, interpolation=_SCALING)
        scaled = frame.to_ndarray().astype(np.uint8, copy=False)
        frame = VideoFrame.from_ndarray(marked(scaled, mark), format="rgb24")
    frame = frame.reformat(
        width=canvas.size.width_px,
        height=canvas.size.height_px,
        format="yuv420p",
        dst_colorspace=Colorspace.ITU709,
        dst_color_range=ColorRange.MPEG,
        interpolation=_SCALING,
    )
    frame.pts, frame.time_base = number, Fraction(1, canvas.fps)
    return frame


def covering_crop(pixels: Pixels, size: Size) -> Pixels:
    """Return the largest middle part that has the shape of `size`: scaled to it, nothing is stretched."""
    height_px, width_px = pixels.shape[:2]
    kept_px = min(width_px, round(height_px * Fraction(size.width_px, size.height_px)))
    kept_lines = min(height_px, round(width_px * Fraction(size.height_px, size.width_px)))
    left, top = (width_px - kept_px) // 2, (height_px - kept_lines) // 2
    return np.ascontiguousarray(pixels[top : top + kept_lines, left : left + kept_px])


def samples_in(canvas: Canvas) -> int:
    """Return how many samples last exactly as long as the picture."""
    return int(canvas.duration_s * SAMPLE_RATE)


def silence(canvas: Canvas) -> Sound:
    """Return (2, N) float32 zeros that last exactly as long as the picture."""
    return np.zeros((2, samples_in(canvas)), np.float32)


def encode_video(stream: VideoStream, frames: Iterable[VideoFrame]) -> Iterator[Packet[Any]]:
    for frame in frames:
        yield from stream.encode(frame)
    yield from stream.encode()


def encode_audio(stream: AudioStream | AudioCodecContext, sound: Sound) -> Iterator[Packet[Any]]:
    """Encode (2, N) float32, -1..1, 48 kHz."""
    for start in range(0, sound.shape[1], AAC_FRAME_SAMPLES):
        block = np.ascontiguousarray(sound[:, start : start + AAC_FRAME_SAMPLES])
        frame = AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, start, Fraction(1, SAMPLE_RATE)
        yield from stream.encode(frame)
    yield from stream.encode()


def write_packets(container: OutputContainer, *tracks: Iterable[Packet[Any]]) -> None:
    """Write several tracks, each in its own order, merged by time. The iterables are drawn lazily."""
    for packet in heapq.merge(*tracks, key=_time_of):
        container.mux(packet)


def _time_of(packet: Packet[Any]) -> Fraction:
    return (packet.dts or 0) * Fraction(packet.time_base or 1)
