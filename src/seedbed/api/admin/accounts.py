"""Accounts: list, open, show, change, disable and enable them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import msgspec
from msgspec import UNSET
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from seedbed.actions.change_account import change_account
from seedbed.actions.create_account import create_account
from seedbed.actions.disable_account import disable_account, enable_account
from seedbed.api.admin.account_views import account_answer, account_view
from seedbed.api.admin.account_wire import AccountChangesBody, AccountList, DisablingBody, NewAccountBody
from seedbed.api.admin.gate import body_object, fields_of, no_fields, number_in_path, once, operator
from seedbed.api.native.answers import json_response
from seedbed.api.paging import before_number, cursor_after, page_limit
from seedbed.api.service import Service
from seedbed.core.accounts import Terms
from seedbed.core.errors import InvalidRequest
from seedbed.store import standings
from seedbed.store.database import Connection
from seedbed.store.standings import Wanted

PATH = "/accounts"
LIST = "accounts"
MAX_SEARCH_CHARACTERS = 200
STATES = {"active": False, "disabled": True}


def account_routes(service: Service) -> list[Route]:
    one = PATH + "/{account_id}"
    return [
        Route(PATH, partial(_accounts, service), methods=["GET", "POST"]),
        Route(one, partial(_account, service), methods=["GET", "PATCH"]),
        Route(one + "/disable", partial(disable, service), methods=["POST"]),
        Route(one + "/enable", partial(enable, service), methods=["POST"]),
    ]


async def _accounts(service: Service, request: Request) -> Response:
    return await (create if request.method == "POST" else list_accounts)(service, request)


async def _account(service: Service, request: Request) -> Response:
    return await (change if request.method == "PATCH" else show)(service, request)


async def list_accounts(service: Service, request: Request) -> Response:
    """List accounts, the newest first, by a part of the name or by the number, and by whether they are disabled."""
    caller = await operator(service, request)
    limit, before = page_limit(request), before_number(request, caller.who, of=LIST)
    wanted = _wanted(request)
    async with service.connection() as conn:
        found = await standings.page(conn, wanted, limit=limit + 1, before=before)
    cursor = cursor_after(found[limit - 1].id, caller.who, of=LIST) if len(found) > limit else None
    return json_response(AccountList(data=tuple(map(account_view, found[:limit])), cursor=cursor))


async def create(service: Service, request: Request) -> Response:
    """Open an account. An Idempotency-Key opens it once."""
    caller = await operator(service, request)
    async with body_object(service, request, caller) as said:
        body = fields_of(said, NewAccountBody)

    async def act(conn: Connection) -> bytes:
        account = await create_account(
            conn,
            name=body.name,
            credits=body.credits,
            is_unlimited=body.is_unlimited,
            refill_credits=body.monthly_refill_credits,
            by=caller.by,
        )
        return msgspec.json.encode(await account_answer(conn, account.id))

    return await once(service, request, caller, said, act)


async def show(service: Service, request: Request) -> Response:
    await operator(service, request)
    async with service.connection() as conn:
        return json_response(await account_answer(conn, _id(request)))


async def change(service: Service, request: Request) -> Response:
    """Change what was decided about an account; what is not named stays as it is."""
    caller = await operator(service, request)
    async with body_object(service, request, caller) as said:
        body = fields_of(said, AccountChangesBody)

    def changed(terms: Terms) -> Terms:
        if body.name is not UNSET:
            terms = replace(terms, name=body.name)
        if body.is_unlimited is not UNSET:
            terms = replace(terms, is_unlimited=body.is_unlimited)
        if body.monthly_refill_credits is not UNSET:
            terms = replace(terms, refill_credits=body.monthly_refill_credits)
        return terms

    async with service.connection() as conn:
        await change_account(conn, _id(request), changed, by=caller.by)
        return json_response(await account_answer(conn, _id(request)))


async def disable(service: Service, request: Request) -> Response:
    """Turn the account's keys away. Idempotent: the first reason stays."""
    caller = await operator(service, request)
    async with body_object(service, request, caller) as said:
        body = fields_of(said, DisablingBody)
    async with service.connection() as conn:
        await disable_account(conn, _id(request), because=body.reason, by=caller.by)
        return json_response(await account_answer(conn, _id(request)))


async def enable(service: Service, request: Request) -> Response:
    """Let the account's keys in again. Idempotent."""
    caller = await operator(service, request)
    await no_fields(service, request, caller)
    async with service.connection() as conn:
        await enable_account(conn, _id(request), by=caller.by)
        return json_response(await account_answer(conn, _id(request)))


def _id(request: Request) -> int:
    return number_in_path(request, "account_id", what="account")


def _wanted(request: Request) -> Wanted:
    text, state = request.query_params.get("search"), request.query_params.get("status")
    if text is not None and not (0 < len(text) <= MAX_SEARCH_CHARACTERS and text.isprintable()):
        message = f"search must be 1 to {MAX_SEARCH_CHARACTERS} printable characters."
        raise InvalidRequest(message, param="search")
    if state is not None and state not in STATES:
        raise InvalidRequest(f"status must be one of {', '.join(STATES)}.", param="status")
    return Wanted(text=text, is_disabled=None if state is None else STATES[state])
