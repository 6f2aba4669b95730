"""What API keys have charged in a month. The ledger writes it with holds and releases, under the balance's lock."""

from __future__ import annotations

from datetime import date

from seedbed.store.database import Connection, one_or_none


async def charged(conn: Connection, api_key_id: int, *, month: date) -> int:
    """Return the credits that the key has charged in the month that begins on this day."""
    row = await one_or_none(conn, _CHARGED, {"api_key_id": api_key_id, "month": month})
    return int(row["charged_credits"]) if row else 0


_CHARGED = "select charged_credits from key_spending where api_key_id = %(api_key_id)s and month = %(month)s"
