"""`GET /webhooks/listen`: the ends of an account's jobs as webhooks would tell them, for who cannot be called.

Every final job is told, also one without a webhook. Signatures are made anew for each answer, so that a receiver which
checks the time of a webhook accepts it.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Sequence
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from seedbed.api.auth import principal
from seedbed.api.job_ids import is_job_id
from seedbed.api.native.answers import json_response
from seedbed.api.native.moments import parse_moment, shown
from seedbed.api.native.webhook_wire import Heard, HeardEvent
from seedbed.api.paging import cursor_at, place_at, strange_cursor
from seedbed.api.service import Service
from seedbed.api.waiting import wait_s
from seedbed.core.errors import InvalidRequest
from seedbed.core.job import Job
from seedbed.core.keys import Scope
from seedbed.core.signing import SECRET_BYTES, signature_headers
from seedbed.core.webhooks import message_id, webhook_body
from seedbed.store import accounts, deliveries, endings
from seedbed.store.database import moment
from seedbed.store.endings import Place
from seedbed.store.keys import Principal

LIST = "endings"
LOOK_EVERY_S = 0.5
MAX_EVENTS = 50


async def listen(service: Service, request: Request) -> Response:
    """Tell what ended after the cursor; with `?wait=`, not before something has, or the time is over."""
    who = await principal(service, request, scope=Scope.READ)
    until_s = time.monotonic() + wait_s(request)
    place = await _place(service, request, who)
    ended = await _ended(service, who, place)
    while not ended and time.monotonic() < until_s and not service.stopping.is_set():
        await asyncio.sleep(LOOK_EVERY_S)
        if await request.is_disconnected():
            break
        ended = await _ended(service, who, place)
    events = await _events(service, who, ended) if ended else ()
    return json_response(Heard(events=events, cursor=_cursor(ended, place, who)))


async def _ended(service: Service, who: Principal, place: Place) -> list[Job]:
    async with service.connection() as conn:
        return await endings.after(conn, who.account_id, place, is_live=who.is_live, limit=MAX_EVENTS)


async def _place(service: Service, request: Request, who: Principal) -> Place:
    """Return where to begin: after the cursor, since a moment, or now."""
    after, since = (request.query_params.get(name) for name in ("after", "since"))
    if after is not None and since is not None:
        raise InvalidRequest("after and since cannot be sent together; use one of them.", param="since")
    if after is not None:
        at, job_id = place_at(after, (str, str), who, of=LIST, param="after")
        if job_id and not is_job_id(str(job_id)):
            raise strange_cursor("after")
        return Place(parse_moment(str(at), param="after"), str(job_id))
    if since is not None:
        return Place(parse_moment(since, param="since"))
    async with service.connection() as conn:
        return Place(await moment(conn, None))


async def _events(service: Service, who: Principal, ended: Sequence[Job]) -> tuple[HeardEvent, ...]:
    entropy = secrets.token_bytes(SECRET_BYTES)
    async with service.connection() as conn:
        ids = await deliveries.ends_of(conn, [job.id for job in ended])
        signing = await accounts.webhook_secrets(conn, who.account_id, is_live=who.is_live, entropy=entropy)
        now = await moment(conn, None)
    sign = partial(signature_headers, [secret.secret for secret in signing], timestamp_unix_s=int(now.timestamp()))
    bodies = [webhook_body(job, base_url=service.settings.base_url) for job in ended]
    return tuple(
        heard_event(job, body, sign(message_id=ids.get(job.id) or message_id(job.id), body=body))
        for job, body in zip(ended, bodies, strict=True)
    )


def heard_event(job: Job, body: bytes, signed: dict[str, str]) -> HeardEvent:
    assert job.finished_at is not None  # it has ended
    return HeardEvent(
        id=signed["webhook-id"],
        event=job.state,
        request_id=job.id,
        at=shown(job.finished_at),
        headers={"content-type": "application/json", **signed},
        body=body.decode(),
    )


def _cursor(ended: Sequence[Job], place: Place, who: Principal) -> str:
    last = ended[-1] if ended else None
    if last is not None and last.finished_at is not None:
        place = Place(last.finished_at, last.id)
    return cursor_at([shown(place.at), place.job_id], who, of=LIST)
