"""Stores what an engine shows of the video it is making, one small picture in the place of the one before.

It is never in the way of the job: a picture that cannot be stored is logged and forgotten. The attempt's other bytes
are written once; this one's key is the exception, and what is under it goes when the engine has done its work.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from seedbed.actions.note import note
from seedbed.blobs.store import Blobs
from seedbed.core.job import Job, preview_key
from seedbed.store.database import Pool, borrow
from seedbed.worker.beside import end
from seedbed.worker.host import OnPreview
from seedbed.worker.patience import TRANSIENT

log = structlog.get_logger()

# The engine has read strangers' files, so what it shows is taken for a picture only if it begins like a JPEG.
JPEG = b"\xff\xd8\xff"
MAX_BYTES = 200_000
LAST_WAIT_S = 2.0


@asynccontextmanager
async def previewing(job: Job, pool: Pool, blobs: Blobs) -> AsyncIterator[OnPreview]:
    """Give what takes a preview, from the event loop's thread. It returns at once."""
    shown = _Shown(job, pool, blobs)
    task = asyncio.create_task(shown.store())
    try:
        yield shown.take
        # A write that is cancelled half-way may still come to be, and would then outlive the attempt.
        shown.take(None)
        await asyncio.wait({task}, timeout=LAST_WAIT_S)
    finally:
        await end(task)
    await shown.forget()  # of an attempt that failed everything goes


class _Shown:
    def __init__(self, job: Job, pool: Pool, blobs: Blobs) -> None:
        self._job = job
        self._pool = pool
        self._blobs = blobs
        self._latest: bytes | None = None
        self._news = asyncio.Event()
        self._has_stored = False
        self._is_told = False

    def take(self, preview: bytes | None) -> None:
        """Store this one next, whatever waits. None: there will be no more."""
        if preview is None or (preview.startswith(JPEG) and len(preview) <= MAX_BYTES):
            self._latest = preview
            self._news.set()

    async def store(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            if self._latest is None:
                return
            try:
                await self._put(self._latest)
            except TRANSIENT as exc:
                log.warning("preview.not_stored", reason=type(exc).__name__)

    async def forget(self) -> None:
        """Delete the picture, if there is one."""
        if not self._has_stored:
            return
        try:
            await self._blobs.delete(preview_key(self._job))
        except TRANSIENT as exc:
            log.warning("preview.left", reason=type(exc).__name__)

    async def _put(self, preview: bytes) -> None:
        self._has_stored = True
        await self._blobs.put_changing(preview_key(self._job), preview)
        if not self._is_told:
            async with borrow(self._pool) as conn:
                await note(conn, self._job.id, self._job.attempt, has_preview=True)
            self._is_told = True
