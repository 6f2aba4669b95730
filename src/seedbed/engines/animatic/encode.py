"""Parts of a clip, drawn and encoded side by side, written as one MP4.

Each part is a closed group of pictures of its own encoder, one thread each: this beats one encoder with many threads,
because drawing and encoding then take turns on the same core. Only packets outlive a part, so memory does not grow with
the clip's length: it grows with the number of workers, which is held to a budget.
"""

from __future__ import annotations

import ctypes
import itertools
import queue
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av.error
from av.video.stream import VideoStream

from seedbed.core.engine import Canvas
from seedbed.core.errors import EngineFailed
from seedbed.engines.animatic.encoder import KEY_FRAME_EVERY, choose_encoder, configure, open_encoder, to_frame
from seedbed.engines.animatic.planes import Planes
from seedbed.engines.animatic.sound.coding import encoded
from seedbed.media.mux import Sound, add_audio, open_mp4, write_packets

_LEAST_SEGMENT = 24  # frames; shorter parts would only cost bits
_PIXEL_BYTES = 64  # of memory that a worker takes for each pixel of the canvas, measured: x264's frames above all
BUDGET_BYTES = 1 << 30  # for all workers together

Draw = Callable[[int], Planes]
if TYPE_CHECKING:
    from av.packet import Packet as _Packet

    Packet = _Packet[Any]  # generic in its stub alone


class Abandoned(Exception):
    """The watcher no longer wants the clip; the part that raises it ends at once."""


@dataclass(slots=True)
class Progress:
    """What the parts tell the watcher. Counting is safe without a lock: each part has its own cell."""

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
    sound_is_noise: bool = False,
    tags: Mapping[str, str],
    cuts: Collection[int] = (),
    watch: Callable[[int], None],
    poll_s: float,
) -> None:
    """Write the clip at `path`; `painters` (one a thread) return any frame by its number.

    `sound`: (2, N) float32, 48 kHz, as long as the frames last; as noise it is encoded with less care. `cuts`: frames
    that begin a shot.

    `watch` is called with the number of finished frames at least every `poll_s` from the calling thread. Whatever it
    raises ends the threads and passes through.
    """
    _give_back()
    segments = split(canvas.frames, len(painters))
    progress = Progress([0] * len(segments), threading.Event())
    run = _Run(canvas, choose_encoder(canvas), frozenset(cuts), progress)
    free: queue.SimpleQueue[Draw] = queue.SimpleQueue()
    for painter in painters:
        free.put(painter)
    with (
        ThreadPoolExecutor(1, thread_name_prefix="animatic-sound") as aside,
        ThreadPoolExecutor(min(len(painters), len(segments)), thread_name_prefix="animatic") as pool,
    ):
        heard = aside.submit(encoded, sound, is_noise=sound_is_noise)
        jobs = [pool.submit(run.segment, free, frames, place) for place, frames in enumerate(segments)]
        try:
            _watch([heard, *jobs], progress, watch, poll_s)
        finally:
            progress.stop.set()
    try:
        _mux(path, run, [packet for job in jobs for packet in job.result()], heard.result(), tags)
    except av.error.FFmpegError as exc:
        raise EngineFailed(f"The video could not be written: {exc}.") from exc


def workers_for(canvas: Canvas, threads: int, *, budget_bytes: int = BUDGET_BYTES) -> int:
    """Return how many parts to work on at a time: one a thread, as far as the memory goes."""
    pixels = canvas.size.width_px * canvas.size.height_px
    return max(1, min(threads, budget_bytes // (_PIXEL_BYTES * pixels)))


def split(frames: int, workers: int) -> list[range]:
    """Cut the clip into nearly equal ranges, as many for each worker as keep a range within one group of pictures."""
    rounds = max(1, round(frames / (workers * KEY_FRAME_EVERY)))
    parts = max(1, min(workers * rounds, frames // _LEAST_SEGMENT))
    borders = [frames * n // parts for n in range(parts + 1)]
    return [range(a, b) for a, b in itertools.pairwise(borders)]


def _watch(
    jobs: Collection[Future[list[Packet]]], progress: Progress, watch: Callable[[int], None], poll_s: float
) -> None:
    waiting = set(jobs)
    while waiting:
        waiting = wait_some(waiting, poll_s)
        watch(progress.frames)


def wait_some(jobs: set[Future[list[Packet]]], timeout_s: float) -> set[Future[list[Packet]]]:
    """Return those still running after `timeout_s`, or sooner if one has failed."""
    done, waiting = wait(jobs, timeout=timeout_s, return_when=FIRST_EXCEPTION)
    for job in done:
        job.result()
    return waiting


@dataclass(frozen=True, slots=True)
class _Run:
    """What all parts of one clip have in common."""

    canvas: Canvas
    encoder: str
    cuts: frozenset[int]
    progress: Progress

    def segment(self, free: queue.SimpleQueue[Draw], frames: range, place: int) -> list[Packet]:
        """Draw and encode one part with whichever painter is free; there are as many as threads."""
        draw = free.get_nowait()
        try:
            promised = [number - frames.start for number in (0, self.canvas.frames - 1) if number in frames]
            encoder = open_encoder(self.canvas, self.encoder, exact=promised)
            packets: list[Packet] = []
            for number in frames:
                if self.progress.stop.is_set():
                    raise Abandoned
                packets += encoder.encode(to_frame(draw(number), number, self.cuts))
                self.progress.done[place] += 1
            packets += encoder.encode(None)
        except av.error.FFmpegError as exc:
            raise EngineFailed(f"The video could not be encoded: {exc}.") from exc
        finally:
            free.put(draw)
        del encoder
        _give_back()
        return packets


def _give_back() -> None:
    """Return freed memory to the system: glibc would keep what preparing and an ended encoder took, 60 MB and more."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _mux(path: Path, run: _Run, packets: list[Packet], sound: list[Packet], tags: Mapping[str, str]) -> None:
    with open_mp4(path, tags=tags) as container:
        video = container.add_stream(run.encoder, rate=run.canvas.fps)
        assert isinstance(video, VideoStream)
        configure(video.codec_context, run.canvas, run.encoder)
        audio = add_audio(container)
        container.start_encoding()
        for packet in packets:
            packet.stream = video
            packet.time_base = Fraction(1, run.canvas.fps)
        for packet in sound:
            packet.stream = audio
        write_packets(container, packets, sound)
