"""Hold a pool's jobs back, and let them go again. Jobs in progress end in peace; new ones may be queued meanwhile."""

from __future__ import annotations

from datetime import datetime

from seedbed.core.lines import MAX_NOTE_CHARACTERS, line_of
from seedbed.core.operators import Act, Operator, pool_subject
from seedbed.store import notices, operations, operator_log
from seedbed.store.database import Connection
from seedbed.store.operations import Pause


async def pause_pool(conn: Connection, pool: str, *, reason: str, by: Operator, at: datetime | None = None) -> Pause:
    """Idempotent. From the commit on no claim begins to take a job of the pool; one under way may still get its own.

    Raises InvalidRequest for a reason that is no line.
    """
    reason = line_of(reason, most=MAX_NOTE_CHARACTERS, param="reason")
    async with conn.transaction():
        paused = await operations.pause(conn, pool, reason=reason, by=by, at=at)
        await operator_log.record(conn, by, Act.POOL_PAUSED, pool_subject(pool), changes={"reason": reason}, at=at)
    return paused


async def resume_pool(conn: Connection, pool: str, *, by: Operator, at: datetime | None = None) -> bool:
    """Return whether the pool was held back. Idempotent: what changes nothing is not recorded."""
    async with conn.transaction():
        was_paused = await operations.resume(conn, pool)
        if was_paused:
            await operator_log.record(conn, by, Act.POOL_RESUMED, pool_subject(pool), changes={}, at=at)
    if was_paused:
        await notices.tell_work(conn, pool)
    return was_paused
