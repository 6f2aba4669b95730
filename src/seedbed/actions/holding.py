"""Hold a worker's job still for a transaction: its lane and itself are locked, if the attempt has it yet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from seedbed.store import jobs, lanes
from seedbed.store.database import Connection
from seedbed.store.jobs import Locked
from seedbed.store.lanes import lane_of


@asynccontextmanager
async def holding(conn: Connection, job_id: str, attempt: int, *, at: datetime | None) -> AsyncIterator[Locked | None]:
    """Yield None if the attempt has lost the job: it was cancelled, ended or given to another, or never was."""
    known = await jobs.find(conn, job_id)
    if known is None:
        yield None
        return
    async with conn.transaction():
        await lanes.lock(conn, lane_of(known))
        yield await jobs.lock_attempt(conn, job_id, attempt, at=at)
