"""Accounts, and the secrets that their webhooks are signed with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from seedbed.core.signing import make_secret
from seedbed.store.database import Connection, many, one, one_or_none


@dataclass(frozen=True, slots=True)
class Account:
    id: int
    name: str


async def insert(conn: Connection, *, name: str) -> Account:
    row = await one(conn, "insert into account (name) values (%(name)s) returning id, name", {"name": name})
    return Account(row["id"], row["name"])


async def get(conn: Connection, account_id: int) -> Account | None:
    row = await one_or_none(conn, "select id, name from account where id = %(id)s", {"id": account_id})
    return Account(row["id"], row["name"]) if row else None


async def of_name(conn: Connection, name: str) -> list[Account]:
    """Return the accounts of that name, the oldest first. Names need not be unique."""
    rows = await many(conn, "select id, name from account where name = %(name)s order by id", {"name": name})
    return [Account(row["id"], row["name"]) for row in rows]


async def webhook_secrets(
    conn: Connection, account_id: int, *, is_live: bool, entropy: bytes, at: datetime | None = None
) -> list[str]:
    """Return the secrets that sign at this moment, the current one first: two during a rotation.

    An account that has none yet gets one from `entropy` (24 to 64 random bytes), which is otherwise not used.
    """
    facts = {"account_id": account_id, "is_live": is_live, "at": at}
    rows = await many(conn, _SECRETS, facts)
    if not rows:
        await conn.execute(_MAKE_FIRST, facts | {"secret": make_secret(entropy)})
        rows = await many(conn, _SECRETS, facts)
    return [row["secret"] for row in rows]


_SECRETS = """
select secret from webhook_secret
where account_id = %(account_id)s and is_live = %(is_live)s
    and (retires_at is null or retires_at > coalesce(%(at)s::timestamptz, clock_timestamp()))
order by retires_at desc nulls first
"""
_MAKE_FIRST = """
insert into webhook_secret (account_id, is_live, secret) values (%(account_id)s, %(is_live)s, %(secret)s)
on conflict do nothing
"""
