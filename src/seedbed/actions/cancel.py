"""Stop a job for its owner or an operator: final at once, whatever the worker does; its late bytes are nobody's."""

from __future__ import annotations

from datetime import datetime

from seedbed.actions.ending import end
from seedbed.actions.holding import holding_anybodys
from seedbed.core.errors import NotCancellable, NotFound
from seedbed.core.job import Job, State
from seedbed.core.operators import Act, Operator, job_subject
from seedbed.store import jobs, lanes, notices, operator_log
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
    await _tell(conn, before.job)
    return cancelled


async def cancel_anybodys(conn: Connection, job_id: str, *, by: Operator, at: datetime | None = None) -> Job:
    """Do the same to whoever's job, and write it down. Raises NotFound, NotCancellable, and Unavailable."""
    async with holding_anybodys(conn, job_id, at=at) as before:
        cancelled = await _cancelled(conn, before)
        if not before.job.state.is_final:
            changes = {"was": before.job.state}
            owner = before.job.account_id
            await operator_log.record(
                conn, by, Act.JOB_CANCELLED, job_subject(job_id), account_id=owner, changes=changes, at=at
            )
    await _tell(conn, before.job)
    return cancelled


async def _tell(conn: Connection, before: Job) -> None:
    if before.state is State.PROCESSING:
        await notices.tell_cancel(conn, before.id, before.attempt)
    elif before.state is State.QUEUED:
        await notices.tell_change(conn, before.id)


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
