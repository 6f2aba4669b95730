"""Take a job from its worker and put it back into its lane, as an operator wishes: a machine hangs, a model is wrong.

It counts as no failure, its credits stay held, and the worker is told at once, as by a cancel. What that writes late
finds its attempt gone. An order that its engine has sent elsewhere stays open: the next attempt goes on with it.
"""

from __future__ import annotations

from datetime import datetime

from seedbed.actions.ending import requeue as put_back
from seedbed.actions.holding import holding_anybodys
from seedbed.actions.wake import wake
from seedbed.core.errors import WrongState
from seedbed.core.job import Job, State
from seedbed.core.operators import Act, Operator, job_subject
from seedbed.store import job_board, notices, operator_log
from seedbed.store.database import Connection


async def requeue(conn: Connection, job_id: str, *, by: Operator, at: datetime | None = None) -> Job:
    """Return the job, queued. Idempotent: one that is queued already stays as it is, and nothing is recorded.

    Raises NotFound, WrongState if the job is final, and Unavailable.
    """
    async with holding_anybodys(conn, job_id, at=at) as before:
        job = before.job
        if job.state.is_final:
            raise WrongState(job.state, "cannot be queued again; its owner may rerun it")
        if job.state is State.QUEUED:
            return job
        changes = {"attempt": job.attempt, "worker": await job_board.worker_of(conn, job_id)}
        queued = await put_back(conn, job, run_at=before.at, at=before.at)
        await operator_log.record(
            conn, by, Act.JOB_REQUEUED, job_subject(job_id), account_id=job.account_id, changes=changes, at=at
        )
    await notices.tell_cancel(conn, job_id, job.attempt)
    await wake(conn, queued.pool)
    return queued
