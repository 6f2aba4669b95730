"""Hold a worker's job still for a transaction: its lane and itself are locked, if the attempt has it yet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from seedbed.store import jobs, lanes
from seedbed.store.database import Connection
from seedbed.store.jobs import Locked
from seedbed.store.lanes import Lane, lane_of


@asynccontextmanager
async def holding(
    conn: Connection, job_id: str, attempt: int, *, falls_back: bool = False, at: datetime | None
) -> AsyncIterator[Locked | None]:
    """Yield None if the attempt has lost the job: it was cancelled, ended or given to another, or never was.

    With `falls_back` the lane of the job's next engine is locked as well, if it has one.
    """
    known = await jobs.find(conn, job_id)
    if known is None:
        yield None
        return
    async with conn.transaction():
        if falls_back and known.leg + 1 < len(known.route):
            lane = lane_of(known)
            await lanes.lock_both(conn, lane, Lane(lane.account_id, lane.is_live, known.route[known.leg + 1].pool))
        else:
            await lanes.lock(conn, lane_of(known))
        yield await jobs.lock_attempt(conn, job_id, attempt, at=at)
