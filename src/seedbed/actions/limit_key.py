"""Give an API key limits of its own."""

from __future__ import annotations

from seedbed.core.errors import NotFound
from seedbed.core.rate_limits import KeyLimits
from seedbed.store import keys
from seedbed.store.database import Connection


async def limit_key(conn: Connection, key_id: int, limits: KeyLimits) -> None:
    """Replace the key's limits, from its next request on. Raises NotFound if there is no key of that number."""
    async with conn.transaction():
        if not await keys.limit(conn, key_id, limits):
            raise NotFound(f"There is no API key {key_id}.")
