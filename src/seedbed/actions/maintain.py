"""Take no new orders for a while: generations, reruns and uploads are refused in every dialect, by every process.

Everything else goes on: jobs, cancels, reads, webhooks. The word is read with each request's key, so it holds from the
commit on, and costs no statement of its own.
"""

from __future__ import annotations

from datetime import datetime

from seedbed.core.errors import InvalidRequest
from seedbed.core.lines import MAX_NOTE_CHARACTERS, line_of
from seedbed.core.operators import THE_SERVICE, Act, Operator
from seedbed.store import operations, operator_log
from seedbed.store.database import Connection, moment
from seedbed.store.operations import Maintenance


async def begin_maintenance(
    conn: Connection, *, message: str, until: datetime | None, by: Operator, at: datetime | None = None
) -> Maintenance:
    """Idempotent. Raises InvalidRequest if `until` is not in the future, or the message is no line."""
    message = line_of(message, most=MAX_NOTE_CHARACTERS, param="message")
    async with conn.transaction():
        if until is not None and until <= await moment(conn, at):
            raise InvalidRequest("until must be in the future.", param="until")
        begun = await operations.begin_maintenance(conn, message=message, until=until, by=by, at=at)
        changes = {"message": message, "until": until.isoformat() if until else None}
        await operator_log.record(conn, by, Act.MAINTENANCE_BEGAN, THE_SERVICE, changes=changes, at=at)
    return begun


async def end_maintenance(conn: Connection, *, by: Operator, at: datetime | None = None) -> bool:
    """Return whether orders were refused until now. Idempotent: what changes nothing is not recorded."""
    async with conn.transaction():
        was_on = await operations.end_maintenance(conn, at=at)
        if was_on:
            await operator_log.record(conn, by, Act.MAINTENANCE_ENDED, THE_SERVICE, changes={}, at=at)
    return was_on
