"""Keep what a job's engine must know of work that goes on elsewhere, before it goes on."""

from __future__ import annotations

from typing import Any

from seedbed.store import leases
from seedbed.store.database import Connection


async def remember(conn: Connection, job_id: str, attempt: int, memory: dict[str, Any]) -> bool:
    """Return once it is committed. False: the attempt has lost the job, and nothing was kept."""
    async with conn.transaction():
        return await leases.remember(conn, job_id, attempt, memory)
