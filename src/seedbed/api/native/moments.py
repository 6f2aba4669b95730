"""Moments on the wire: RFC 3339 in UTC, with microseconds only where they are known."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from seedbed.core.errors import InvalidRequest

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def shown(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def shown_or_null(at: datetime | None) -> str | None:
    return shown(at) if at else None


def parse_moment(text: str, *, param: str) -> datetime:
    """Raises InvalidRequest unless it is a moment with its offset."""
    try:
        at = datetime.fromisoformat(text.upper()).astimezone(UTC) if _RFC_3339.fullmatch(text) else None
    except (ValueError, OverflowError):
        at = None  # such as the 30th of February
    if at is None:
        raise InvalidRequest(f"{param} must be a moment such as 2026-11-22T12:00:00Z.", param=param)
    return at
