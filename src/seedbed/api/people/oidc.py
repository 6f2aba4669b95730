"""Signing in by the operator's identity provider: `/console/oidc/begin`, `/callback`, and `/leave`.

What an attempt must remember goes out to the browser in a cookie and comes back with it, so any API process may take up
what another has begun. The cookie holds nothing that its own browser may not know.
"""

from __future__ import annotations

import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from seedbed.api.cookies import drop_attempt, keep_attempt, keep_session, kept_attempt
from seedbed.api.native.answers import json_response
from seedbed.api.people.admitting import admit
from seedbed.api.people.page import closed_door, landing, reads_pages
from seedbed.api.service import Service
from seedbed.api.signing_in import session_lifetime
from seedbed.core.errors import InvalidRequest, Refusal
from seedbed.core.sign_in import own_path, person_of_claims
from seedbed.outbound.identity import Attempt, IdentityProvider

ATTEMPT_LIFETIME = timedelta(minutes=10)
MAX_COOKIE_CHARACTERS = 3000
CALLBACK = "/console/oidc/callback"


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the cookie holds."""

    attempt: Attempt
    next_path: str


def oidc_routes(service: Service, provider: IdentityProvider) -> list[BaseRoute]:
    return [
        Route("/console/oidc/begin", partial(_begin, service, provider)),
        Route(CALLBACK, partial(_callback, service, provider)),
        Route("/console/oidc/leave", partial(_leave, service, provider)),
    ]


async def _begin(service: Service, provider: IdentityProvider, request: Request) -> Response:
    """Send the browser to the provider; a script is told where that is, so that it can tell a fault on its page."""
    attempt = Attempt(*(secrets.token_urlsafe(32) for _ in range(3)))
    try:
        address = await provider.address(attempt, back_to=_back_to(service))
    except Refusal as refusal:
        return closed_door(service.settings, request, refusal)
    answer = RedirectResponse(address, 303) if reads_pages(request) else json_response({"address": address})
    kept = _Kept(attempt, own_path(request.query_params.get("next")))
    keep_attempt(service.settings, answer, _packed(kept), lifetime=ATTEMPT_LIFETIME)
    return answer


async def _callback(service: Service, provider: IdentityProvider, request: Request) -> Response:
    try:
        answer = await _admitted(service, provider, request)
    except Refusal as refusal:
        answer = closed_door(service.settings, request, refusal)
    drop_attempt(service.settings, answer)
    return answer


async def _admitted(service: Service, provider: IdentityProvider, request: Request) -> Response:
    kept = _unpacked(kept_attempt(service.settings, request))
    if kept is None:
        raise InvalidRequest(
            f"This browser has not begun to sign in here, or too long ago. Begin again at {service.settings.base_url}.",
            param="state",
        )
    claims = await provider.claims(dict(request.query_params), kept.attempt, back_to=_back_to(service))
    new = await admit(service, person_of_claims(claims, provider.oidc), way="oidc")
    answer = landing(service.settings, kept.next_path)
    keep_session(service.settings, answer, new.token, lifetime=session_lifetime(service))
    return answer


async def _leave(service: Service, provider: IdentityProvider, request: Request) -> Response:
    """Lead on to where one signs out of the provider itself. Whoever is signed in here stays so."""
    back_to = f"{service.settings.base_url}/sign-in"
    try:
        address = await provider.end_address(back_to=back_to)
    except Refusal as refusal:
        return closed_door(service.settings, request, refusal)
    return RedirectResponse(address or back_to, 303)


def _back_to(service: Service) -> str:
    return service.settings.base_url + CALLBACK


def _packed(kept: _Kept) -> str:
    attempt = kept.attempt
    said = [attempt.state, attempt.nonce, attempt.verifier, kept.next_path]
    return urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")


def _unpacked(text: str | None) -> _Kept | None:
    """Return what the cookie holds; None if it holds something else."""
    if not text or len(text) > MAX_COOKIE_CHARACTERS:
        return None
    try:
        said = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, list) or len(said) != 4 or not all(isinstance(one, str) and one for one in said):
        return None
    return _Kept(Attempt(*said[:3]), own_path(said[3]))
