"""Change an API key: its name, its scopes, its expiry, its limits, its cap. The key itself never changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from seedbed.core.errors import InvalidRequest, NotFound
from seedbed.core.keys import Scope, check_expiry, check_scopes
from seedbed.core.lines import MAX_NAME_CHARACTERS, line_of
from seedbed.core.operators import Act, Operator, key_subject
from seedbed.core.rate_limits import KeyLimits
from seedbed.store import keys, operator_log
from seedbed.store.database import Connection, moment
from seedbed.store.keys import StoredKey


async def change_key(
    conn: Connection, key_id: int, change: Callable[[StoredKey], StoredKey], *, by: Operator, at: datetime | None = None
) -> KeyLimits:
    """`change` returns the new key from the present one; it holds from the next request on. Returns its limits.

    Raises NotFound, and InvalidRequest for scopes that its mode has not, a limit or a moment that is none, or a key
    that would take the scope admin, or its time, from itself.
    """
    async with conn.transaction():
        now = await moment(conn, at)
        before = await keys.lock(conn, key_id)
        if before is None:
            raise NotFound(f"There is no API key {key_id}.")
        after = _checked(change(before), before, by, at=now)
        changes = _changes(before, after)
        if changes:
            await keys.rewrite(conn, after)
            subject = key_subject(key_id)
            await operator_log.record(
                conn, by, Act.KEY_CHANGED, subject, account_id=before.account_id, changes=changes, at=now
            )
        return after.limits


def _checked(after: StoredKey, before: StoredKey, by: Operator, *, at: datetime) -> StoredKey:
    if after.name != before.name:
        after = replace(after, name=line_of(after.name, most=MAX_NAME_CHARACTERS, param="name"))
    check_scopes(after.scopes, mode=after.mode)
    after.limits.check()
    if after.expires_at != before.expires_at and after.expires_at is not None:
        check_expiry(after.expires_at, at=at)
    if before.id == by.key_id and (Scope.ADMIN not in after.scopes or after.expires_at != before.expires_at):
        raise InvalidRequest("A key may not change what lets it in; use another one.", param="keyId")
    return after


def told(key: StoredKey) -> dict[str, Any]:
    """Return what the log tells of a key, under the names that its readers know."""
    limits = key.limits
    return {
        "name": key.name,
        "scopes": sorted(key.scopes),
        "expiresAt": key.expires_at.isoformat() if key.expires_at else None,
        "requestsPerMinute": limits.requests_per_minute,
        "uploadBytesPerDay": limits.upload_bytes_per_day,
        "queuedJobs": limits.queued_jobs,
        "runningJobs": limits.running_jobs,
        "monthlyCapCredits": limits.monthly_cap_credits,
    }


def _changes(before: StoredKey, after: StoredKey) -> dict[str, Any]:
    old, new = told(before), told(after)
    return {name: [old[name], new[name]] for name in new if old[name] != new[name]}
