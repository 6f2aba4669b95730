"""Keeps what a job's URLs held, beside the making of its video, because addresses expire and reruns come later.

It is never in the way of the job: what cannot be kept is logged, and a finished video waits for it a few seconds at
most. Bytes whose row did not come are swept like those of an upload.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
import structlog

from seedbed.actions.keep_reference import name_known, name_stored
from seedbed.core.errors import JobFailure
from seedbed.core.job import Job
from seedbed.store.assets import ID_PREFIX
from seedbed.store.database import borrow
from seedbed.worker.beside import end
from seedbed.worker.patience import TRANSIENT
from seedbed.worker.references import Fetched, Sources

log = structlog.get_logger()

LAST_WAIT_S = 5.0


@asynccontextmanager
async def keeping(job: Job, fetched: Sequence[Fetched], sources: Sources) -> AsyncIterator[None]:
    """Keep the files beside the block. They must be there, unchanged, until it has ended."""
    if not fetched or not sources.kept_for_s:
        yield
        return
    task = asyncio.create_task(_keep_all(job, fetched, sources))
    try:
        try:
            yield
        except JobFailure:
            await asyncio.wait({task}, timeout=LAST_WAIT_S)  # a job that failed is run again more often than others
            raise
        await asyncio.wait({task}, timeout=LAST_WAIT_S)
    finally:
        if not task.done():
            log.warning("references.not_kept", reason="there was no time left")
        await end(task)


async def _keep_all(job: Job, fetched: Sequence[Fetched], sources: Sources) -> None:
    for one in fetched:
        try:
            await _keep(job, one, sources)
        except (*TRANSIENT, psycopg.Error, OSError) as exc:
            log.warning("references.not_kept", position=one.position, reason=type(exc).__name__)


async def _keep(job: Job, fetched: Fetched, sources: Sources) -> None:
    sha256 = await asyncio.to_thread(_sha256_of, fetched.path)
    async with borrow(sources.pool) as conn:
        if await name_known(conn, job, fetched.position, sha256=sha256, lifetime_s=sources.kept_for_s):
            return
    asset_id = ID_PREFIX + secrets.token_hex(16)
    blob_key = f"assets/{asset_id}"
    await sources.blobs.put_file(blob_key, fetched.path)
    async with borrow(sources.pool) as conn:
        is_used = await name_stored(
            conn,
            job,
            fetched.position,
            asset_id=asset_id,
            blob_key=blob_key,
            probe=fetched.probe,
            sha256=sha256,
            lifetime_s=sources.kept_for_s,
        )
    # Where no answer came the row may stand, so that only a plain no deletes the bytes.
    if not is_used:
        await sources.blobs.delete(blob_key)


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
