"""The embedded engine: a picture is moved as a camera and the weather would move it. No diffusion, no GPU.

`make` works in threads of its own and only watches from the calling one, so that `report` is called every few
hundredths of a second and a `Stop` ends the work within one frame, or within the subject network's single run (0.3 s).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import TypeVar

import cv2

from seedbed.core.engine import Capabilities, Made, RenderTask, Report, Stage, marks
from seedbed.core.references import Kind, Role
from seedbed.core.shotplan.plan import to_json
from seedbed.engines.animatic.encode import Abandoned, encode, workers_for
from seedbed.engines.animatic.planes import Planes, to_rgb
from seedbed.engines.animatic.production import prepare
from seedbed.engines.animatic.subject import SubjectFinder

T = TypeVar("T")

NAME = "animatic"
_IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
# A photograph and drawn weather, none of it from a trained generator: a composite. A slate is drawn by rules alone.
PICTURE_SOURCE_TYPE = _IPTC + "composite"
SLATE_SOURCE_TYPE = _IPTC + "algorithmicMedia"

_POLL_S = 0.04
_PREVIEW_SIDE_PX = 320
_PREVIEWS_AT = (0.0, 0.33, 0.66)


class Animatic:
    """One make at a time. The subject network's weights are read at the first picture and kept."""

    def __init__(self, *, threads: int | None = None) -> None:
        """`threads`: at most so many draw and encode at a time; None = as many as OpenCV may use."""
        self._threads = threads
        self._finder: SubjectFinder | None = None

    def describe(self) -> Capabilities:
        return Capabilities(
            name=NAME,
            description=(
                "Moves the given picture as a camera and the weather would (an animatic, not diffusion). "
                "Without a picture it draws a storyboard slate. "
                "Further pictures lend their palette, a reference video the path of its camera. "
                "A reference sound becomes the sound track and its beats move the picture; otherwise it makes ambience."
            ),
            roles=frozenset(Role),
            makes_audio=True,
            digital_source_type=PICTURE_SOURCE_TYPE,
            draws_watermark=True,
        )

    def make(self, task: RenderTask, out: Path, report: Report) -> Made:
        """Make the clip at `out`. Raises Stop (from `report`), MediaFailure, EngineFailed."""
        if isinstance(self._finder, SubjectFinder) and any(r.kind is Kind.IMAGE for r in task.references):
            self._finder.expect()
        production = _while_reporting(lambda keep_on: prepare(task, self._network, keep_on=keep_on), report)
        workers = workers_for(task.canvas, self._threads or cv2.getNumThreads())
        painters = [production.film.painter() for _ in range(workers)]
        previews = _Previews(task.canvas.frames)
        source_type = SLATE_SOURCE_TYPE if production.kind == "slate" else PICTURE_SOURCE_TYPE
        threads_before = cv2.getNumThreads()
        cv2.setNumThreads(1)  # each painter has its own thread; more inside of them would only fight
        try:
            encode(
                out,
                task.canvas,
                [previews.overlook(paint) for paint in painters],
                sound=production.sound.samples,
                sound_is_noise=production.sound.is_noise,
                tags=marks(NAME, source_type) | {"comment": f"Made by Seedbed with engine {NAME}"},
                cuts=production.film.cuts,
                watch=lambda done: report(Stage.RENDERING, done / task.canvas.frames, preview=previews.take()),
                poll_s=_POLL_S,
            )
        finally:
            cv2.setNumThreads(threads_before)
        return Made(
            path=out,
            shot_plan=to_json(production.plan, duration_s=task.canvas.duration_s)
            | {"kind": production.kind, "sound": production.sound.told}
            | ({"camera": production.camera} if production.camera else {}),
            warnings=production.warnings,
            digital_source_type=source_type,
        )

    def _network(self) -> SubjectFinder:
        self._finder = self._finder or SubjectFinder()
        return self._finder


def _while_reporting(work: Callable[[Callable[[], None]], T], report: Report) -> T:
    """Run `work` in a thread and report PREPARING until it is done. A Stop waits for the thread, then passes.

    `work` is handed what it should call often, and what raises in it once nobody wants the result.
    """
    stop = threading.Event()

    def keep_on() -> None:
        if stop.is_set():
            raise Abandoned

    with ThreadPoolExecutor(1, thread_name_prefix="animatic") as pool:
        job = pool.submit(work, keep_on)
        rounds = 0
        try:
            while True:
                rounds += 1
                # How long it takes is not known, so the fraction only ever approaches the end.
                report(Stage.PREPARING, 1 - 0.9**rounds)
                if wait([job], timeout=_POLL_S).done:
                    return job.result()
        finally:
            stop.set()


class _Previews:
    """Catches a few frames on their way to the encoder and turns each into a small JPEG."""

    def __init__(self, frames: int) -> None:
        self._wanted = {int(share * (frames - 1)) for share in _PREVIEWS_AT}
        self._lock = threading.Lock()
        self._latest: bytes | None = None

    def overlook(self, paint: Callable[[int], Planes]) -> Callable[[int], Planes]:
        def painted(frame: int) -> Planes:
            planes = paint(frame)
            if frame in self._wanted:
                preview = thumbnail(planes)
                with self._lock:
                    self._latest = preview
            return planes

        return painted

    def take(self) -> bytes | None:
        """Return the newest preview that was not taken yet."""
        with self._lock:
            latest, self._latest = self._latest, None
            return latest


def thumbnail(planes: Planes) -> bytes:
    """Return a JPEG whose longer side is at most 320 px."""
    height, width = planes.y.shape
    scale = min(1.0, _PREVIEW_SIDE_PX / max(height, width))
    size = (max(2, round(width * scale)), max(2, round(height * scale)))
    small = cv2.resize(to_rgb(planes), size, interpolation=cv2.INTER_AREA)
    _, jpeg = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 80])
    return jpeg.tobytes()
