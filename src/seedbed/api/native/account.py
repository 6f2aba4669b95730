"""What belongs to the account of a key: `GET /credits`, with the ledger for who asks for it. Source: CONTRACT 1.7."""

from __future__ import annotations

from msgspec import UNSET
from starlette.requests import Request
from starlette.responses import Response

from seedbed.api.auth import principal
from seedbed.api.native.answers import json_response
from seedbed.api.native.moments import shown
from seedbed.api.native.own_jobs import asked_job_id
from seedbed.api.native.wire import Credits, TransferView
from seedbed.api.paging import before_number, cursor_after, page_limit
from seedbed.api.service import Service
from seedbed.core.credits import LEGS, Bucket
from seedbed.core.keys import Scope
from seedbed.store import ledger
from seedbed.store.ledger import Entry

LIST = "ledger"


async def show_credits(service: Service, request: Request) -> Response:
    """Show what the account has; with `limit` or `cursor`, also a page of what made it so, or of one generation's."""
    who = await principal(service, request, scope=Scope.READ)
    limit, before, job_id = page_limit(request), before_number(request, who, of=LIST), asked_job_id(request)
    wants_ledger = job_id is not None or not {"limit", "cursor"}.isdisjoint(request.query_params)
    found: list[Entry] = []
    async with service.connection() as conn:
        balance = await ledger.balance(conn, who.account_id, is_live=who.is_live)
        if job_id is not None:
            found = await ledger.of_job(conn, who.account_id, job_id, is_live=who.is_live)
            limit = max(limit, len(found))  # they are two at most, and all of one job
        elif wants_ledger:
            found = await ledger.page(conn, who.account_id, is_live=who.is_live, limit=limit + 1, before=before)
    cursor = cursor_after(found[limit - 1].id, who, of=LIST) if len(found) > limit else None
    return json_response(
        Credits(
            available=balance.available_credits,
            held=balance.held_credits,
            livemode=who.is_live,
            ledger=tuple(map(transfer_view, found[:limit])) if wants_ledger else UNSET,
            cursor=cursor if wants_ledger else UNSET,
        )
    )


def transfer_view(entry: Entry) -> TransferView:
    return TransferView(
        id=str(entry.id),
        kind=entry.kind,
        available_change=_change(entry, Bucket.AVAILABLE),
        held_change=_change(entry, Bucket.HELD),
        request_id=entry.job_id,
        note=entry.note,
        at=shown(entry.at),
    )


def _change(entry: Entry, bucket: Bucket) -> int:
    legs = LEGS[entry.kind]
    return entry.amount_credits * ((legs.target is bucket) - (legs.source is bucket))
