"""API keys of accounts: list, make, show, change and revoke them."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial

from msgspec import UNSET
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from seedbed.actions.change_key import change_key
from seedbed.actions.create_key import create_key
from seedbed.actions.revoke_key import revoke_key
from seedbed.api.admin.account_views import known_account
from seedbed.api.admin.gate import body_object, fields_of, mode_of, no_fields, number_in_path, operator
from seedbed.api.admin.key_wire import KeyAnswer, KeyChangesBody, KeyList, KeyView, NewKey, NewKeyBody
from seedbed.api.native.answers import json_response
from seedbed.api.native.moments import parse_moment, shown, shown_or_null
from seedbed.api.paging import before_number, cursor_after, page_limit
from seedbed.api.service import Service
from seedbed.core.errors import InvalidRequest, NotFound
from seedbed.core.keys import ENTROPY_BYTES, Scope
from seedbed.core.rate_limits import KeyLimits
from seedbed.store import key_list
from seedbed.store.database import Connection
from seedbed.store.key_list import ListedKey
from seedbed.store.keys import StoredKey

LIMITS = ("requests_per_minute", "upload_bytes_per_day", "queued_jobs", "running_jobs", "monthly_cap_credits")


def key_routes(service: Service) -> list[Route]:
    return [
        Route("/accounts/{account_id}/keys", partial(_keys, service), methods=["GET", "POST"]),
        Route("/keys/{key_id}", partial(_key, service), methods=["GET", "PATCH"]),
        Route("/keys/{key_id}/revoke", partial(revoke, service), methods=["POST"]),
    ]


async def _keys(service: Service, request: Request) -> Response:
    return await (create if request.method == "POST" else list_keys)(service, request)


async def _key(service: Service, request: Request) -> Response:
    return await (change if request.method == "PATCH" else show)(service, request)


async def list_keys(service: Service, request: Request) -> Response:
    """List the keys of an account, the newest first."""
    caller = await operator(service, request)
    account_id = _account_id(request)
    named = f"keys of {account_id}"
    limit, before = page_limit(request), before_number(request, caller.who, of=named)
    await known_account(service, account_id)
    async with service.connection() as conn:
        found = await key_list.page(conn, account_id, limit=limit + 1, before=before)
    cursor = cursor_after(found[limit - 1].key.id, caller.who, of=named) if len(found) > limit else None
    return json_response(KeyList(data=tuple(map(key_view, found[:limit])), cursor=cursor))


async def create(service: Service, request: Request) -> Response:
    """Make a key and show it, once. An Idempotency-Key is not honoured: its stored answer would hold the key."""
    caller = await operator(service, request)
    async with body_object(service, request, caller) as said:
        body = fields_of(said, NewKeyBody)
    async with service.connection() as conn:
        made = await create_key(
            conn,
            _account_id(request),
            mode=mode_of(body.mode),
            name=body.name,
            scopes=[Scope.GENERATE] if body.scopes is UNSET else _scopes(body.scopes),
            expires_at=_moment(body.expires_at),
            limits=KeyLimits(**{name: getattr(body, name) for name in LIMITS}),
            entropy=secrets.token_bytes(ENTROPY_BYTES),
            by=caller.by,
        )
        return json_response(NewKey(secret=made.key, key=await _view(conn, made.id)))


async def show(service: Service, request: Request) -> Response:
    await operator(service, request)
    async with service.connection() as conn:
        return json_response(KeyAnswer(key=await _view(conn, _key_id(request))))


async def change(service: Service, request: Request) -> Response:
    """Change a key from its next request on; what is not named stays as it is."""
    caller = await operator(service, request)
    async with body_object(service, request, caller) as said:
        body = fields_of(said, KeyChangesBody)

    def changed(key: StoredKey) -> StoredKey:
        named = {name: getattr(body, name) for name in LIMITS if getattr(body, name) is not UNSET}
        key = replace(key, limits=replace(key.limits, **named))
        if body.name is not UNSET:
            key = replace(key, name=body.name)
        if body.scopes is not UNSET:
            key = replace(key, scopes=_scopes(body.scopes))
        return key if body.expires_at is UNSET else replace(key, expires_at=_moment(body.expires_at))

    async with service.connection() as conn:
        await change_key(conn, _key_id(request), changed, by=caller.by)
        return json_response(KeyAnswer(key=await _view(conn, _key_id(request))))


async def revoke(service: Service, request: Request) -> Response:
    """Make a key invalid for ever. Idempotent."""
    caller = await operator(service, request)
    await no_fields(service, request, caller)
    async with service.connection() as conn:
        await revoke_key(conn, _key_id(request), by=caller.by)
        return json_response(KeyAnswer(key=await _view(conn, _key_id(request))))


def key_view(listed: ListedKey) -> KeyView:
    key = listed.key
    return KeyView(
        id=key.id,
        account_id=key.account_id,
        mode=key.mode,
        name=key.name,
        last_four=key.last_four,
        scopes=tuple(sorted(key.scopes)),
        state=listed.state,
        created_at=shown(key.created_at),
        expires_at=shown_or_null(key.expires_at),
        revoked_at=shown_or_null(key.revoked_at),
        last_used_at=shown_or_null(key.last_used_at),
        charged_credits=listed.charged_credits,
        **{name: getattr(key.limits, name) for name in LIMITS},
    )


async def _view(conn: Connection, key_id: int) -> KeyView:
    listed = await key_list.get(conn, key_id)
    if listed is None:
        raise NotFound(f"There is no API key {key_id}.")
    return key_view(listed)


def _scopes(said: Iterable[str]) -> frozenset[Scope]:
    if not set(said) <= set(Scope):
        raise InvalidRequest(f"scopes must be one or more of {', '.join(Scope)}.", param="scopes")
    return frozenset(map(Scope, said))


def _moment(text: str | None) -> datetime | None:
    return parse_moment(text, param="expiresAt") if text is not None else None


def _account_id(request: Request) -> int:
    return number_in_path(request, "account_id", what="account")


def _key_id(request: Request) -> int:
    return number_in_path(request, "key_id", what="API key")
