"""Create, show and cancel a generation in the native dialect. Source: CONTRACT 1.2, 1.4, 1.5."""

from __future__ import annotations

import asyncio
from functools import partial

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import Response

from seedbed.actions.cancel import cancel
from seedbed.api.allowances import spend
from seedbed.api.auth import principal
from seedbed.api.conversion import convert, unknown_fields
from seedbed.api.idempotency import REPLAYED, claim_of, idempotency_key
from seedbed.api.job_ids import is_job_id
from seedbed.api.native.answers import json_response, raw_json
from seedbed.api.native.bodies import generation_body
from seedbed.api.native.drafts import draft_of
from seedbed.api.native.paths import GENERATIONS, ROOT
from seedbed.api.native.wire import Cancelled, Created, GenerationBody
from seedbed.api.ordering import Dialect, Ordered, order_job
from seedbed.api.ranges import matches
from seedbed.api.service import Service
from seedbed.api.waiting import wait_for_change, wait_s
from seedbed.core.errors import NotFound
from seedbed.core.idempotency import json_digest
from seedbed.core.job import Job, QueuePlace, State
from seedbed.core.keys import Scope
from seedbed.core.native_view import native_view
from seedbed.core.offer import NATIVE
from seedbed.store import jobs
from seedbed.store.keys import Principal

POLL_AGAIN_S = 2


async def create(service: Service, request: Request) -> Response:
    """Accept a generation: it is priced, held, queued and answered in one commit."""
    who = await principal(service, request)
    idempotency_key(request)  # one that cannot be used is refused before the body is read
    async with generation_body(service, request, who) as body:
        draft = draft_of(convert(body, GenerationBody))
        # In a thread: a body with pictures in it takes a while to digest.
        claim = claim_of(request, await asyncio.to_thread(json_digest, body))
        warnings = unknown_fields(body, GenerationBody)
        return _created(await order_job(service, who, NATIVE_DIALECT, draft, claim, warnings=warnings))


async def show(service: Service, request: Request) -> Response:
    """Show a generation; with `?wait=`, not before its status has changed or the time is over."""
    who = await principal(service, request, scope=Scope.READ)
    job_id = _job_id(request)
    patience_s = wait_s(request)
    job = await _get(service, who, job_id)
    known = request.headers.get("if-none-match")
    if patience_s and not job.state.is_final and (known is None or matches(known, etag_of(job))):
        look = partial(_get, service, who, job_id)
        job = await wait_for_change(service.watch, look, job, request, timeout_s=patience_s)
    headers = {"ETag": etag_of(job)} | ({} if job.state.is_final else {"Retry-After": str(POLL_AGAIN_S)})
    if known is not None and matches(known, etag_of(job)):
        return Response(status_code=304, headers=headers)
    queue = await _queue_place(service, job)
    return json_response(native_view(job, base_url=service.settings.base_url, queue=queue), headers=headers)


async def stop(service: Service, request: Request) -> Response:
    """Cancel a generation: final at once, and the whole charge goes back. Idempotent."""
    who = await principal(service, request)
    job_id = _job_id(request)
    if (await _get(service, who, job_id)).state is State.PROCESSING:
        await spend(service, who, service.rate_limits.cancels())
    async with service.connection() as conn:
        job = await cancel(conn, who.account_id, job_id, is_live=who.is_live)
    return json_response(Cancelled(request_id=job.id))


def etag_of(job: Job) -> str:
    """Return the weak ETag of a job's view: its version and, while it is made, its step. Estimates do not count."""
    step = f".{job.progress.stage}.{job.progress.fraction:.3f}" if job.progress else ""
    return f'W/"{job.version}{step}"'


def _answer_of(job: Job) -> bytes:
    created = Created(
        request_id=job.id,
        status=job.state,
        credits_charged=job.charged_credits,
        warnings=job.warnings or msgspec.UNSET,
    )
    return msgspec.json.encode(created)


NATIVE_DIALECT = Dialect("native", NATIVE, _answer_of)


def _created(ordered: Ordered) -> Response:
    job_id = ordered.answer.job_id
    structlog.contextvars.bind_contextvars(job_id=job_id)
    location = {"Location": f"{ROOT}{GENERATIONS}/{job_id}"}
    return raw_json(ordered.answer.body, headers=location | (REPLAYED if ordered.is_replay else {}))


def _job_id(request: Request) -> str:
    """Raises NotFound for what cannot be the id of a job."""
    job_id: str = request.path_params["job_id"]
    if not is_job_id(job_id):
        raise _no_such_job()
    structlog.contextvars.bind_contextvars(job_id=job_id)
    return job_id


async def _get(service: Service, who: Principal, job_id: str) -> Job:
    async with service.connection() as conn:
        job = await jobs.get(conn, who.account_id, job_id, is_live=who.is_live)
    if job is None:
        raise _no_such_job()
    return job


async def _queue_place(service: Service, job: Job) -> QueuePlace | None:
    if job.state is not State.QUEUED:
        return None
    async with service.connection() as conn:
        return await service.queue_places.of(conn, job)


def _no_such_job() -> NotFound:
    # The same words for another account's job: that it exists is nobody else's business.
    return NotFound("There is no generation with this requestId.")
