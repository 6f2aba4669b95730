"""Accounts, and the secrets that their webhooks are signed with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from seedbed.core.signing import make_secret
from seedbed.store.database import Connection, many, one, one_or_none

# A rotation in haste after another keeps what was promised about the first. This only bounds the signature's header.
MAX_SIGNING_SECRETS = 5


@dataclass(frozen=True, slots=True)
class Account:
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class WebhookSecret:
    """A secret that signs webhooks until `retires_at`; None: the current one, until a rotation."""

    secret: str = field(repr=False)
    retires_at: datetime | None


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
) -> list[WebhookSecret]:
    """Return the secrets that sign at this moment, the current one first, then the retiring, the last to retire first.

    An account that has none yet gets one from `entropy` (24 to 64 random bytes), which is otherwise not used.
    """
    facts = {"account_id": account_id, "is_live": is_live, "at": at, "limit": MAX_SIGNING_SECRETS}
    rows = await many(conn, _SECRETS, facts)
    if not rows:
        await conn.execute(_MAKE_FIRST, facts | {"secret": make_secret(entropy)})
        rows = await many(conn, _SECRETS, facts)
    return [WebhookSecret(row["secret"], row["retires_at"]) for row in rows]


async def rotate_webhook_secret(
    conn: Connection, account_id: int, *, is_live: bool, entropy: bytes, overlap_s: int, at: datetime
) -> None:
    """Make a new current secret; no earlier one signs for longer than `overlap_s` from now.

    Call it in a transaction: the account's row is locked until its end, so that two rotations follow one another.
    """
    facts = {"account_id": account_id, "is_live": is_live, "at": at, "overlap_s": overlap_s}
    await conn.execute("select from account where id = %(account_id)s for no key update", facts)
    await conn.execute(_RETIRE, facts)
    await conn.execute(_MAKE_NEW, facts | {"secret": make_secret(entropy)})


_SECRETS = """
select secret, retires_at from webhook_secret
where account_id = %(account_id)s and is_live = %(is_live)s
    and (retires_at is null or retires_at > coalesce(%(at)s::timestamptz, clock_timestamp()))
order by retires_at desc nulls first, id desc limit %(limit)s
"""
_MAKE_FIRST = """
insert into webhook_secret (account_id, is_live, secret) values (%(account_id)s, %(is_live)s, %(secret)s)
on conflict do nothing
"""
_RETIRE = """
update webhook_secret set retires_at = least(retires_at, %(at)s::timestamptz + make_interval(secs => %(overlap_s)s))
where account_id = %(account_id)s and is_live = %(is_live)s and (retires_at is null or retires_at > %(at)s)
"""
_MAKE_NEW = """
insert into webhook_secret (account_id, is_live, secret, created_at)
values (%(account_id)s, %(is_live)s, %(secret)s, %(at)s)
on conflict do nothing -- the account's first secret was made a moment ago: it is as new as this one
"""
