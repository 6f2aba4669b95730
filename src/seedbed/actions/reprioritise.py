"""Give a job that waits another priority, as an operator wishes, and with it another place in its lane."""

from __future__ import annotations

from datetime import datetime

from seedbed.actions.holding import holding_anybodys
from seedbed.core.errors import InvalidRequest, WrongState
from seedbed.core.job import Job, State
from seedbed.core.operators import Act, Operator, job_subject
from seedbed.core.request import MAX_PRIORITY
from seedbed.store import jobs, notices, operator_log
from seedbed.store.database import Connection


async def reprioritise(
    conn: Connection, job_id: str, priority: int, *, by: Operator, at: datetime | None = None
) -> Job:
    """Return the job. Idempotent: what changes nothing is not recorded. The request keeps what its owner asked for.

    Raises NotFound, InvalidRequest, WrongState if the job does not wait any more, and Unavailable.
    """
    if priority not in range(MAX_PRIORITY + 1):
        raise InvalidRequest(f"priority must be a whole number from 0 to {MAX_PRIORITY}.", param="priority")
    async with holding_anybodys(conn, job_id, at=at) as before:
        job = before.job
        if job.state is not State.QUEUED:
            raise WrongState(job.state, "has no place in a queue any more")
        was = await jobs.rerank(conn, job, priority=priority)
        if was is not None:
            changes = {"before": was, "after": priority}
            await operator_log.record(
                conn, by, Act.JOB_REPRIORITISED, job_subject(job_id), account_id=job.account_id, changes=changes, at=at
            )
    if was is not None:
        await notices.tell_change(conn, job_id)
    return job
