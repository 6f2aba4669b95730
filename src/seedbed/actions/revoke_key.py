"""Make an API key invalid for ever."""

from __future__ import annotations

from datetime import datetime

from seedbed.core.errors import InvalidRequest, NotFound
from seedbed.core.operators import SERVICE, Act, Operator, key_subject
from seedbed.store import keys, operator_log
from seedbed.store.database import Connection, moment


async def revoke_key(conn: Connection, key_id: int, *, by: Operator = SERVICE, at: datetime | None = None) -> None:
    """Idempotent. Raises NotFound if there is no key of that number, and InvalidRequest if it is the one that asks."""
    if key_id == by.key_id:
        raise InvalidRequest("A key may not revoke itself; use another one.", param="keyId")
    async with conn.transaction():
        now = await moment(conn, at)
        key = await keys.lock(conn, key_id)
        if key is None:
            raise NotFound(f"There is no API key {key_id}.")
        if key.revoked_at is None:
            await keys.revoke(conn, key_id, at=now)
            changes = {"name": key.name, "lastFour": key.last_four}
            subject = key_subject(key_id)
            await operator_log.record(
                conn, by, Act.KEY_REVOKED, subject, account_id=key.account_id, changes=changes, at=now
            )
