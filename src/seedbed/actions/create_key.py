"""Make an API key. The key itself leaves here once and is stored nowhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from seedbed.actions.change_key import told
from seedbed.core.errors import NotFound
from seedbed.core.keys import Mode, Scope, check_expiry, check_scopes, make_key, parse_key
from seedbed.core.lines import MAX_NAME_CHARACTERS, line_of
from seedbed.core.operators import SERVICE, Act, Operator, key_subject
from seedbed.core.rate_limits import NO_LIMITS, KeyLimits
from seedbed.store import accounts, keys, operator_log
from seedbed.store.database import Connection, moment


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
    by: Operator = SERVICE,
    at: datetime | None = None,
) -> NewKey:
    """`entropy` is at least 32 random bytes.

    Raises NotFound, and InvalidRequest for scopes that its mode has not, a name that is none or a moment that is over.
    """
    granted = frozenset(scopes)
    check_scopes(granted, mode=mode)
    limits.check()
    name = line_of(name, most=MAX_NAME_CHARACTERS, param="name")
    key = make_key(mode, entropy)
    parsed = parse_key(key)
    async with conn.transaction():
        now = await moment(conn, at)
        if await accounts.get(conn, account_id) is None:
            raise NotFound(f"There is no account {account_id}.")
        if expires_at is not None:
            check_expiry(expires_at, at=now)
        made = await keys.insert(
            conn, account_id, parsed, name=name, scopes=granted, expires_at=expires_at, limits=limits
        )
        terms = {name: term for name, term in told(made).items() if term is not None}
        changes = {"mode": mode, "lastFour": parsed.last_four} | terms
        await operator_log.record(
            conn, by, Act.KEY_CREATED, key_subject(made.id), account_id=account_id, changes=changes, at=now
        )
    return NewKey(made.id, key, parsed.last_four)
