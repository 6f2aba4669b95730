"""Give a job back unfinished, as at a shutdown. It counts as no failure and may be claimed again at once."""

from __future__ import annotations

from datetime import datetime

from seedbed.actions.ending import requeue
from seedbed.store import jobs, lanes
from seedbed.store.database import Connection
from seedbed.store.lanes import lane_of


async def hand_back(conn: Connection, job_id: str, attempt: int, *, at: datetime | None = None) -> bool:
    """False: this attempt has lost the job already, and nothing was changed."""
    known = await jobs.find(conn, job_id)
    if known is None:
        return False
    async with conn.transaction():
        await lanes.lock(conn, lane_of(known))
        held = await jobs.lock_attempt(conn, job_id, attempt, at=at)
        if held is None:
            return False
        await requeue(conn, held.job, at=held.at)
        return True
