"""Hold a job still for a transaction: its lane and itself are locked, for the worker that has it or for an operator."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from seedbed.core.errors import NotFound, Unavailable
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


@asynccontextmanager
async def holding_anybodys(conn: Connection, job_id: str, *, at: datetime | None) -> AsyncIterator[Locked]:
    """Give whoever's job, in whatever state. Raises NotFound, and Unavailable if it changed its lane this moment."""
    known = await jobs.find(conn, job_id)
    if known is None:
        raise NotFound(f"There is no job '{job_id[:80]}'.")
    async with conn.transaction():
        await lanes.lock(conn, lane_of(known))
        locked = await jobs.lock(conn, job_id, at=at)
        if locked is None:
            raise NotFound(f"There is no job '{job_id[:80]}'.")
        if lane_of(locked.job) != lane_of(known):
            raise Unavailable("The job has just gone to its next engine; try again shortly.")
        yield locked
