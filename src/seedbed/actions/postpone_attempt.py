"""Put a webhook's attempt off because its receiver has its share of the places. Nothing is counted."""

from __future__ import annotations

from datetime import datetime, timedelta

from seedbed.store import deliveries
from seedbed.store.database import Connection, moment


async def postpone_attempt(conn: Connection, delivery_id: str, wait: timedelta, *, at: datetime | None = None) -> None:
    """Idempotent enough: done twice it only waits a little longer, and of two tasks one finds nothing due."""
    async with conn.transaction():
        await deliveries.postpone(conn, delivery_id, await moment(conn, at) + wait)
