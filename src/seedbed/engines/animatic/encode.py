"""Two halves of a clip, drawn and encoded side by side, written as one MP4.

Each half is a closed group of pictures of its own x264, one thread each: this beats one encoder with many threads,
because drawing and encoding then take turns on the same core. The muxer writes the parameter sets of the first encoder,
so all encoders must be opened with exactly the same options.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av.error
import numpy as np
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

from seedbed.core.engine import Canvas
from seedbed.core.errors import EngineFailed
from seedbed.engines.animatic.planes import Planes
from seedbed.media.mux import Sound, add_audio, encode_audio, open_mp4, write_packets

_LEAST_SEGMENT = 24  # frames; shorter halves would only cost bits
_OPTIONS = {"preset": "veryfast", "crf": "20", "profile": "high", "x264-params": "keyint=96:min-keyint=12:open-gop=0"}

Draw = Callable[[int], Planes]
if TYPE_CHECKING:
    from av.packet import Packet as _Packet

    Packet = _Packet[Any]  # generic in its stub alone


class Abandoned(Exception):
    """The watcher no longer wants the clip; the half that raises it ends at once."""


@dataclass(slots=True)
class Progress:
    """What the halves tell the watcher. Counting is safe without a lock: each half has its own cell."""

    done: list[int]
    stop: threading.Event

    @property
    def frames(self) -> int:
        return sum(self.done)


def encode(
    path: Path,
    canvas: Canvas,
    painters: Sequence[Draw],
    *,
    sound: Sound,
    tags: Mapping[str, str],
    watch: Callable[[int], None],
    poll_s: float,
) -> None:
    """Write the clip at `path`; `painters` (one a thread) return any frame by its number.

    `sound`: (2, N) float32, 48 kHz, as long as the frames last.

    `watch` is called with the number of finished frames at least every `poll_s` from the calling thread. Whatever it
    raises ends the threads and passes through.
    """
    segments = split(canvas.frames, len(painters))
    progress = Progress([0] * len(segments), threading.Event())
    with ThreadPoolExecutor(len(segments), thread_name_prefix="animatic") as pool:
        jobs = [
            pool.submit(_segment, canvas, draw, frames, place, progress)
            for place, (draw, frames) in enumerate(zip(painters, segments, strict=False))
        ]
        try:
            packets = _watched(jobs, progress, watch, poll_s)
        finally:
            progress.stop.set()
    try:
        _mux(path, canvas, packets, sound, tags)
    except av.error.FFmpegError as exc:
        raise EngineFailed(f"The video could not be written: {exc}.") from exc


def split(frames: int, parts: int) -> list[range]:
    """Cut the clip into at most `parts` nearly equal ranges."""
    parts = max(1, min(parts, frames // _LEAST_SEGMENT))
    borders = [frames * n // parts for n in range(parts + 1)]
    return [range(a, b) for a, b in itertools.pairwise(borders)]


def _watched(
    jobs: list[Future[list[Packet]]], progress: Progress, watch: Callable[[int], None], poll_s: float
) -> list[Packet]:
    waiting = set(jobs)
    while waiting:
        waiting = wait_some(waiting, poll_s)
        watch(progress.frames)
    return [packet for job in jobs for packet in job.result()]


def wait_some(jobs: set[Future[list[Packet]]], timeout_s: float) -> set[Future[list[Packet]]]:
    """Return those still running after `timeout_s`, or sooner if one has failed."""
    done, waiting = wait(jobs, timeout=timeout_s, return_when=FIRST_EXCEPTION)
    for job in done:
        job.result()
    return waiting


def _segment(canvas: Canvas, draw: Draw, frames: range, place: int, progress: Progress) -> list[Packet]:
    try:
        encoder = open_encoder(canvas)
        packets: list[Packet] = []
        for number in frames:
            if progress.stop.is_set():
                raise Abandoned
            packets += encoder.encode(to_frame(draw(number), number))
            progress.done[place] += 1
        packets += encoder.encode(None)
    except av.error.FFmpegError as exc:
        raise EngineFailed(f"The video could not be encoded: {exc}.") from exc
    return packets


def open_encoder(canvas: Canvas) -> VideoCodecContext:
    """Return an x264 for one segment. `_mux` relies on its options being those of the output stream."""
    encoder = VideoCodecContext.create("libx264", "w")
    _configure(encoder, canvas)
    encoder.open()
    return encoder


def _configure(encoder: VideoCodecContext, canvas: Canvas) -> None:
    encoder.width, encoder.height = canvas.size.width_px, canvas.size.height_px
    encoder.pix_fmt = "yuv420p"
    encoder.framerate = Fraction(canvas.fps)
    encoder.time_base = Fraction(1, canvas.fps)
    encoder.sample_aspect_ratio = Fraction(1)
    encoder.colorspace = Colorspace.ITU709
    encoder.color_primaries = ColorPrimaries.BT709
    encoder.color_trc = ColorTrc.BT709
    encoder.color_range = ColorRange.MPEG
    encoder.options = dict(_OPTIONS)
    encoder.thread_count = 1
    # MP4 keeps the parameter sets once, beside the stream, not before every key frame.
    encoder.flags |= Flags.global_header


def to_frame(planes: Planes, number: int) -> VideoFrame:
    height, width = planes.y.shape
    frame = VideoFrame(width, height, "yuv420p")
    for target, plane in zip(frame.planes, planes.each(), strict=True):
        buffer = np.frombuffer(memoryview(target), np.uint8).reshape(-1, target.line_size)
        buffer[: plane.shape[0], : plane.shape[1]] = plane
    frame.pts = number
    frame.colorspace, frame.color_range = Colorspace.ITU709, ColorRange.MPEG
    return frame


def _mux(path: Path, canvas: Canvas, packets: list[Packet], sound: Sound, tags: Mapping[str, str]) -> None:
    with open_mp4(path, tags=tags) as container:
        video = container.add_stream("libx264", rate=canvas.fps)
        _configure(video.codec_context, canvas)
        audio = add_audio(container)
        container.start_encoding()
        for packet in packets:
            packet.stream = video
            packet.time_base = Fraction(1, canvas.fps)
        write_packets(container, packets, encode_audio(audio, sound))
