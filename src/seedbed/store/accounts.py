"""Accounts, and the secrets that their webhooks are signed with."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date, datetime

from seedbed.core.accounts import Terms
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


async def insert(conn: Connection, terms: Terms, *, refill_from: date | None, at: datetime) -> Account:
    """`refill_from`: the first month of the refill, if there is one."""
    row = await one(conn, _INSERT, asdict(terms) | {"refill_from": refill_from, "at": at})
    return Account(row["id"], row["name"])


async def get(conn: Connection, account_id: int) -> Account | None:
    row = await one_or_none(conn, "select id, name from account where id = %(id)s", {"id": account_id})
    return Account(row["id"], row["name"]) if row else None


async def of_name(conn: Connection, name: str) -> list[Account]:
    """Return the accounts of that name, the oldest first. Names need not be unique."""
    rows = await many(conn, "select id, name from account where name = %(name)s order by id", {"name": name})
    return [Account(row["id"], row["name"]) for row in rows]


async def lock_name(conn: Connection, name: str) -> None:
    """Let nobody else who calls this open an account of the name before the transaction ends. Locks no row."""
    await conn.execute("select pg_advisory_xact_lock(hashtext('account name'), hashtext(%(name)s))", {"name": name})


async def lock_terms(conn: Connection, account_id: int) -> Terms | None:
    """Return the account's terms as nobody else may change them until the transaction ends."""
    row = await one_or_none(conn, _LOCK_TERMS, {"id": account_id})
    return Terms(**row) if row else None


async def rewrite(conn: Connection, account_id: int, terms: Terms, *, refill_from: date | None) -> None:
    """Write the account's terms. `refill_from`: the first month of a refill that was not there before."""
    await conn.execute(_REWRITE, asdict(terms) | {"id": account_id, "refill_from": refill_from})


async def disable(conn: Connection, account_id: int, *, because: str, at: datetime) -> bool:
    """False if there is no such account, or it is disabled already."""
    facts = {"id": account_id, "because": because, "at": at}
    return await one_or_none(conn, _DISABLE, facts) is not None


async def enable(conn: Connection, account_id: int) -> bool:
    """False if there is no such account, or it is not disabled."""
    return await one_or_none(conn, _ENABLE, {"id": account_id}) is not None


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


_INSERT = """
insert into account (name, created_at, is_unlimited, refill_credits, refill_from)
values (%(name)s, %(at)s, %(is_unlimited)s, %(refill_credits)s, %(refill_from)s)
returning id, name
"""
_LOCK_TERMS = "select name, is_unlimited, refill_credits from account where id = %(id)s for no key update"
_REWRITE = """
update account set name = %(name)s, is_unlimited = %(is_unlimited)s, refill_credits = %(refill_credits)s,
    refill_from = case when %(refill_from)s::date is not null then coalesce(refill_from, %(refill_from)s) end
where id = %(id)s
"""
_DISABLE = """
update account set disabled_at = %(at)s, disabled_because = %(because)s
where id = %(id)s and disabled_at is null
returning id
"""
_ENABLE = """
update account set disabled_at = null, disabled_because = null where id = %(id)s and disabled_at is not null
returning id
"""
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
