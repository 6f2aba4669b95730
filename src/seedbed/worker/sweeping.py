"""Deletes what nobody can use any more: old uploads, answers and sessions, and bytes that no job names.

An attempt that has lost its job can never be finished: attempts only grow, and final states stay. So its bytes may be
deleted by anybody at any moment, without a look at the clock. What a frozen worker stores after such a sweep it deletes
itself, when its finish is refused; if it is killed before it can, the next sweep finds it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import structlog

from seedbed.blobs.store import BlobEntry, Blobs
from seedbed.core.errors import Unavailable
from seedbed.core.job import Job, State
from seedbed.store import assets, idempotency, jobs, leftovers, sessions, stored
from seedbed.store.database import Pool, borrow
from seedbed.store.leftovers import Leftover
from seedbed.worker.attempt import bytes_of_attempt

log = structlog.get_logger()

BATCH = 100
ANSWERS = 1000  # in one transaction: a busy service has millions a day
AT_ONCE = 8
# Bytes of a job that is in no row may be another service's, if two share a bucket by mistake: time to notice it.
UNKNOWN_AGE = timedelta(days=1)


async def sweep_leftovers(pool: Pool, blobs: Blobs, *, at: datetime | None = None) -> int:
    """Delete the bytes of attempts that lost their jobs a while ago, and return how many attempts that were."""
    swept = 0
    while True:
        async with borrow(pool) as conn:
            due = await leftovers.take_due(conn, limit=BATCH, at=at)
        gone = await _delete_all(due, blobs)
        async with borrow(pool) as conn:
            await leftovers.swept(conn, gone, at=at)
        swept += len(gone)
        if len(gone) < BATCH:
            return swept


async def sweep_once(pool: Pool, blobs: Blobs, *, at: datetime | None = None) -> None:
    """Delete everything that nobody can use, for which the whole store is read."""
    swept_attempts = await sweep_leftovers(pool, blobs, at=at)
    swept_assets = await _sweep_assets(pool, blobs, at=at)
    swept_assets += await _sweep_uploads_without_a_row(pool, blobs, at=at or datetime.now(UTC))
    swept_answers = await _sweep_answers(pool, at=at)
    async with borrow(pool) as conn:
        await sessions.sweep(conn, at=at)
    swept_attempts += await _sweep_orphans(pool, blobs, at=at or datetime.now(UTC))
    swept_parts = await _sweep_unfinished(blobs, at=at or datetime.now(UTC))
    log.info("store.swept", assets=swept_assets, answers=swept_answers, attempts=swept_attempts, parts=swept_parts)


async def _delete_all(due: list[Leftover], blobs: Blobs) -> list[Leftover]:
    """Return those whose bytes are gone. The others come again."""
    places = asyncio.Semaphore(AT_ONCE)

    async def delete(left: Leftover) -> Leftover | None:
        async with places:
            try:
                await blobs.delete_prefix(bytes_of_attempt(left.job_id, left.attempt))
            except Unavailable:
                return None
        return left

    return [left for left in await asyncio.gather(*map(delete, due)) if left]


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


async def _sweep_answers(pool: Pool, *, at: datetime | None) -> int:
    swept = 0
    while True:
        async with borrow(pool) as conn:
            gone = await idempotency.sweep(conn, at=at, limit=ANSWERS)
        swept += gone
        if gone < ANSWERS:
            return swept


async def _sweep_uploads_without_a_row(pool: Pool, blobs: Blobs, *, at: datetime) -> int:
    """Delete the bytes of uploads that were stored and never written down: their process died in between."""
    entries = _counted(pool, "assets", blobs.entries("assets"))
    old = [entry.key async for entry in entries if at - entry.modified_at > UNKNOWN_AGE]
    swept = 0
    for start in range(0, len(old), BATCH):
        keys = {key.rpartition("/")[2]: key for key in old[start : start + BATCH]}
        async with borrow(pool) as conn:
            known = await assets.known(conn, list(keys))
        for asset_id in keys.keys() - known:
            await blobs.delete(keys[asset_id])
            swept += 1
    return swept


async def _sweep_orphans(pool: Pool, blobs: Blobs, *, at: datetime) -> int:
    """Read the whole store, delete the bytes of attempts that no job needs, and return how many attempts that were.

    The bytes are listed before the job is looked at, so that a job can only have moved on since.
    """
    orphans, judged = set[str](), ""
    async for entry in _counted(pool, "jobs", blobs.entries("jobs")):
        job_id, attempt = entry.key.split("/")[1:3]
        prefix = bytes_of_attempt(job_id, int(attempt))
        if prefix != judged:  # what an attempt stored is listed together, so that a whole store need not be remembered
            judged = prefix
            async with borrow(pool) as conn:
                job = await jobs.find(conn, job_id)
            if is_orphan(job, int(attempt), age=at - entry.modified_at):
                orphans.add(prefix)
    for prefix in orphans:
        await blobs.delete_prefix(prefix)
    return len(orphans)


async def _counted(pool: Pool, part: str, entries: AsyncIterator[BlobEntry]) -> AsyncIterator[BlobEntry]:
    """Pass the entries on, and write down how many there were: whoever asks how much is stored reads no bucket."""
    files = size_bytes = 0
    async for entry in entries:
        files += 1
        size_bytes += entry.size_bytes
        yield entry
    async with borrow(pool) as conn:
        await stored.tell(conn, part, files=files, size_bytes=size_bytes)


async def _sweep_unfinished(blobs: Blobs, *, at: datetime) -> int:
    """Delete files that a killed process left half written. An upload that still goes on is far younger."""
    old = [entry for entry in await blobs.unfinished() if at - entry.modified_at > UNKNOWN_AGE]
    for entry in old:
        await blobs.delete_unfinished(entry.key)
    return len(old)


def is_orphan(job: Job | None, attempt: int, *, age: timedelta) -> bool:
    """Whether no result is under that attempt's key, nor can ever come to be."""
    if job is None:
        return age > UNKNOWN_AGE
    if job.output is not None:
        return not job.output.key.startswith(bytes_of_attempt(job.id, attempt) + "/")
    return not (job.state is State.PROCESSING and attempt >= job.attempt)
