"""Make an API key invalid for ever."""

from __future__ import annotations

from datetime import datetime

from seedbed.core.errors import NotFound
from seedbed.store import keys
from seedbed.store.database import Connection


async def revoke_key(conn: Connection, key_id: int, *, at: datetime | None = None) -> None:
    """Idempotent. Raises NotFound if there is no key of that number."""
    async with conn.transaction():
        if not await keys.revoke(conn, key_id, at=at):
            raise NotFound(f"There is no API key {key_id}.")
