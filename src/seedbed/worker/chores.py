"""Work that any worker does for the whole service: reaping every few seconds, sweeping and auditing at times.

Plain loops, not tasks of procrastinate: its clock ticks in minutes, and a lease is seconds. Every chore may run in any
number of workers at the same time, because each takes its rows under a lock and passes over those of another.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog

from seedbed.actions.reap import reap
from seedbed.blobs.store import Blobs
from seedbed.core.job import Job
from seedbed.store import assets, idempotency, jobs
from seedbed.store.database import Pool, borrow
from seedbed.worker.attempt import bytes_of_attempt
from seedbed.worker.auditing import TRY_EVERY_S, audit_once
from seedbed.worker.patience import TRANSIENT

log = structlog.get_logger()

REAP_EVERY_S = 2.0
SWEEP_EVERY_S = 86_400.0
FIRST_SWEEP_S = 60.0
# Bytes younger than this may belong to an attempt that is about to be finished.
ORPHAN_AGE = timedelta(days=1)


async def do_chores(pool: Pool, blobs: Blobs) -> None:
    """Reap, sweep and audit until cancelled."""
    async with asyncio.TaskGroup() as group:
        group.create_task(_every(REAP_EVERY_S, lambda: reap_once(pool)))
        group.create_task(_every(SWEEP_EVERY_S, lambda: sweep_once(pool, blobs), first_s=FIRST_SWEEP_S))
        group.create_task(_every(TRY_EVERY_S, lambda: audit_once(pool, blobs), first_s=FIRST_SWEEP_S))


async def reap_once(pool: Pool, *, at: datetime | None = None) -> None:
    async with borrow(pool) as conn:
        reaped = await reap(conn, at=at)
    if reaped.retried or reaped.lost or reaped.expired:
        log.info("jobs.reaped", retried=reaped.retried, lost=reaped.lost, expired=reaped.expired)


async def sweep_once(pool: Pool, blobs: Blobs, *, at: datetime | None = None) -> None:
    """Delete what nobody can use any more: old uploads, old answers, and bytes that no job names."""
    swept_assets = await _sweep_assets(pool, blobs, at=at)
    async with borrow(pool) as conn:
        swept_answers = await idempotency.sweep(conn, at=at)
    swept_bytes = await _sweep_orphans(pool, blobs, before=(at or datetime.now(UTC)) - ORPHAN_AGE)
    log.info("store.swept", assets=swept_assets, answers=swept_answers, attempts=swept_bytes)


async def _every(period_s: float, chore: Callable[[], Awaitable[None]], *, first_s: float = 0.0) -> None:
    await asyncio.sleep(first_s * random.uniform(0.5, 1.5))
    while True:
        try:
            await chore()
        except TRANSIENT as exc:
            log.warning("chore.postponed", reason=type(exc).__name__)
        except Exception:
            log.exception("chore.failed")
        await asyncio.sleep(period_s * random.uniform(0.75, 1.25))


async def _sweep_assets(pool: Pool, blobs: Blobs, *, at: datetime | None) -> int:
    swept = 0
    while True:
        async with borrow(pool) as conn:
            expired = await assets.take_expired(conn, at=at)
        for asset in expired:
            await blobs.delete(asset.blob_key)
        swept += len(expired)
        if not expired:
            return swept


async def _sweep_orphans(pool: Pool, blobs: Blobs, *, before: datetime) -> int:
    """Delete attempts' bytes that a killed worker left behind, and return how many attempts that were."""
    orphans = set()
    async for entry in blobs.entries("jobs"):
        job_id, attempt = entry.key.split("/")[1:3]
        prefix = bytes_of_attempt(job_id, int(attempt))
        if entry.modified_at < before and prefix not in orphans:
            async with borrow(pool) as conn:
                job = await jobs.find(conn, job_id)
            if not _needs(job, prefix):
                orphans.add(prefix)
    for prefix in orphans:
        await blobs.delete_prefix(prefix)
    return len(orphans)


def _needs(job: Job | None, prefix: str) -> bool:
    """Whether the job's result is under that prefix, or may yet come to be."""
    if job is None:
        return False
    if job.output is not None:
        return job.output.key.startswith(prefix + "/")
    return not job.state.is_final and prefix == bytes_of_attempt(job.id, job.attempt)
