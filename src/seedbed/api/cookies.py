"""The console's cookie: who may bear it, and what counts as a request of the console itself.

A page of another origin can make a browser send requests here. Three things keep such a request from meaning
anything: the cookie is SameSite=Strict; a request that changes something needs a header which no other origin can send
without being allowed to by CORS, and it is not; and where the browser says whence it comes, it must be from here.
"""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from seedbed.core.errors import Unauthorized
from seedbed.core.sessions import SessionToken, cookie_name, parse_token
from seedbed.settings import Settings

CONSOLE_HEADER = "X-Seedbed-Console"
_SAFE = frozenset({"GET", "HEAD"})


def session_token(settings: Settings, request: Request) -> SessionToken:
    """Return the session that the request bears. Raises Unauthorized if it bears none, or may not use it."""
    text = request.cookies.get(_name(settings))
    if text is None or (request.method not in _SAFE and not is_of_the_console(settings, request)):
        raise Unauthorized
    return parse_token(text)


def is_of_the_console(settings: Settings, request: Request) -> bool:
    """Whether a page of this service sent the request, and not one of another origin.

    A page cannot choose the Host that its browser sends, so an origin that equals it is ours under whatever name.
    """
    if request.headers.get(CONSOLE_HEADER) != "1":
        return False
    if fetch_site := request.headers.get("sec-fetch-site"):
        return fetch_site == "same-origin"
    came_from = request.headers.get("origin")
    ours = {request.headers.get("host", "").lower(), urlsplit(settings.base_url).netloc.lower()}
    return came_from is None or urlsplit(came_from).netloc.lower() in ours


def keep_session(settings: Settings, answer: Response, token: str, *, lifetime: timedelta) -> None:
    answer.set_cookie(
        _name(settings),
        token,
        max_age=int(lifetime.total_seconds()),
        path=_path(settings),
        secure=_is_secure(settings),
        httponly=True,
        samesite="strict",
    )


def keep_attempt(settings: Settings, answer: Response, text: str, *, lifetime: timedelta) -> None:
    """Bind an attempt to sign in to this browser. Lax, because it is a provider's page that leads back here."""
    answer.set_cookie(
        _name(settings, of="attempt"),
        text,
        max_age=int(lifetime.total_seconds()),
        path=_path(settings),
        secure=_is_secure(settings),
        httponly=True,
        samesite="lax",
    )


def kept_attempt(settings: Settings, request: Request) -> str | None:
    return request.cookies.get(_name(settings, of="attempt"))


def drop_attempt(settings: Settings, answer: Response) -> None:
    answer.delete_cookie(
        _name(settings, of="attempt"), path=_path(settings), secure=_is_secure(settings), httponly=True, samesite="lax"
    )


def drop_session(settings: Settings, answer: Response) -> None:
    answer.delete_cookie(
        _name(settings), path=_path(settings), secure=_is_secure(settings), httponly=True, samesite="strict"
    )


def _name(settings: Settings, *, of: str = "session") -> str:
    port = urlsplit(settings.base_url).port
    return cookie_name(is_secure=_is_secure(settings), path=_path(settings), port=port, of=of)


def _path(settings: Settings) -> str:
    return urlsplit(settings.base_url).path.rstrip("/") or "/"


def _is_secure(settings: Settings) -> bool:
    return urlsplit(settings.base_url).scheme == "https"
