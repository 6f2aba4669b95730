"""API keys of one's own account, for people who are signed in: `/console/keys`.

An API key is refused here, whatever its scopes: one that leaked must not make others.
"""

from __future__ import annotations

import secrets
from functools import partial
from typing import Annotated

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from structlog.contextvars import get_contextvars

from seedbed.actions.own_keys import MAX_OWN_KEYS, grantable, make_own_key, revoke_own_key
from seedbed.api.auth import has_key, identify
from seedbed.api.conversion import convert
from seedbed.api.cookies import session_token
from seedbed.api.described import says
from seedbed.api.native.answers import json_response
from seedbed.api.native.moments import parse_moment, shown, shown_or_null
from seedbed.api.native.wire import Wire
from seedbed.api.service import Service
from seedbed.api.signing_in import check_console
from seedbed.api.small_body import small_body
from seedbed.core.errors import NotAdmitted, NotFound, Unauthorized
from seedbed.core.keys import ENTROPY_BYTES, KeyState, Mode, Scope
from seedbed.store import key_list, sessions
from seedbed.store.key_list import ListedKey
from seedbed.store.sessions import SignedIn

MAX_BODY_BYTES = 4096
MAX_LISTED = 200
MAX_ID_DIGITS = 18


class OwnKeyView(Wire, frozen=True, kw_only=True):
    id: int
    mode: Mode
    name: str
    last_four: str
    scopes: tuple[Scope, ...]
    state: KeyState
    created_at: str
    expires_at: str | None
    last_used_at: str | None


class OwnKeys(Wire, frozen=True, kw_only=True):
    """The newest first. Without the keys that stand for people, and those that one could not have made."""

    data: tuple[OwnKeyView, ...]
    scopes: Annotated[tuple[Scope, ...], says("What keys that one makes here may do.")]
    may_make: Annotated[bool, says("False for a session that began with an API key.")]
    limit: int


class NewOwnKey(Wire, frozen=True, kw_only=True):
    secret: Annotated[str, says("The key itself. It is shown only here, and stored nowhere.")]
    key: OwnKeyView


class OwnKeyBody(Wire, frozen=True, kw_only=True):
    name: str
    mode: Mode = Mode.LIVE
    scopes: tuple[Scope, ...] = (Scope.GENERATE,)
    expires_at: str | None = None


def own_key_routes(service: Service) -> list[BaseRoute]:
    return [
        Route("/console/keys", partial(_keys, service), methods=["GET", "POST"]),
        Route("/console/keys/{key_id}", partial(_revoke, service), methods=["DELETE"]),
    ]


async def _keys(service: Service, request: Request) -> Response:
    return await (_make if request.method == "POST" else _list)(service, request)


async def _list(service: Service, request: Request) -> Response:
    who = await _signed_in(service, request)
    async with service.connection() as conn:
        found = await key_list.own(conn, who.account_id, limit=MAX_LISTED)
    allowed = grantable(who.scopes)
    return json_response(
        OwnKeys(
            data=tuple(_view(listed) for listed in found if listed.key.scopes <= allowed),
            scopes=tuple(sorted(allowed)),
            may_make=who.is_person and bool(allowed),
            limit=MAX_OWN_KEYS,
        )
    )


async def _make(service: Service, request: Request) -> Response:
    check_console(service, request)
    who = await _signed_in(service, request)
    async with small_body(service, request, who.account_id, limit_bytes=MAX_BODY_BYTES) as said:
        body = convert(said, OwnKeyBody)
    async with service.connection() as conn:
        made = await make_own_key(
            conn,
            who,
            mode=body.mode,
            name=body.name,
            scopes=body.scopes,
            expires_at=parse_moment(body.expires_at, param="expiresAt") if body.expires_at is not None else None,
            entropy=secrets.token_bytes(ENTROPY_BYTES),
            request_id=_request_id(),
        )
        listed = await key_list.own_key(conn, who.account_id, made.id)
    if listed is None:
        raise NotFound("The new key was revoked in the same moment.")
    return json_response(NewOwnKey(secret=made.key, key=_view(listed)))


async def _revoke(service: Service, request: Request) -> Response:
    check_console(service, request)
    who = await _signed_in(service, request)
    said = request.path_params["key_id"]
    if not (said.isascii() and said.isdigit() and len(said) <= MAX_ID_DIGITS):
        raise NotFound(f"There is no API key '{said[:40]}'.")
    async with service.connection() as conn:
        await revoke_own_key(conn, who, int(said), request_id=_request_id())
    return Response(status_code=204)


async def _signed_in(service: Service, request: Request) -> SignedIn:
    """Return whose session it is, and count the request. Raises NotAdmitted for an API key, and Unauthorized."""
    if has_key(request):
        raise NotAdmitted("Keys are made and revoked by people who are signed in to the console, not by a key.")
    await identify(service, request)
    async with service.connection() as conn:
        found = await sessions.get(conn, session_token(service.settings, request), at=None)
    if found is None:
        raise Unauthorized
    return found


def _request_id() -> str | None:
    return str(get_contextvars().get("request_id", "")) or None


def _view(listed: ListedKey) -> OwnKeyView:
    key = listed.key
    return OwnKeyView(
        id=key.id,
        mode=key.mode,
        name=key.name,
        last_four=key.last_four,
        scopes=tuple(sorted(key.scopes)),
        state=listed.state,
        created_at=shown(key.created_at),
        expires_at=shown_or_null(key.expires_at),
        last_used_at=shown_or_null(key.last_used_at),
    )
