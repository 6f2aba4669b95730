"""Give a job back unfinished, as at a shutdown. It counts as no failure and may be claimed again at once."""

from __future__ import annotations

from datetime import datetime

from seedbed.actions.ending import requeue
from seedbed.actions.holding import holding
from seedbed.store import notices
from seedbed.store.database import Connection


async def hand_back(conn: Connection, job_id: str, attempt: int, *, at: datetime | None = None) -> bool:
    """False: this attempt has lost the job already, and nothing was changed."""
    async with holding(conn, job_id, attempt, at=at) as held:
        if held is None:
            return False
        await requeue(conn, held.job, at=held.at)
    await notices.tell_change(conn, job_id)
    return True
