"""One attempt at a job, from its references to its stored bytes. It moves nothing in the database but what it learned.

Bytes go under the attempt's own key, so whatever becomes of the attempt, they can never be taken for another's.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import structlog

from seedbed.actions.finish import Success
from seedbed.actions.note import note
from seedbed.actions.remember import remember
from seedbed.blobs.store import Blobs
from seedbed.core.engine import Canvas, RenderTask, Stage
from seedbed.core.errors import StageOverran, Unavailable
from seedbed.core.job import Job, Output
from seedbed.core.models import DEFAULT_ASPECT_RATIO
from seedbed.core.result_files import LAST_FRAME, VIDEO, saved_as
from seedbed.core.sizes import AspectRatio, Size, nearest_aspect_ratio, size_of
from seedbed.core.timeline import FPS, frame_count
from seedbed.worker import wire
from seedbed.worker.forcing import force_fetching, force_making
from seedbed.worker.host import EngineHost, OnReport
from seedbed.worker.keeping import keeping
from seedbed.worker.patience import patiently
from seedbed.worker.previewing import previewing
from seedbed.worker.references import Gathered, Sources, gather
from seedbed.worker.stopwatch import Stopwatch

log = structlog.get_logger()

STORE_WAIT_S = 0.5
STORE_WAIT_CAP_S = 10.0


@dataclass(frozen=True, slots=True)
class Bench:
    """What every attempt of a slot works with. `scratch` is a private folder."""

    host: EngineHost
    sources: Sources
    scratch: Path
    store_limit_s: float = 300.0
    engine: str | None = None  # as it is deployed; None: what it calls itself


def bytes_of_attempt(job_id: str, attempt: int) -> str:
    """Return the prefix of all keys that an attempt may write."""
    return f"jobs/{job_id}/{attempt}"


async def make_video(job: Job, bench: Bench, on_report: OnReport) -> Success:
    """Fetch, make, and store. Raises JobFailure; when cancelled, stops the engine first."""
    watch = Stopwatch(on_report)
    watch.report(Stage.FETCHING, 0.0)
    # A killed engine may still write a file while the folder is removed; what is left goes with the worker's own.
    with TemporaryDirectory(prefix="job-", dir=bench.scratch, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        force_fetching(job)
        gathered = await gather(job, folder, bench.sources)
        async with keeping(job, gathered.fetched, bench.sources):
            return await _rendered(job, gathered, folder, bench, watch)


async def _rendered(job: Job, gathered: Gathered, folder: Path, bench: Bench, watch: Stopwatch) -> Success:
    watch.report(Stage.PREPARING, 0.0)
    engine = bench.engine or (await bench.host.warm()).name
    aspect_ratio = _settled_ratio(job, gathered.sizing)
    await patiently(
        bench.sources.pool,
        lambda conn: note(conn, job.id, job.attempt, aspect_ratio=aspect_ratio, engine=engine),
    )
    task = task_of(job, gathered, aspect_ratio)
    last_frame = folder / "last-frame.png" if job.request.wants_last_frame else None
    crashes = await force_making(job, watch.report)
    video = folder / VIDEO
    async with previewing(job, bench.sources.pool, bench.sources.blobs) as on_preview:
        done = await bench.host.make(
            task,
            video,
            watch.report,
            on_preview=on_preview,
            on_remember=lambda memory: _remember(job, memory, bench),
            last_frame=last_frame,
            crashes=crashes,
        )
    watch.report(Stage.STORING, 0.0)
    output = await _store(job, done, video, last_frame, bench)
    return Success(replace(output, spent=watch.spent()), engine, done.shot_plan, done.warnings, done.sent)


def task_of(job: Job, gathered: Gathered, aspect_ratio: AspectRatio) -> RenderTask:
    """Return what an engine is asked for."""
    request = job.request
    return RenderTask(
        request.prompt,
        Canvas(size_of(request.resolution, aspect_ratio), frame_count(request.duration_s), FPS),
        gathered.references,
        request.seed,
        request.wants_audio,
        wants_watermark=request.wants_watermark,
        has_fixed_camera=request.has_fixed_camera,
        model=request.model,
        resolution=request.resolution,
        aspect_ratio=aspect_ratio,
        duration_s=request.duration_s,
        options=request.engine_options or {},
        # The job's id is the capability to its result, so that others are told something that only follows from it.
        ticket=hashlib.sha256(f"{job.id}:{job.leg}".encode()).hexdigest()[:32],
        memory=job.memory,
    )


async def _remember(job: Job, memory: dict[str, Any], bench: Bench) -> bool:
    return await patiently(bench.sources.pool, lambda conn: remember(conn, job.id, job.attempt, memory))


def _settled_ratio(job: Job, sizing: Size | None) -> AspectRatio:
    if job.request.aspect_ratio or job.aspect_ratio:
        return job.request.aspect_ratio or job.aspect_ratio or DEFAULT_ASPECT_RATIO
    if sizing is None:
        return DEFAULT_ASPECT_RATIO
    return nearest_aspect_ratio(sizing, among=job.request.aspect_ratios)


async def _store(job: Job, done: wire.Done, video: Path, last_frame: Path | None, bench: Bench) -> Output:
    prefix = bytes_of_attempt(job.id, job.attempt)
    files = {f"{prefix}/{VIDEO}": video} | ({f"{prefix}/{LAST_FRAME}": last_frame} if last_frame else {})
    try:
        async with asyncio.timeout(bench.store_limit_s):
            await _put(files, prefix, bench.sources.blobs)
    except TimeoutError as exc:
        raise StageOverran(Stage.STORING, limit_s=bench.store_limit_s) from exc
    return Output(
        key=f"{prefix}/{VIDEO}",
        size=done.size,
        frames=done.frames,
        fps=done.fps,
        size_bytes=done.size_bytes,
        sha256=done.sha256,
        last_frame_key=f"{prefix}/{LAST_FRAME}" if last_frame is not None else None,
    )


async def _put(files: Mapping[str, Path], prefix: str, blobs: Blobs) -> None:
    """Store the files, again and again while the store is away: a video that is made is not made again for that."""
    wait_s = STORE_WAIT_S
    while True:
        try:
            for key, path in files.items():
                await blobs.put_file(key, path, name=saved_as(key))
            return
        except Unavailable as exc:
            log.warning("blobs.unreachable", reason=str(exc))
        await asyncio.sleep(wait_s)
        wait_s = min(2 * wait_s, STORE_WAIT_CAP_S)
        # Keys are written once, and what came of the try that failed is unknown.
        with suppress(Unavailable):
            await blobs.delete_prefix(prefix)
