"""Read what an account has."""

from __future__ import annotations

from seedbed.core.credits import Balance
from seedbed.store import ledger
from seedbed.store.database import Connection


async def balance(conn: Connection, account_id: int, *, is_live: bool) -> Balance:
    """Return its available and held credits in that mode."""
    return await ledger.balance(conn, account_id, is_live=is_live)
