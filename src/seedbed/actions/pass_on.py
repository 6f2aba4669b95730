"""Give queued jobs to the next engine of their route where nobody serves the one that they wait for."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from seedbed.core.errors import EngineUnavailable
from seedbed.core.job import Job, State, Try
from seedbed.core.remote_order import is_open
from seedbed.core.retry import PASS_ON_AFTER_S, PASS_ON_FROM_FLEET_S
from seedbed.store import jobs, lanes, notices
from seedbed.store.database import Connection
from seedbed.store.lanes import Lane, lane_of
from seedbed.store.stranded import Stranded, stranded

BATCH_JOBS = 100


async def pass_on(conn: Connection, *, at: datetime | None = None) -> int:
    """Move what has waited long enough, at most one batch, and return how many that were. Moves no credits."""
    moved = [
        job
        for each in await stranded(
            conn, after_s=PASS_ON_AFTER_S, kept_after_s=PASS_ON_FROM_FLEET_S, limit=BATCH_JOBS, at=at
        )
        if (job := await _move(conn, each, at=at)) is not None
    ]
    for pool in {job.pool for job in moved}:
        await notices.tell_work(conn, pool)
    for job in moved:
        await notices.tell_change(conn, job.id)
    return len(moved)


async def _move(conn: Connection, seen: Stranded, *, at: datetime | None) -> Job | None:
    async with conn.transaction():
        lane = seen.lane
        await lanes.lock_both(conn, lane, Lane(lane.account_id, lane.is_live, seen.next_pool))
        locked = await jobs.lock(conn, seen.job_id, at=at)
        if locked is None or locked.job.state is not State.QUEUED or lane_of(locked.job) != lane:
            return None
        if is_open(locked.job.memory):  # its engine alone can find out what became of what it ordered
            return None
        job = locked.job
        tried = (*job.tried, Try(job.route[job.leg].engine, EngineUnavailable.code, locked.at))
        following = replace(job, leg=job.leg + 1, pool=seen.next_pool, tried=tried, memory=None, failures=0, kills=0)
        await lanes.cross(conn, lane_of(following))
        moved = await jobs.settle(conn, following)
        await lanes.change(conn, lane, queued=-1)
        return moved
