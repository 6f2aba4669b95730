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
from seedbed.api.auth import orderer, principal
from seedbed.api.conversion import convert, unknown_fields
from seedbed.api.idempotency import REPLAYED, claim_of, idempotency_key
from seedbed.api.native.answers import json_response, raw_json
from seedbed.api.native.drafts import draft_of
from seedbed.api.native.own_jobs import job_id_of, own_job
from seedbed.api.native.paths import GENERATIONS, ROOT
from seedbed.api.native.wire import Cancelled, Created, GenerationBody
from seedbed.api.order_body import order_body
from seedbed.api.ordering import Dialect, Ordered, order_job
from seedbed.api.ranges import matches
from seedbed.api.service import Service
from seedbed.api.waiting import wait_for_change, wait_s
from seedbed.core.idempotency import json_digest
from seedbed.core.job import Job, QueuePlace, State
from seedbed.core.keys import Scope
from seedbed.core.native_view import native_view

POLL_AGAIN_S = 2


async def create(service: Service, request: Request) -> Response:
    """Accept a generation: it is priced, held, queued and answered in one commit."""
    who = await orderer(service, request)
    idempotency_key(request)  # one that cannot be used is refused before the body is read
    async with order_body(service, request, who) as body:
        draft = draft_of(convert(body, GenerationBody))
        # In a thread: a body with pictures in it takes a while to digest.
        claim = claim_of(request, await asyncio.to_thread(json_digest, body))
        warnings = unknown_fields(body, GenerationBody)
        return created(service, await order_job(service, who, NATIVE_DIALECT, draft, claim, warnings=warnings))


async def show(service: Service, request: Request) -> Response:
    """Show a generation; with `?wait=`, not before its status has changed or the time is over."""
    who = await principal(service, request, scope=Scope.READ)
    job_id = job_id_of(request)
    patience_s = wait_s(request)
    job = await own_job(service, who, job_id)
    known = request.headers.get("if-none-match")
    if patience_s and not job.state.is_final and (known is None or matches(known, etag_of(job))):
        look = partial(own_job, service, who, job_id)
        job = await wait_for_change(service.live, look, job, request, timeout_s=patience_s)
    headers = {"ETag": etag_of(job)} | ({} if job.state.is_final else {"Retry-After": str(POLL_AGAIN_S)})
    if known is not None and matches(known, etag_of(job)):
        return Response(status_code=304, headers=headers)
    queue = await _queue_place(service, job)
    return json_response(native_view(job, base_url=service.settings.base_url, queue=queue), headers=headers)


async def stop(service: Service, request: Request) -> Response:
    """Cancel a generation: final at once, and the whole charge goes back. Idempotent."""
    who = await principal(service, request)
    job_id = job_id_of(request)
    if (await own_job(service, who, job_id)).state is State.PROCESSING:
        await spend(service, who, service.rate_limits.cancels())
    async with service.connection() as conn:
        job = await cancel(conn, who.account_id, job_id, is_live=who.is_live)
    return json_response(Cancelled(request_id=job.id))


def etag_of(job: Job) -> str:
    """Return the weak ETag of a job's view. Estimates, such as its place in the queue, do not count."""
    return f'W/"{step_of(job)}"'


def step_of(job: Job) -> str:
    """Return what tells a job's view from all its others: its version and, while it is made, its step."""
    return f"{job.version}" + (f".{job.progress.stage}.{job.progress.fraction:.3f}" if job.progress else "")


def _answer_of(job: Job) -> bytes:
    created = Created(
        request_id=job.id,
        status=job.state,
        credits_charged=job.charged_credits,
        warnings=job.warnings or msgspec.UNSET,
    )
    return msgspec.json.encode(created)


NATIVE_DIALECT = Dialect("native", _answer_of)


def created(service: Service, ordered: Ordered) -> Response:
    """Return the answer to an order."""
    job_id = ordered.answer.job_id
    structlog.contextvars.bind_contextvars(job_id=job_id)
    # An answer outlives its job, which another dialect may have erased: then there is no place to point at.
    location = {"Location": f"{service.settings.base_path}{ROOT}{GENERATIONS}/{job_id}"} if job_id else {}
    return raw_json(ordered.answer.body, headers=location | (REPLAYED if ordered.is_replay else {}))


async def _queue_place(service: Service, job: Job) -> QueuePlace | None:
    if job.state is not State.QUEUED:
        return None
    async with service.connection() as conn:
        return await service.queue_places.of(conn, job)
