"""Mend what an audit found, as far as a program may. Every repair judges anew, under the locks that its kind asks for.

So a finding that is out of date does no harm, and a repair may be done twice. Money is never touched here, except that
a job which workers should have ended is ended as they would.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from seedbed.actions.reap import reap
from seedbed.blobs.store import Blobs
from seedbed.blobs.unfinished import is_unfinished
from seedbed.core.audit import Finding, Kind
from seedbed.core.job import Job
from seedbed.store import assets, deliveries, jobs, lanes
from seedbed.store import audit as rows
from seedbed.store.database import Connection
from seedbed.store.lanes import lane_of

OVERDUE = frozenset({Kind.LEASE_OVERDUE, Kind.DEADLINE_OVERDUE})


async def repair(conn: Connection, blobs: Blobs, findings: Iterable[Finding], *, at: datetime | None = None) -> None:
    """Mend the findings that can be. Look again afterwards to see what is left."""
    found = list(findings)
    kinds = {finding.kind for finding in found}
    if Kind.LANE_MISCOUNTED in kinds:
        await rows.recount_lanes(conn)
    if Kind.LIST_MISCOUNTED in kinds:
        await rows.recount_lists(conn)
    if kinds & OVERDUE:
        await _reap_all(conn, at=at)
    for finding in found:
        match finding.kind:
            case Kind.ASSET_PINNED:
                await _unpin(conn, finding.subject)
            case Kind.DELIVERY_MISSING:
                await _tell(conn, finding.subject, at=at)
            case Kind.DELIVERY_UNSCHEDULED:
                await _schedule(conn, finding.subject)
            case Kind.BYTES_ORPHANED:
                await _delete(conn, blobs, finding.subject)
            case _:
                pass


async def _reap_all(conn: Connection, *, at: datetime | None) -> None:
    while True:
        reaped = await reap(conn, at=at)
        if not reaped.retried + reaped.lost + reaped.expired:
            return


async def _unpin(conn: Connection, job_id: str) -> None:
    job = await jobs.find(conn, job_id)
    if job is not None and job.state.is_final:  # and stays so
        await assets.unpin(conn, job_id)


async def _tell(conn: Connection, job_id: str, *, at: datetime | None) -> None:
    known = await jobs.find(conn, job_id)
    if known is None:
        return
    async with conn.transaction():
        await lanes.lock(conn, lane_of(known))
        locked = await jobs.lock(conn, job_id, at=at)
        if locked is None or not locked.job.state.is_final or not locked.job.request.webhook_url:
            return
        told = await deliveries.of_job(conn, job_id)
        if all(delivery.event is not locked.job.state for delivery in told):
            await deliveries.enqueue(conn, locked.job, locked.job.request.webhook_url, at=locked.at)


async def _schedule(conn: Connection, delivery_id: str) -> None:
    async with conn.transaction():
        due_at = await rows.lock_unscheduled(conn, delivery_id)
        if due_at is not None:
            await deliveries.schedule(conn, delivery_id, due_at)


async def _delete(conn: Connection, blobs: Blobs, key: str) -> None:
    """Delete bytes unless something has come to need them. A key is never named again once its attempt is over."""
    if is_unfinished(key):
        await blobs.delete_unfinished(key)
    elif not await _is_wanted(conn, key):
        await blobs.delete(key)


async def _is_wanted(conn: Connection, key: str) -> bool:
    if await rows.is_named(conn, key):
        return True
    place, job_id, *rest = [*key.split("/"), ""]
    job = await jobs.find(conn, job_id) if place == "jobs" else None
    return job is not None and _needs(job, f"{place}/{job_id}/{rest[0]}")


def _needs(job: Job, prefix: str) -> bool:
    if job.output is not None:
        return job.output.key.startswith(prefix + "/")
    return not job.state.is_final and prefix == f"jobs/{job.id}/{job.attempt}"
