"""`POST /video/estimate`: what a generation would cost, from the same body and with the same refusals.

Nothing is stored, held or queued. Source: CONTRACT 1.7.
"""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from seedbed.api.auth import principal
from seedbed.api.conversion import convert, unknown_fields
from seedbed.api.native.answers import json_response
from seedbed.api.native.drafts import draft_of
from seedbed.api.native.wire import Estimate, GenerationBody
from seedbed.api.order_body import order_body
from seedbed.api.ordering import judged, price_of
from seedbed.api.service import Service
from seedbed.core.keys import Scope
from seedbed.store import ledger


async def estimate(service: Service, request: Request) -> Response:
    """Price a body. A `data:` URI counts as media and is not looked into."""
    who = await principal(service, request, scope=Scope.READ)
    async with order_body(service, request, who) as body:
        draft = draft_of(convert(body, GenerationBody))
        accepted = await judged(
            service, who, service.offer("native"), draft, warnings=unknown_fields(body, GenerationBody)
        )
    async with service.connection() as conn:
        balance = await ledger.balance(conn, who.account_id, is_live=who.is_live)
    wanted = accepted.request
    return json_response(
        Estimate(
            credits=price_of(service, wanted),
            available=balance.available_credits,
            model=wanted.model,
            duration=wanted.duration_s,
            resolution=wanted.resolution,
            aspect_ratio=wanted.aspect_ratio,
            livemode=who.is_live,
            warnings=accepted.warnings or msgspec.UNSET,
        )
    )
