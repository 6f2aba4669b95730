"""Create, show and delete a video in the OpenAI dialect. Source: CONTRACT 3 and 4."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import Response

from seedbed.actions.cancel import cancel
from seedbed.api.allowances import spend
from seedbed.api.auth import orderer, principal
from seedbed.api.erasing import erase_job
from seedbed.api.idempotency import REPLAYED, claim_of, idempotency_key
from seedbed.api.job_ids import is_job_id
from seedbed.api.native.answers import json_response, raw_json
from seedbed.api.openai.drafts import draft_of
from seedbed.api.openai.forms import is_form, order_from_form
from seedbed.api.openai.paths import ROOT, VIDEOS
from seedbed.api.openai.wire import DeletedVideo
from seedbed.api.order_body import order_body
from seedbed.api.ordering import Dialect, Ordered, order_job
from seedbed.api.service import Service
from seedbed.core.errors import NotCancellable, NotFound
from seedbed.core.idempotency import json_digest
from seedbed.core.job import Job, State
from seedbed.core.keys import Scope
from seedbed.core.openai_offer import DIALECT
from seedbed.core.openai_view import job_id_of, openai_view, video_id_of
from seedbed.store import jobs
from seedbed.store.keys import Principal

POLL_AGAIN_S = 1


async def create(service: Service, request: Request) -> Response:
    """Accept a video: it is priced, held, queued and answered in one commit."""
    who = await orderer(service, request)
    idempotency_key(request)  # one that cannot be used is refused before the body is read
    if is_form(request):
        return _created(service, await order_from_form(service, request, who, OPENAI_DIALECT))
    async with order_body(service, request, who) as body:
        draft = draft_of(body, offer=service.offer(DIALECT))
        claim = claim_of(request, await asyncio.to_thread(json_digest, body))
        return _created(service, await order_job(service, who, OPENAI_DIALECT, draft, claim))


async def show(service: Service, request: Request) -> Response:
    """Show a video, whichever dialect its job came by."""
    who = await principal(service, request, scope=Scope.READ)
    job = await owned(service, who, request)
    # Both say the same: the first is the standard's, the second what the official client waits for.
    waiting = {"Retry-After": str(POLL_AGAIN_S), "openai-poll-after-ms": str(POLL_AGAIN_S * 1000)}
    return json_response(openai_view(job), headers={} if job.state.is_final else waiting)


async def remove(service: Service, request: Request) -> Response:
    """Delete a video and its bytes for good; one that is not finished is cancelled first, and its charge goes back."""
    who = await principal(service, request)
    job = await owned(service, who, request)
    if job.state is State.PROCESSING:
        await spend(service, who, service.rate_limits.cancels())
    try:
        if not job.state.is_final:
            # It may have ended meanwhile, and then there is nothing to cancel.
            with suppress(NotCancellable):
                async with service.connection() as conn:
                    await cancel(conn, who.account_id, job.id, is_live=who.is_live)
        await erase_job(service, who, job.id)
    except NotFound as exc:  # another request was faster
        raise no_such_video() from exc
    return json_response(DeletedVideo(id=video_id_of(job.id)))


async def owned(service: Service, who: Principal, request: Request) -> Job:
    """Return the job of the video that the path names. Raises NotFound."""
    job_id = job_id_of(request.path_params["video_id"])
    if not is_job_id(job_id):
        raise no_such_video()
    structlog.contextvars.bind_contextvars(job_id=job_id)
    async with service.connection() as conn:
        job = await jobs.get(conn, who.account_id, job_id, is_live=who.is_live)
    if job is None:
        raise no_such_video()
    return job


def no_such_video() -> NotFound:
    # The same words for another account's video: that it exists is nobody else's business.
    return NotFound("There is no video with this id.", param="video_id")


def _answer_of(job: Job) -> bytes:
    return msgspec.json.encode(openai_view(job))


OPENAI_DIALECT = Dialect(DIALECT, _answer_of)


def _created(service: Service, ordered: Ordered) -> Response:
    job_id = ordered.answer.job_id
    structlog.contextvars.bind_contextvars(job_id=job_id)
    location = {"Location": f"{service.settings.base_path}{ROOT}{VIDEOS}/{video_id_of(job_id)}"} if job_id else {}
    return raw_json(ordered.answer.body, headers=location | (REPLAYED if ordered.is_replay else {}))
