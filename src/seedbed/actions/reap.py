"""Bring back the jobs of silent workers, and end those whose deadline has passed.

Each job is settled in a transaction of its own, in the same order of locks as everywhere, so that a reaper can wait for
nobody who waits for it. It waits last for lanes that somebody holds: who was frozen within a transaction holds one for
seconds, and the jobs of all others are not to wait for that.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from seedbed.actions.ending import end, fail
from seedbed.core.errors import Expired, WorkerLost
from seedbed.core.job import Failure, Job, State
from seedbed.store import lanes, leases, notices
from seedbed.store.database import Connection
from seedbed.store.leases import LockedOverdue, Overdue

BATCH_JOBS = 200
EXPIRED_MESSAGE = "The job was not finished before its deadline (expiresAfter)."
LOST_MESSAGE = "The worker that made this video stopped answering."


@dataclass(frozen=True, slots=True)
class Reaped:
    """How many jobs went which way."""

    retried: int
    lost: int
    expired: int


class _Fate(StrEnum):
    RETRIED = "retried"
    LOST = "lost"
    EXPIRED = "expired"
    SETTLED = "settled"  # by somebody else
    HELD = "held"  # not yet settled: somebody has its lane


async def reap(conn: Connection, *, at: datetime | None = None) -> Reaped:
    """Settle what is overdue, at most one batch. Any number of reapers may run at the same time."""
    found = await leases.overdue(conn, limit=BATCH_JOBS, at=at)
    first = [await _settle(conn, overdue, waits=False, at=at) for overdue in found]
    held = [overdue for overdue, fate in zip(found, first, strict=True) if fate is _Fate.HELD]
    fates = Counter(first + [await _settle(conn, overdue, waits=True, at=at) for overdue in held])
    return Reaped(retried=fates[_Fate.RETRIED], lost=fates[_Fate.LOST], expired=fates[_Fate.EXPIRED])


async def _settle(conn: Connection, overdue: Overdue, *, waits: bool, at: datetime | None) -> _Fate:
    async with conn.transaction():
        if waits:
            await lanes.lock(conn, overdue.lane)
        elif not await lanes.lock_if_free(conn, overdue.lane):
            return _Fate.HELD
        held = await leases.lock_overdue(conn, overdue.job_id, at=at)
        if held is None:
            return _Fate.SETTLED
        after = await _end_or_retry(conn, held)
    if held.job.state is State.PROCESSING:
        await notices.tell_cancel(conn, held.job.id, held.job.attempt)
    if held.has_expired:
        return _Fate.EXPIRED
    return _Fate.LOST if after.state.is_final else _Fate.RETRIED


async def _end_or_retry(conn: Connection, held: LockedOverdue) -> Job:
    if held.has_expired:
        expired = replace(held.job, failure=Failure(Expired.code, EXPIRED_MESSAGE))
        return await end(conn, expired, State.FAILED, at=held.at)
    return await fail(conn, held.job, WorkerLost(LOST_MESSAGE), at=held.at)
