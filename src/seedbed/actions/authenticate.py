"""Say whose an API key is."""

from __future__ import annotations

from datetime import datetime

from seedbed.core.errors import Unauthorized
from seedbed.core.keys import ParsedKey
from seedbed.store import keys
from seedbed.store.database import Connection
from seedbed.store.keys import Principal


async def authenticate(conn: Connection, parsed: ParsedKey, *, at: datetime | None = None) -> Principal:
    """Raises Unauthorized, in one way, for a key that is unknown, revoked, expired or of the other mode."""
    principal = await keys.use(conn, parsed, at=at)
    if principal is None:
        raise Unauthorized
    return principal
