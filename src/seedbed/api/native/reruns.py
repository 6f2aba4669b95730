"""`POST /video/generations/{id}/rerun`: the same request once more, with what the body changes. Source: CONTRACT 1.7.

The seed stays unless the body changes it, so the same engine makes the same video. References are those of the first
request: of a URL what the worker kept of it, while it is there, else the URL again; an upload must still be there.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from seedbed.api.arrival import declared_bytes
from seedbed.api.auth import orderer
from seedbed.api.conversion import convert, unknown_fields
from seedbed.api.idempotency import claim_of, idempotency_key
from seedbed.api.native.drafts import draft_of
from seedbed.api.native.generations import NATIVE_DIALECT, created
from seedbed.api.native.own_jobs import job_id_of, own_job
from seedbed.api.native.wire import GenerationBody
from seedbed.api.order_body import order_body
from seedbed.api.ordering import order_job
from seedbed.api.service import Service
from seedbed.core.idempotency import json_digest
from seedbed.core.request import GenerationRequest
from seedbed.store.keys import Principal


async def rerun(service: Service, request: Request) -> Response:
    """Order a generation like one of the account's own. It is priced and charged like any other."""
    who = await orderer(service, request)
    idempotency_key(request)  # one that cannot be used is refused before the body is read
    job = await own_job(service, who, job_id_of(request))
    async with _changes(service, request, who) as changes:
        body = body_of(job.request)
        has_other_references = not {"mediaUrls", "references"}.isdisjoint(changes)
        if has_other_references:
            body.pop("references", None)
        draft = draft_of(convert(body | changes, GenerationBody))
        claim = claim_of(request, json_digest(changes))
        warnings = unknown_fields(changes, GenerationBody)
        rerun_of = None if has_other_references else job.id
        ordered = await order_job(service, who, NATIVE_DIALECT, draft, claim, warnings=warnings, rerun_of=rerun_of)
        return created(service, ordered)


@asynccontextmanager
async def _changes(service: Service, request: Request, who: Principal) -> AsyncIterator[dict[str, Any]]:
    """Give the body's JSON object; no body at all changes nothing."""
    if not declared_bytes(request) and "transfer-encoding" not in request.headers:
        yield {}
        return
    async with order_body(service, request, who) as body:
        yield body


def body_of(request: GenerationRequest) -> dict[str, Any]:
    """Return the native body that asks for the same."""
    body: dict[str, Any] = {
        "model": request.model,
        "prompt": request.prompt,
        "aspectRatio": request.aspect_ratio,
        "duration": request.duration_s,
        "resolution": request.resolution,
        "seed": request.seed,
        "generateAudio": request.wants_audio,
        "returnLastFrame": request.wants_last_frame,
        "priority": request.priority,
        "expiresAfter": request.expires_after_s,
        "webhookUrl": request.webhook_url,
        "metadata": request.metadata,
        "engineOptions": request.engine_options,
    }
    if request.references:
        body["references"] = [{"url": reference.url, "role": reference.role} for reference in request.references]
    return body
