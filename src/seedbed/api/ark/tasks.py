"""Create, show and remove a task in the Ark dialect. Source: CONTRACT 2 and 4."""

from __future__ import annotations

import asyncio

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import Response

from seedbed.actions.cancel import cancel
from seedbed.api.ark.bodies import task_body, without_nulls
from seedbed.api.ark.drafts import draft_of
from seedbed.api.ark.fitting import fitted
from seedbed.api.ark.wire import CreatedTask
from seedbed.api.auth import orderer, principal
from seedbed.api.erasing import erase_job
from seedbed.api.idempotency import REPLAYED, claim_of, idempotency_key
from seedbed.api.job_ids import is_job_id
from seedbed.api.native.answers import json_response, raw_json
from seedbed.api.order_body import order_body
from seedbed.api.ordering import Dialect, order_job
from seedbed.api.service import Service
from seedbed.core.ark_offer import DIALECT
from seedbed.core.ark_view import ark_view, job_id_of, task_id_of
from seedbed.core.errors import NotCancellable, NotFound
from seedbed.core.idempotency import json_digest
from seedbed.core.job import Job, State
from seedbed.core.keys import Scope
from seedbed.store import jobs
from seedbed.store.keys import Principal


async def create(service: Service, request: Request) -> Response:
    """Accept a task: it is priced, held, queued and answered in one commit."""
    who = await orderer(service, request)
    idempotency_key(request)  # one that cannot be used is refused before the body is read
    async with order_body(service, request, who) as raw:
        body = await asyncio.to_thread(without_nulls, raw)
        draft = draft_of(task_body(body), offer=service.offer(DIALECT))
        claim = claim_of(request, await asyncio.to_thread(json_digest, body))
        draft = await fitted(service, who, draft, claim)
        ordered = await order_job(service, who, ARK_DIALECT, draft, claim)
        structlog.contextvars.bind_contextvars(job_id=ordered.answer.job_id)
        return raw_json(ordered.answer.body, headers=REPLAYED if ordered.is_replay else {})


async def show(service: Service, request: Request) -> Response:
    """Show a task, whichever dialect it came by."""
    who = await principal(service, request, scope=Scope.READ)
    job = await _get(service, who, _job_id(request))
    return json_response(ark_view(job, base_url=service.settings.base_url))


async def remove(service: Service, request: Request) -> Response:
    """Cancel a task that waits, or erase one that has ended. One that runs, or was cancelled, stays as it is."""
    who = await principal(service, request)
    job = await _get(service, who, _job_id(request))
    match job.state:
        case State.QUEUED:
            async with service.connection() as conn:
                await cancel(conn, who.account_id, job.id, is_live=who.is_live, only_queued=True)
        case State.SUCCEEDED | State.FAILED:
            await _erase(service, who, job)
        case _:
            raise NotCancellable(job.state)
    return json_response({})


async def _erase(service: Service, who: Principal, job: Job) -> None:
    try:
        await erase_job(service, who, job.id)
    except NotFound as exc:  # another request was faster
        raise _no_such_task() from exc


async def _get(service: Service, who: Principal, job_id: str) -> Job:
    async with service.connection() as conn:
        job = await jobs.get(conn, who.account_id, job_id, is_live=who.is_live)
    if job is None:
        raise _no_such_task()
    return job


def _job_id(request: Request) -> str:
    """Raises NotFound for what cannot be the id of a task."""
    job_id = job_id_of(request.path_params["task_id"])
    if not is_job_id(job_id):
        raise _no_such_task()
    structlog.contextvars.bind_contextvars(job_id=job_id)
    return job_id


def _no_such_task() -> NotFound:
    # The same words for another account's task: that it exists is nobody else's business.
    return NotFound("There is no task with this id.", param="id")


def _answer_of(job: Job) -> bytes:
    return msgspec.json.encode(CreatedTask(task_id_of(job.id)))


ARK_DIALECT = Dialect(DIALECT, _answer_of)
