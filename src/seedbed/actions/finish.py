"""End a worker's attempt: the video is stored, or it failed. Money, lane and webhook go in the commit of the move."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from seedbed.actions.ending import end, fail
from seedbed.actions.holding import holding
from seedbed.actions.wake import wake
from seedbed.core.errors import JobFailure
from seedbed.core.job import Job, Output, State
from seedbed.store import notices
from seedbed.store.database import Connection


@dataclass(frozen=True, slots=True)
class Success:
    """The bytes are already in the blob store, under the attempt's own key, which `output` names."""

    output: Output
    engine: str
    shot_plan: dict[str, Any] | None = None
    warnings: tuple[str, ...] = field(default=())
    sent: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """The job as it is now: final, or queued again if the failure may pass and its budget is not spent."""

    job: Job


async def finish(
    conn: Connection, job_id: str, attempt: int, outcome: Success | JobFailure, *, at: datetime | None = None
) -> Finished | None:
    """Return the job's new state, or None if this attempt has lost it: then nothing was changed."""
    falls_back = isinstance(outcome, JobFailure) and outcome.may_fall_back
    async with holding(conn, job_id, attempt, falls_back=falls_back, at=at) as held:
        if held is None:
            return None
        if isinstance(outcome, JobFailure):
            job = await fail(conn, held.job, outcome, at=held.at)
        else:
            job = await end(conn, _with_result(held.job, outcome), State.SUCCEEDED, at=held.at)
    await notices.tell_change(conn, job_id)
    if job.leg != held.job.leg:
        await wake(conn, job.pool)
    return Finished(job)


def _with_result(job: Job, success: Success) -> Job:
    return replace(
        job,
        output=success.output,
        engine=success.engine,
        shot_plan=success.shot_plan or job.shot_plan,
        sent=success.sent,
        warnings=tuple(dict.fromkeys(job.warnings + success.warnings)),
    )
