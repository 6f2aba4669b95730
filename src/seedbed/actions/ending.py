"""What every end of a job has in common: the lane, the money, the pins and the webhook, in the commit of the move.

Call these with the job's lane and the job itself locked, inside the transaction of the action.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from seedbed.actions.telling import tell
from seedbed.core.credits import TransferKind
from seedbed.core.errors import JobFailure
from seedbed.core.fairness import correction_ms
from seedbed.core.job import Failure, Job, State, Try, move
from seedbed.core.retry import after_failure
from seedbed.core.webhooks import StopReason, address_of, switched_off_warning
from seedbed.store import assets, deliveries, endpoints, jobs, lanes, ledger, leftovers
from seedbed.store.database import Connection
from seedbed.store.lanes import lane_of


async def end(conn: Connection, job: Job, to: State, *, at: datetime) -> Job:
    """Make an open job final: the lane is free, the hold resolved, and the webhook is on its way.

    Raises IllegalMove if the job is final already.
    """
    job, stopped_because = await _warned(conn, job)
    ended = await jobs.settle(conn, move(job, to, at=at))
    if job.state is State.PROCESSING and to is not State.SUCCEEDED:
        await leftovers.leave(conn, job.id, job.attempt, at=at)
    await lanes.change(conn, lane_of(job), **_leaving(job, at=at))
    await ledger.resolve(conn, ended, TransferKind.CAPTURE if to is State.SUCCEEDED else TransferKind.RELEASE, at=at)
    await assets.unpin(conn, job.id)
    if job.request.webhook_url:
        await deliveries.enqueue(conn, ended, job.request.webhook_url, stopped_because=stopped_because, at=at)
    return ended


async def fail(conn: Connection, job: Job, failure: JobFailure, *, at: datetime) -> Job:
    """Count a failure of a processing job: it goes to its next engine, waits to be tried again, or has failed for good.

    The lane of the next engine must be locked if the failure may fall back.
    """
    engine = job.route[job.leg].engine if job.route else job.engine or ""
    failed = replace(job, tried=(*job.tried, Try(engine, failure.code, at)))
    again = after_failure(job, failure)
    if again is None:
        counted = replace(failed, failures=job.failures + 1, kills=job.kills + failure.costs_child)
        return await end(conn, replace(counted, failure=Failure(failure.code, str(failure))), State.FAILED, at=at)
    counted = replace(failed, failures=again.failures, kills=again.kills)
    if again.leg == job.leg:
        return await requeue(conn, counted, run_at=at + again.wait, at=at)
    return await _fall_back(conn, job, counted, again.leg, at=at)


async def _fall_back(conn: Connection, before: Job, counted: Job, leg: int, *, at: datetime) -> Job:
    """Put the job into the lane of another engine. What the one before remembered is not that one's."""
    following = replace(counted, leg=leg, pool=counted.route[leg].pool, memory=None, engine=None)
    await lanes.cross(conn, lane_of(following))
    queued = await jobs.settle(conn, move(following, State.QUEUED, at=at), run_at=at)
    await leftovers.leave(conn, before.id, before.attempt, at=at)
    await lanes.change(conn, lane_of(before), **_leaving(before, at=at))
    await tell(conn, queued, at=at)
    return queued


async def requeue(conn: Connection, job: Job, *, run_at: datetime | None = None, at: datetime) -> Job:
    """Put a processing job back into its lane, not to be claimed before `run_at`. Its credits stay held."""
    queued = await jobs.settle(conn, move(job, State.QUEUED, at=at), run_at=run_at)
    await leftovers.leave(conn, job.id, job.attempt, at=at)
    await lanes.change(conn, lane_of(job), queued=+1, **_leaving(job, at=at))
    await tell(conn, queued, at=at)
    return queued


async def _warned(conn: Connection, job: Job) -> tuple[Job, StopReason | None]:
    """Return the job, with a warning if its webhook's address is switched off, and why it is."""
    url = job.request.webhook_url
    if not url:
        return job, None
    reason = await endpoints.stop_reason(conn, job.account_id, address_of(url), is_live=job.is_live)
    return (replace(job, warnings=(*job.warnings, switched_off_warning(reason))) if reason else job), reason


def _leaving(job: Job, *, at: datetime) -> dict[str, int]:
    """What changes in the lane of a job that leaves its state. A running one is charged for what it really took."""
    if job.state is State.QUEUED:
        return {"queued": -1}
    took = at - job.claimed_at if job.claimed_at else timedelta(milliseconds=job.estimate_ms)
    return {"running": -1, "engine_ms": correction_ms(estimate_ms=job.estimate_ms, took=took)}
