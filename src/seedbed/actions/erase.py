"""Erase a final job for its owner: its row, its deliveries and, after the commit, its bytes. Its money stays.

The ledger is never changed, so the account's history adds up without the job. An answer that was stored for an
Idempotency-Key stays too: a create that is sent again makes no second job and costs nothing. The bytes are the caller's
to delete once this has committed; a sweep is noted here, in case the caller dies before it has done so. What was kept
of the job's references goes too, unless another job names it; what its owner has uploaded stays until its time is over.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from seedbed.core.errors import IllegalMove, NotFound
from seedbed.core.job import Job
from seedbed.store import idempotency, jobs, kept_references, lanes, leftovers
from seedbed.store.database import Connection
from seedbed.store.lanes import lane_of


@dataclass(frozen=True, slots=True)
class Erased:
    """The job as it was, and where the bytes are that only this job had kept of its references."""

    job: Job
    kept_keys: tuple[str, ...]


async def erase(conn: Connection, account_id: int, job_id: str, *, is_live: bool, at: datetime | None = None) -> Erased:
    """Erase the job. Its bytes are those under `bytes_of_job(job.id)`, of every attempt, and those of the kept keys.

    Raises NotFound if it is not this account's in this mode, or gone already, and IllegalMove if it is not final:
    cancel it first.
    """
    async with conn.transaction():
        known = await jobs.get(conn, account_id, job_id, is_live=is_live)
        if known:
            await lanes.lock(conn, lane_of(known))
        locked = await jobs.lock(conn, job_id, at=at) if known else None
        if locked is None:
            raise NotFound(f"There is no request '{job_id}'.")
        job = locked.job
        if not job.state.is_final:
            raise IllegalMove(job.state, "erased")
        await idempotency.keep_without_job(conn, job_id)
        if job.attempt:
            await leftovers.leave(conn, job_id, job.attempt, at=locked.at)
        kept = await kept_references.lock_of_job(conn, job_id)
        await jobs.delete(conn, job_id)
        unnamed = await kept_references.drop_unnamed(conn, kept)
    return Erased(job, tuple(asset.blob_key for asset in unnamed))


def bytes_of_job(job_id: str) -> str:
    """Return the prefix of all keys that a job's attempts may have written."""
    return f"jobs/{job_id}"
