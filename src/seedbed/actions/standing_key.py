"""Give somebody who signs in by other means than a key the key that stands for them: its text leaves nowhere.

So a session is always of a key, with the same limits, the same revocation and the same traces in the log, whoever
signed in and however.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from seedbed.core.keys import Mode, Scope, make_key, parse_key
from seedbed.store import keys
from seedbed.store.database import Connection

THE_OPERATOR = "console"  # whoever may run `seedbed console`


async def standing_key(
    conn: Connection,
    account_id: int,
    *,
    stands_for: str,
    name: str | None = None,
    scopes: frozenset[Scope],
    entropy: bytes,
    at: datetime | None = None,
) -> int:
    """Return the number of the account's live key that stands for them, made if there is none. Idempotent.

    One with other scopes is revoked, and its sessions with it: what they may do has changed. `name` is what people
    call them, by default `stands_for`. `entropy` is at least 32 random bytes.
    """
    async with conn.transaction():
        known = await keys.standing(conn, account_id, stands_for)
        if known and known.scopes == scopes:
            if name and known.name != name:
                await keys.rewrite(conn, replace(known, name=name))
            return known.id
        if known:
            await keys.revoke(conn, known.id, at=at)
        parsed = parse_key(make_key(Mode.LIVE, entropy))
        return await keys.insert_standing(
            conn, account_id, parsed, stands_for=stands_for, name=name or stands_for, scopes=scopes
        )
