"""Opaque cursors: where a page of a list ended, in a form that callers only hand back."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence

from seedbed.core.errors import InvalidRequest


def cursor_of(parts: Sequence[str | int]) -> str:
    """Return a cursor made of letters, digits, `-` and `_`."""
    text = json.dumps(list(parts), separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def parts_of(cursor: str, kinds: Sequence[type], *, param: str) -> list[str | int]:
    """Return what the cursor was made of: values of these kinds. Raises InvalidRequest for any other text."""
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError) as exc:
        raise _no_cursor(param) from exc
    if not isinstance(parts, list) or [type(part) for part in parts] != list(kinds):
        raise _no_cursor(param)
    return parts


def _no_cursor(param: str) -> InvalidRequest:
    return InvalidRequest(f"{param} must be a cursor that this endpoint has given, as it was given.", param=param)
