"""Who is asking: a Bearer key, or the cookie of a browser that was signed in with one; its form is checked first.

Nothing is remembered between requests, so a revoked key ends with its revocation, in every process. Every reason to
refuse a key gives the same answer (CONTRACT 1.1). The statement that looks a key up also counts its request.
"""

from __future__ import annotations

import structlog
from starlette.requests import Request

from seedbed.actions.authenticate import authenticate
from seedbed.api.allowances import admit
from seedbed.api.cookies import session_token
from seedbed.api.service import Service
from seedbed.core.errors import Forbidden, Unauthorized, UnderMaintenance
from seedbed.core.keys import ParsedKey, Scope, covers, parse_key
from seedbed.store.keys import Admission, Principal


async def principal(
    service: Service, request: Request, *, scope: Scope = Scope.GENERATE, is_counted: bool = True
) -> Principal:
    """Return who sent the request. Raises Unauthorized, RateLimited, or Forbidden if the key lacks the scope."""
    who = (await _admit(service, request, is_counted=is_counted)).principal
    _check_scope(who, scope)
    return who


async def orderer(service: Service, request: Request) -> Principal:
    """Return who sent a request that makes new work. Raises UnderMaintenance, too, while the operator takes none."""
    admission = await _admit(service, request)
    _check_scope(admission.principal, Scope.GENERATE)
    if closed := admission.closed:
        raise UnderMaintenance(closed.message, ends_in_s=closed.ends_in_s)
    return admission.principal


async def identify(service: Service, request: Request) -> Principal:
    """Return who sent the request, whatever the key may do. Raises Unauthorized and RateLimited."""
    return (await _admit(service, request)).principal


def _check_scope(who: Principal, scope: Scope) -> None:
    if not covers(who.scopes, scope):
        raise Forbidden(scope)


async def _admit(service: Service, request: Request, *, is_counted: bool = True) -> Admission:
    shown = bearer_key(request) if has_key(request) else session_token(service.settings, request)
    async with service.connection() as conn:
        admission = await authenticate(conn, shown, limits=service.rate_limits if is_counted else None)
    who = admission.principal
    structlog.contextvars.bind_contextvars(account_id=who.account_id, mode=str(who.mode))
    admit(service, admission)
    return admission


def has_key(request: Request) -> bool:
    return "authorization" in request.headers


def bearer_key(request: Request) -> ParsedKey:
    """Return the request's key if its form and check sum are right. Raises Unauthorized."""
    given = request.headers.getlist("authorization")
    if len(given) != 1:
        raise Unauthorized
    scheme, _, key = given[0].partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthorized
    return parse_key(key.strip(" "))
