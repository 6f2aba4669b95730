"""Wake idle workers after a submit. Workers look for work by themselves too, so a lost notice costs a second."""

from __future__ import annotations

from seedbed.store import notices
from seedbed.store.database import Connection


async def wake(conn: Connection, pool: str) -> None:
    """Call it after the commit, never inside the transaction."""
    await notices.tell_work(conn, pool)
