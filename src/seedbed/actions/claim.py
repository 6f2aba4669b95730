"""Give a worker the job whose turn it is, under a lease and a new attempt number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from seedbed.actions.telling import tell
from seedbed.core.job import Job
from seedbed.store import lanes, leases, notices
from seedbed.store.database import Connection
from seedbed.store.lanes import Lane

MAX_ROUNDS = 10  # each lost one means that another worker got a job


@dataclass(frozen=True, slots=True)
class Claim:
    """`job.attempt` is the fence: name it in everything that is written from now on."""

    job: Job
    lease_s: float


async def claim(
    conn: Connection, *, pools: Sequence[str], worker: str, lease_s: float, at: datetime | None = None
) -> Claim | None:
    """Return a job, now `processing`, or None if no lane of these pools has a due job and a place to run it.

    Lanes that others hold are passed over at first. Only if nothing else is left are they waited for, one lane a
    transaction (two would be a deadlock's beginning), so that no worker goes to sleep while there is work.
    """
    async with conn.transaction():
        lane = await lanes.lock_next_free(conn, pools, at=at)
        claimed = await _take(conn, lane, worker=worker, lease_s=lease_s, at=at)
    for _ in range(MAX_ROUNDS):
        if claimed:
            break
        ready = await lanes.next_ready(conn, pools, at=at)
        if ready is None:
            return None
        async with conn.transaction():
            lane = await lanes.lock_if_ready(conn, ready)
            claimed = await _take(conn, lane, worker=worker, lease_s=lease_s, at=at)
    if claimed:
        await notices.tell_change(conn, claimed.job.id)
    return claimed


async def _take(
    conn: Connection, lane: Lane | None, *, worker: str, lease_s: float, at: datetime | None
) -> Claim | None:
    job = await leases.take(conn, lane, worker=worker, lease_s=lease_s, at=at) if lane else None
    if lane is None or job is None:
        return None
    await lanes.start_one(conn, lane, estimate_ms=job.estimate_ms)
    await tell(conn, job, at=job.claimed_at)
    return Claim(job, lease_s)
