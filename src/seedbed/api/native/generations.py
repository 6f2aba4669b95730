"""Create, show and cancel a generation in the native dialect. Source: CONTRACT 1.2, 1.4, 1.5."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace
from functools import partial

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import Response

from seedbed.actions.cancel import cancel
from seedbed.actions.submit import Order, submit
from seedbed.actions.wake import wake
from seedbed.api.allowances import note_queued, spend
from seedbed.api.auth import principal
from seedbed.api.conversion import convert, unknown_fields
from seedbed.api.idempotency import REPLAYED, claim_of, idempotency_key, in_flight, known_answer
from seedbed.api.job_ids import is_job_id
from seedbed.api.json_body import json_body
from seedbed.api.media_intake import has_data, settled, shown_to_core
from seedbed.api.native.answers import json_response, raw_json
from seedbed.api.native.drafts import draft_of
from seedbed.api.native.paths import GENERATIONS, ROOT
from seedbed.api.native.wire import Cancelled, Created, GenerationBody
from seedbed.api.ranges import matches
from seedbed.api.service import Service
from seedbed.api.waiting import wait_for_change, wait_s
from seedbed.core.errors import NotFound, Unavailable
from seedbed.core.idempotency import json_digest
from seedbed.core.job import DEFAULT_POOL, Job, QueuePlace, State, make_job_id
from seedbed.core.keys import Scope
from seedbed.core.native_view import native_view
from seedbed.core.request import MAX_SEED, Accepted, Draft, accept
from seedbed.store import jobs
from seedbed.store.idempotency import IdempotencyClaim, StoredAnswer
from seedbed.store.keys import Principal

log = structlog.get_logger()

DIALECT = "native"
POLL_AGAIN_S = 2


async def create(service: Service, request: Request) -> Response:
    """Accept a generation: it is priced, held, queued and answered in one commit."""
    who = await principal(service, request)
    idempotency_key(request)  # one that cannot be used is refused before the body is read
    rules = service.settings
    async with json_body(
        request,
        service.intake,
        who.account_id,
        limit_bytes=rules.max_body_bytes,
        data_limit_bytes=rules.max_data_body_bytes,
        timeout_s=rules.body_timeout_s,
    ) as body:
        draft = draft_of(convert(body, GenerationBody))
        # In a thread: a body with pictures in it takes a while to digest.
        claim = claim_of(request, await asyncio.to_thread(json_digest, body))
        known = await known_answer(service, who, claim)
        if known is not None:
            return _created(known, is_replay=True)
        async with in_flight(service, who, claim if has_data(draft) else None):
            return await _submitted(service, who, draft, claim, unknown_fields(body, GenerationBody))


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


async def _wake(service: Service, pool: str) -> None:
    """Tell the workers. The job is committed and paid for by now, so nothing that goes wrong here is its owner's."""
    try:
        async with service.connection() as conn:
            await wake(conn, pool)
    except Unavailable:
        log.warning("wake.lost", pool=pool)


async def _submitted(
    service: Service, who: Principal, draft: Draft, claim: IdempotencyClaim | None, warnings: tuple[str, ...]
) -> Response:
    shown = await shown_to_core(service, who, draft)
    accepted = accept(shown, rules=service.settings.rules, chosen_seed=secrets.randbelow(MAX_SEED + 1))
    accepted = replace(accepted, warnings=warnings + accepted.warnings)
    async with settled(service, who, draft, accepted) as lasting:
        order = _order(service, who, lasting, claim)
        async with service.connection() as conn:
            submitted = await submit(conn, order, answer_of=_answer_of)
    job = submitted.job
    if not submitted.is_replay:
        note_queued()
        await _wake(service, order.pool)
    structlog.contextvars.bind_contextvars(credits=job.charged_credits)
    return _created(submitted.answer or StoredAnswer(job.id, _answer_of(job)), is_replay=submitted.is_replay)


def _order(service: Service, who: Principal, accepted: Accepted, claim: IdempotencyClaim | None) -> Order:
    request = accepted.request
    return Order(
        account_id=who.account_id,
        is_live=who.is_live,
        dialect=DIALECT,
        accepted=accepted,
        price_credits=service.tariff.price(
            model=request.model,
            resolution=request.resolution,
            duration_s=request.duration_s,
            has_media=request.has_media,
        ),
        pool=DEFAULT_POOL,
        job_id=make_job_id(secrets.token_bytes(16)),
        idempotency=claim,
        queue_limit_jobs=service.settings.queue_limit_jobs,
        running_limit_jobs=service.settings.running_limit_jobs,
        api_key_id=who.key_id,
        key_queue_limit_jobs=who.limits.queued_jobs,
    )


def _answer_of(job: Job) -> bytes:
    created = Created(
        request_id=job.id,
        status=job.state,
        credits_charged=job.charged_credits,
        warnings=job.warnings or msgspec.UNSET,
    )
    return msgspec.json.encode(created)


def _created(answer: StoredAnswer, *, is_replay: bool) -> Response:
    structlog.contextvars.bind_contextvars(job_id=answer.job_id)
    location = {"Location": f"{ROOT}{GENERATIONS}/{answer.job_id}"}
    return raw_json(answer.body, headers=location | (REPLAYED if is_replay else {}))


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
