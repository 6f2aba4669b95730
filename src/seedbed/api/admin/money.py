"""Credits: give them to accounts or take unspent ones back, and read what moved them and what they were used for."""

from __future__ import annotations

from datetime import UTC
from functools import partial

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from seedbed.actions.grant import grant
from seedbed.api.admin.account_views import known_account
from seedbed.api.admin.account_wire import GrantBody, Granted, Ledger, ProjectUse, Uses
from seedbed.api.admin.gate import body_object, fields_of, mode_of, number_in_path, once, operator, wanted_mode
from seedbed.api.figures import BY_ACCEPT, MAX_LINES, check_lines, csv_response, days, wants_csv
from seedbed.api.native.account import transfer_view
from seedbed.api.native.answers import json_response
from seedbed.api.paging import before_number, cursor_after, page_limit
from seedbed.api.service import Service
from seedbed.core.keys import Mode
from seedbed.store import ledger, project_use
from seedbed.store.database import Connection, moment
from seedbed.store.project_use import UsedByProject

COLUMNS = ("accountId", "accountName", "projectId", "succeeded", "failed", "cancelled", "seconds", "credits")


def money_routes(service: Service) -> list[Route]:
    of_one = "/accounts/{account_id}"
    return [
        Route(of_one + "/grants", partial(give, service), methods=["POST"]),
        Route(of_one + "/ledger", partial(show_ledger, service)),
        Route(of_one + "/usage", partial(show_usage_of_one, service)),
        Route("/usage", partial(show_usage, service)),
    ]


async def give(service: Service, request: Request) -> Response:
    """Give credits, or take unspent ones back. An Idempotency-Key does it once."""
    caller = await operator(service, request)
    account_id = _id(request)
    async with body_object(service, request, caller) as said:
        body = fields_of(said, GrantBody)

    mode = mode_of(body.mode)
    is_live = mode is Mode.LIVE

    async def act(conn: Connection) -> bytes:
        balance = await grant(conn, account_id, credits=body.credits, note=body.note, is_live=is_live, by=caller.by)
        return msgspec.json.encode(
            Granted(
                account_id=account_id,
                mode=mode,
                available=balance.available_credits,
                held=balance.held_credits,
            )
        )

    return await once(service, request, caller, said, act)


async def show_ledger(service: Service, request: Request) -> Response:
    """Show what moved the account's credits in one mode, the newest first."""
    caller = await operator(service, request)
    account_id, mode = _id(request), wanted_mode(request)
    named = f"ledger of {account_id} {mode}"
    limit, before = page_limit(request), before_number(request, caller.who, of=named)
    await known_account(service, account_id)
    async with service.connection() as conn:
        found = await ledger.page(conn, account_id, is_live=mode is Mode.LIVE, limit=limit + 1, before=before)
    cursor = cursor_after(found[limit - 1].id, caller.who, of=named) if len(found) > limit else None
    data = tuple(map(transfer_view, found[:limit]))
    return json_response(Ledger(account_id=account_id, mode=mode, data=data, cursor=cursor))


async def show_usage(service: Service, request: Request) -> Response:
    """Show what every account has used, by project."""
    await operator(service, request)
    return await _usage(service, request, None)


async def show_usage_of_one(service: Service, request: Request) -> Response:
    """Show what one account has used, by project."""
    await operator(service, request)
    account_id = _id(request)
    await known_account(service, account_id)
    return await _usage(service, request, account_id)


async def _usage(service: Service, request: Request, account_id: int | None) -> Response:
    mode, is_csv = wanted_mode(request), wants_csv(request)
    async with service.connection() as conn:
        asked = days(request, (await moment(conn, None)).astimezone(UTC).date())
        lines = await project_use.by_project(
            conn,
            account_id=account_id,
            is_live=mode is Mode.LIVE,
            first=asked.first,
            last=asked.last,
            limit=MAX_LINES + 1,
        )
    check_lines(lines)
    if is_csv:
        return csv_response("usage-by-project", asked, COLUMNS, map(_cells, lines))
    answer = Uses(from_=str(asked.first), to=str(asked.last), mode=mode, data=tuple(map(_line, lines)))
    return json_response(answer, headers=BY_ACCEPT)


def _line(used: UsedByProject) -> ProjectUse:
    return ProjectUse(
        account_id=used.account_id,
        account_name=used.account_name,
        project_id=used.project_id,
        succeeded=used.succeeded,
        failed=used.failed,
        cancelled=used.cancelled,
        seconds=used.seconds,
        credits=used.credits,
    )


def _cells(used: UsedByProject) -> tuple[object, ...]:
    told = (used.account_id, used.account_name, used.project_id)
    return (*told, used.succeeded, used.failed, used.cancelled, used.seconds, used.credits)


def _id(request: Request) -> int:
    return number_in_path(request, "account_id", what="account")
