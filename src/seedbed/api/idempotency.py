"""Reads the `Idempotency-Key` header, and says what it stands for. Source: CONTRACT 1.2."""

from __future__ import annotations

import re

from starlette.requests import Request

from seedbed.core.errors import InvalidRequest
from seedbed.core.idempotency import MAX_KEY_LENGTH
from seedbed.store.idempotency import IdempotencyClaim

HEADER = "Idempotency-Key"
REPLAYED = {"Idempotent-Replayed": "true"}
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
