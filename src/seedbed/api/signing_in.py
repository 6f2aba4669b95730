"""Signing in to the console, out of it, and out of it everywhere: `/console/session` and `/console/sessions`.

Only for the console's own pages: each request that changes something is one that no other origin can send. Without
that, another page could sign a visitor in to an account of its own and watch what they make.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from functools import partial
from typing import Annotated

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from seedbed.actions.sign_in import NewSession, sign_in
from seedbed.api.conversion import convert
from seedbed.api.cookies import CONSOLE_HEADER, drop_session, is_of_the_console, keep_session, session_token
from seedbed.api.described import says
from seedbed.api.native.answers import json_response
from seedbed.api.native.moments import shown
from seedbed.api.native.wire import Wire
from seedbed.api.service import Service
from seedbed.api.small_body import small_body
from seedbed.core.errors import InvalidRequest, Unauthorized
from seedbed.core.keys import ParsedKey, parse_key
from seedbed.core.sessions import ENTROPY_BYTES, SessionToken, parse_token
from seedbed.store import sessions
from seedbed.store.sessions import SignedIn

MAX_BODY_BYTES = 4096


class SignInBody(Wire, frozen=True, kw_only=True):
    key: Annotated[str | None, says("An API key.")] = None
    ticket: Annotated[str | None, says("In its place, a ticket of `seedbed console`.")] = None


class SessionView(Wire, frozen=True, kw_only=True):
    account_id: int
    account_name: str
    key_name: str
    last_four: str
    livemode: bool
    scopes: list[str]
    is_person: Annotated[bool, says("Whether somebody signed in as themselves, and not with a key.")]
    expires_at: str


def session_routes(service: Service) -> list[BaseRoute]:
    return [
        Route("/console/session", partial(_session, service), methods=["GET", "POST", "DELETE"]),
        Route("/console/sessions", partial(_end_all, service), methods=["DELETE"]),
    ]


async def _session(service: Service, request: Request) -> Response:
    match request.method:
        case "POST":
            return await _begin(service, request)
        case "DELETE":
            return await _end(service, request)
    token = session_token(service.settings, request)
    async with service.connection() as conn:
        signed_in = await sessions.get(conn, token, at=None)
    if signed_in is None:
        raise Unauthorized
    return json_response(_view(signed_in))


async def _begin(service: Service, request: Request) -> Response:
    check_console(service, request)
    credential = await _credential(service, request)
    async with service.connection() as conn:
        new = await sign_in(
            conn, credential, entropy=secrets.token_bytes(ENTROPY_BYTES), lifetime=session_lifetime(service)
        )
    return signed_in_answer(service, new)


def signed_in_answer(service: Service, new: NewSession) -> Response:
    answer = json_response(_view(new.signed_in))
    keep_session(service.settings, answer, new.token, lifetime=session_lifetime(service))
    return answer


def session_lifetime(service: Service) -> timedelta:
    return timedelta(seconds=service.settings.session_lifetime_s)


def check_console(service: Service, request: Request) -> None:
    """Raises InvalidRequest unless a page of the console sent the request."""
    if not is_of_the_console(service.settings, request):
        raise InvalidRequest(
            f"Only the console's own pages sign in and out here, with the header `{CONSOLE_HEADER}: 1`. "
            "Programs send their API key with each request.",
            param=CONSOLE_HEADER,
        )


async def _credential(service: Service, request: Request) -> ParsedKey | SessionToken:
    async with small_body(service, request, "sign-in", limit_bytes=MAX_BODY_BYTES) as body:
        given = convert(body, SignInBody)
    if (given.key is None) == (given.ticket is None):
        raise InvalidRequest("Send either `key` or `ticket`.", param="key")
    return parse_key(given.key.strip()) if given.key is not None else parse_token(given.ticket or "")


async def _end(service: Service, request: Request) -> Response:
    check_console(service, request)
    token = session_token(service.settings, request)
    async with service.connection() as conn:
        await sessions.end(conn, token)
    return _gone(service)


async def _end_all(service: Service, request: Request) -> Response:
    """End every session of the same key, in whatever browser."""
    check_console(service, request)
    token = session_token(service.settings, request)
    async with service.connection() as conn:
        await sessions.end_all(conn, token)
    return _gone(service)


def _gone(service: Service) -> Response:
    answer = Response(status_code=204)
    drop_session(service.settings, answer)
    return answer


def _view(signed_in: SignedIn) -> SessionView:
    return SessionView(
        account_id=signed_in.account_id,
        account_name=signed_in.account_name,
        key_name=signed_in.key_name,
        last_four=signed_in.last_four,
        livemode=signed_in.mode.value == "live",
        scopes=sorted(signed_in.scopes),
        is_person=signed_in.is_person,
        expires_at=shown(signed_in.expires_at),
    )
