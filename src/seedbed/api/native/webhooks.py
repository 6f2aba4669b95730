"""The account's webhooks: what became of each, sending one again, and addresses that were switched off.

Nothing here shows a URL's query, nor what a receiver inside a network that the operator opened has answered: a webhook
must not become a way to read that network. Source: CONTRACT 1.7, 1.11.
"""

from __future__ import annotations

import re

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from seedbed.actions.answer_once import answer_once
from seedbed.actions.redeliver import redeliver
from seedbed.actions.switch_on import switch_on
from seedbed.api.auth import principal
from seedbed.api.conversion import convert
from seedbed.api.idempotency import REPLAYED, claim_of
from seedbed.api.native.answers import json_response, raw_json
from seedbed.api.native.moments import parse_moment, shown, shown_or_null
from seedbed.api.native.own_jobs import asked_job_id
from seedbed.api.native.webhook_wire import (
    AttemptView,
    Deliveries,
    DeliveryView,
    Endpoints,
    EndpointView,
    Redelivered,
    SwitchedOn,
    SwitchOnBody,
)
from seedbed.api.paging import AFTER_ALL, cursor_at, page_limit, place_at, strange_cursor
from seedbed.api.service import Service
from seedbed.api.small_body import small_body
from seedbed.core.errors import InvalidRequest, NotFound
from seedbed.core.idempotency import json_digest
from seedbed.core.keys import Scope
from seedbed.core.webhooks import DeliveryState, address_of
from seedbed.store import attempts, deliveries, endpoints
from seedbed.store.attempts import LoggedAttempt
from seedbed.store.deliveries import Delivery, Owned, Place
from seedbed.store.endpoints import Endpoint
from seedbed.store.idempotency import StoredAnswer
from seedbed.store.keys import Principal

MAX_BODY_BYTES = 16_000
LIST = "deliveries"
MAX_ENDPOINTS = 1000
_DELIVERY_ID = re.compile(r"msg_[0-9a-f]{32}")


async def list_deliveries(service: Service, request: Request) -> Response:
    """List deliveries, those of the newest jobs first, each with the log of its attempts."""
    who = await principal(service, request, scope=Scope.READ)
    job_id, limit, states, after = asked_job_id(request), page_limit(request), _states(request), _after(request, who)
    async with service.connection() as conn:
        found = await deliveries.of_account(
            conn, who.account_id, is_live=who.is_live, limit=limit + 1, job_id=job_id, states=states, after=after
        )
        logs = await attempts.of_deliveries(conn, [owned.delivery.id for owned in found])
    page = found[:limit]
    last = page[-1] if len(found) > limit else None
    cursor = _cursor(last, who) if last else None
    views = tuple(delivery_view(owned.delivery, logs[owned.delivery.id]) for owned in page)
    return json_response(Deliveries(data=views, cursor=cursor))


async def send_again(service: Service, request: Request) -> Response:
    """Redeliver: the same webhook-id, and the whole schedule from its beginning."""
    who = await principal(service, request)
    delivery_id: str = request.path_params["delivery_id"]
    if not _DELIVERY_ID.fullmatch(delivery_id):
        raise NotFound("There is no webhook delivery with this id.")
    claim = claim_of(request, json_digest({}))
    async with service.connection() as conn:

        async def act() -> StoredAnswer:
            delivery = await redeliver(conn, who.account_id, delivery_id, is_live=who.is_live)
            logs = await attempts.of_deliveries(conn, [delivery_id])
            body = msgspec.json.encode(Redelivered(delivery=delivery_view(delivery, logs[delivery_id])))
            return StoredAnswer(delivery.job_id, body)

        answered = await answer_once(conn, claim, who.account_id, is_live=who.is_live, act=act)
    return raw_json(answered.body, headers=REPLAYED if answered.is_replay else {})


async def list_endpoints(service: Service, request: Request) -> Response:
    """List the addresses that have done nothing but fail lately, or are switched off."""
    who = await principal(service, request, scope=Scope.READ)
    async with service.connection() as conn:
        found = await endpoints.of_account(conn, who.account_id, is_live=who.is_live, limit=MAX_ENDPOINTS)
    return json_response(Endpoints(data=tuple(map(endpoint_view, found))))


async def switch_address_on(service: Service, request: Request) -> Response:
    """Let webhooks be sent to an address again. Idempotent; what was stopped meanwhile is not sent by itself."""
    who = await principal(service, request)
    async with small_body(service, request, who.account_id, limit_bytes=MAX_BODY_BYTES) as body:
        url = convert(body, SwitchOnBody).url
    async with service.connection() as conn:
        address = await switch_on(conn, who.account_id, url, is_live=who.is_live)
    return json_response(SwitchedOn(address=address))


def delivery_view(delivery: Delivery, log: list[LoggedAttempt]) -> DeliveryView:
    return DeliveryView(
        id=delivery.id,
        request_id=delivery.job_id,
        event=delivery.event,
        address=address_of(delivery.url),
        state=delivery.state,
        stopped_because=delivery.stopped_because,
        attempt_count=delivery.attempts,
        attempts=tuple(map(_attempt_view, log)),
        created_at=shown(delivery.created_at),
        next_at=shown_or_null(delivery.next_at),
    )


def _attempt_view(logged: LoggedAttempt) -> AttemptView:
    attempt = logged.attempt
    return AttemptView(
        number=logged.number,
        at=shown(attempt.at),
        status=attempt.status,
        latency_ms=attempt.latency_ms,
        excerpt=None if attempt.is_private else attempt.excerpt,
        error=attempt.error,
    )


def endpoint_view(endpoint: Endpoint) -> EndpointView:
    return EndpointView(
        address=endpoint.address,
        is_off=endpoint.off_since is not None,
        off_since=shown_or_null(endpoint.off_since),
        off_because=endpoint.off_because,
        failing_since=shown(endpoint.failing_since),
        failures=endpoint.failures,
        last_status=endpoint.last_status,
    )


def _states(request: Request) -> list[DeliveryState]:
    said = request.query_params.getlist("state")
    if not set(said) <= set(DeliveryState):
        raise InvalidRequest(f"state must be one of {', '.join(DeliveryState)}.", param="state")
    return [DeliveryState(state) for state in said]


def _cursor(last: Owned, who: Principal) -> str:
    return cursor_at([last.number, shown(last.delivery.created_at), last.delivery.id], who, of=LIST)


def _after(request: Request, who: Principal) -> Place | None:
    said = request.query_params.get("cursor")
    if said is None:
        return None
    number, created_at, delivery_id = place_at(said, (int, str, str), who, of=LIST, param="cursor")
    if not 0 < int(number) <= AFTER_ALL or not _DELIVERY_ID.fullmatch(str(delivery_id)):
        raise strange_cursor("cursor")
    return Place(int(number), parse_moment(str(created_at), param="cursor"), str(delivery_id))
