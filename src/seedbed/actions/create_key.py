"""Make an API key. The key itself leaves here once and is stored nowhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from seedbed.core.keys import Mode, Scope, make_key, parse_key
from seedbed.core.rate_limits import NO_LIMITS, KeyLimits
from seedbed.store import keys
from seedbed.store.database import Connection


@dataclass(frozen=True, slots=True)
class NewKey:
    id: int
    key: str = field(repr=False)
    last_four: str


async def create_key(
    conn: Connection,
    account_id: int,
    *,
    mode: Mode,
    name: str,
    scopes: Iterable[Scope],
    expires_at: datetime | None = None,
    limits: KeyLimits = NO_LIMITS,
    entropy: bytes,
) -> NewKey:
    """`entropy` is at least 32 random bytes."""
    key = make_key(mode, entropy)
    parsed = parse_key(key)
    async with conn.transaction():
        key_id = await keys.insert(
            conn, account_id, parsed, name=name, scopes=scopes, expires_at=expires_at, limits=limits
        )
    return NewKey(key_id, key, parsed.last_four)
