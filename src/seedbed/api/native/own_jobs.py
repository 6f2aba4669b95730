"""Finds the job that a path names, among those of the key's account and mode."""

from __future__ import annotations

import structlog
from starlette.requests import Request

from seedbed.api.job_ids import is_job_id
from seedbed.api.service import Service
from seedbed.core.errors import InvalidRequest, NotFound
from seedbed.core.job import Job
from seedbed.store import jobs
from seedbed.store.keys import Principal


def job_id_of(request: Request) -> str:
    """Raises NotFound for what cannot be the id of a job."""
    job_id: str = request.path_params["job_id"]
    if not is_job_id(job_id):
        raise _no_such_job()
    structlog.contextvars.bind_contextvars(job_id=job_id)
    return job_id


def asked_job_id(request: Request) -> str | None:
    """Return the `requestId` that a list is narrowed to. Raises InvalidRequest for what cannot be one."""
    said = request.query_params.get("requestId")
    if said is not None and not is_job_id(said):
        raise InvalidRequest("requestId must be req_ and 32 hexadecimal digits.", param="requestId")
    return said


async def own_job(service: Service, who: Principal, job_id: str) -> Job:
    """Raises NotFound."""
    async with service.connection() as conn:
        job = await jobs.get(conn, who.account_id, job_id, is_live=who.is_live)
    if job is None:
        raise _no_such_job()
    return job


def _no_such_job() -> NotFound:
    # The same words for another account's job: that it exists is nobody else's business.
    return NotFound("There is no generation with this requestId.")
