"""What belongs to the account of a key: `GET /credits`. Source: CONTRACT 1.7."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from seedbed.api.auth import principal
from seedbed.api.native.answers import json_response
from seedbed.api.native.wire import Credits
from seedbed.api.service import Service
from seedbed.core.keys import Scope
from seedbed.store import ledger


async def show_credits(service: Service, request: Request) -> Response:
    who = await principal(service, request, scope=Scope.READ)
    async with service.connection() as conn:
        balance = await ledger.balance(conn, who.account_id, is_live=who.is_live)
    return json_response(Credits(available=balance.available_credits, held=balance.held_credits, livemode=who.is_live))
