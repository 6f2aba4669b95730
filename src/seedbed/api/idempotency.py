"""Reads the `Idempotency-Key` header, and finds the answer that was given for it. Source: CONTRACT 1.2."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from starlette.requests import Request

from seedbed.api.service import Service
from seedbed.core.errors import InvalidRequest, Unavailable
from seedbed.core.idempotency import MAX_KEY_LENGTH
from seedbed.store import idempotency
from seedbed.store.idempotency import IdempotencyClaim, StoredAnswer
from seedbed.store.keys import Principal

log = structlog.get_logger()

HEADER = "Idempotency-Key"
REPLAYED = {"Idempotent-Replayed": "true"}
# Longer than an upload is looked into and stored. A flight that outlives it only does work that is thrown away.
FLIGHT_S = 120.0
_KEY = re.compile(rf"[\x21-\x7e]{{1,{MAX_KEY_LENGTH}}}")


def idempotency_key(request: Request) -> str | None:
    """Return the request's key, or None. Raises InvalidRequest."""
    given = request.headers.getlist(HEADER)
    if not given:
        return None
    if len(given) > 1 or not _KEY.fullmatch(given[0]):
        raise InvalidRequest(
            f"{HEADER} must be one header of 1 to {MAX_KEY_LENGTH} visible ASCII characters without spaces.",
            param=HEADER,
        )
    return given[0]


def claim_of(request: Request, digest: bytes) -> IdempotencyClaim | None:
    """Return what to claim for a request whose body has that digest, or None without a key. Raises InvalidRequest.

    The scope is method and path, so the same key at another endpoint, or for another delivery, is another key.
    """
    key = idempotency_key(request)
    return None if key is None else IdempotencyClaim(f"{request.method} {request.url.path}", key, digest)


async def known_answer(service: Service, who: Principal, claim: IdempotencyClaim | None) -> StoredAnswer | None:
    """Return the answer to give again, before anything is done for the request. Raises IdempotencyMismatch."""
    if claim is None:
        return None
    async with service.connection() as conn:
        return await idempotency.find(conn, claim, who.account_id, is_live=who.is_live, at=None)


@asynccontextmanager
async def in_flight(service: Service, who: Principal, claim: IdempotencyClaim | None) -> AsyncIterator[None]:
    """Hold the key over work that no transaction may wait for. Raises IdempotencyInFlight if another holds it."""
    if claim is None:
        yield
        return
    async with service.connection() as conn:
        holder = await idempotency.take_flight(conn, claim, who.account_id, is_live=who.is_live, lease_s=FLIGHT_S)
    try:
        yield
    finally:
        try:
            async with service.connection() as conn:
                await idempotency.end_flight(conn, claim, who.account_id, is_live=who.is_live, holder=holder)
        except Unavailable:
            log.warning("flight.left", lease_s=FLIGHT_S)
