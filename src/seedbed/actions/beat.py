"""Say that a worker is alive and how far its job is."""

from __future__ import annotations

from datetime import datetime

from seedbed.core.engine import Stage
from seedbed.store import leases
from seedbed.store.database import Connection


async def beat(
    conn: Connection,
    job_id: str,
    attempt: int,
    *,
    lease_s: float,
    stage: Stage,
    fraction: float,
    at: datetime | None = None,
) -> bool:
    """Prolong the lease. False: the job was cancelled, or is another's by now: stop, and write nothing more."""
    # One statement is a transaction by itself: workers say this far more often than anything else.
    return await leases.renew(conn, job_id, attempt, lease_s=lease_s, stage=stage, fraction=fraction, at=at)
