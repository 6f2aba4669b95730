"""Reads the `Idempotency-Key` header. Source: CONTRACT 1.2."""

from __future__ import annotations

import re

from starlette.requests import Request

from seedbed.core.errors import InvalidRequest
from seedbed.core.idempotency import MAX_KEY_LENGTH

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
