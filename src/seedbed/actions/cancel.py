"""Stop a job for its owner: final at once, whatever the worker is doing; its late bytes are nobody's."""

from __future__ import annotations

from datetime import datetime

from seedbed.actions.ending import end
from seedbed.core.errors import NotCancellable, NotFound
from seedbed.core.job import Job, State
from seedbed.store import jobs, lanes, notices
from seedbed.store.database import Connection
from seedbed.store.jobs import Locked
from seedbed.store.lanes import lane_of


async def cancel(
    conn: Connection,
    account_id: int,
    job_id: str,
    *,
    is_live: bool,
    only_queued: bool = False,
    at: datetime | None = None,
) -> Job:
    """Return the cancelled job, with its whole charge given back. Idempotent.

    Raises NotFound if it is not this account's in this mode, and NotCancellable if it has succeeded or failed, or is
    no longer waiting although `only_queued` jobs may be cancelled.
    """
    async with conn.transaction():
        before = await _lock(conn, account_id, job_id, is_live=is_live, at=at)
        if only_queued and before.job.state is not State.QUEUED:
            raise NotCancellable(before.job.state)
        cancelled = await _cancelled(conn, before)
    if before.job.state is State.PROCESSING:
        await notices.tell_cancel(conn, job_id, before.job.attempt)
    elif before.job.state is State.QUEUED:
        await notices.tell_change(conn, job_id)
    return cancelled


async def _lock(conn: Connection, account_id: int, job_id: str, *, is_live: bool, at: datetime | None) -> Locked:
    known = await jobs.get(conn, account_id, job_id, is_live=is_live)
    if known:
        await lanes.lock(conn, lane_of(known))
        locked = await jobs.lock(conn, job_id, at=at)
        if locked:
            return locked
    raise NotFound(f"There is no request '{job_id}'.")


async def _cancelled(conn: Connection, before: Locked) -> Job:
    if before.job.state is State.CANCELLED:
        return before.job
    if before.job.state.is_final:
        raise NotCancellable(before.job.state)
    return await end(conn, before.job, State.CANCELLED, at=before.at)
