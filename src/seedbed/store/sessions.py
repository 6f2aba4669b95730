"""Signed-in browsers and tickets at rest: digests alone, each of a key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from seedbed.core.keys import Mode, Scope
from seedbed.core.sessions import SessionToken
from seedbed.store.database import Connection, Row, one_or_none


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """What a session is of."""

    account_id: int
    account_name: str
    key_id: int
    key_name: str
    last_four: str
    mode: Mode
    scopes: frozenset[Scope]
    is_person: bool  # who signed in by other means than a key; the session's key only stands for them
    expires_at: datetime


async def insert(
    conn: Connection, token: SessionToken, key_id: int, *, lifetime: timedelta, at: datetime | None
) -> SignedIn | None:
    """Begin a session of the key, which ends after `lifetime`, however it is used. None if the key is not valid."""
    await conn.execute(_INSERT, {"digest": token.digest, "key_id": key_id, "lifetime": lifetime, "at": at})
    return await get(conn, token, at=at)


async def get(conn: Connection, token: SessionToken, *, at: datetime | None) -> SignedIn | None:
    """Return what the session is of, or None if it is over or its key is."""
    row = await one_or_none(conn, _GET, {"digest": token.digest, "at": at})
    return _to_signed_in(row) if row else None


async def end(conn: Connection, token: SessionToken) -> None:
    await conn.execute("delete from console_session where digest = %(digest)s", {"digest": token.digest})


async def end_all(conn: Connection, token: SessionToken) -> None:
    """End every session of the key that this session is of, this one too."""
    await conn.execute(_END_ALL, {"digest": token.digest})


async def insert_ticket(
    conn: Connection, token: SessionToken, key_id: int, *, lifetime: timedelta, at: datetime | None
) -> None:
    await conn.execute(_INSERT_TICKET, {"digest": token.digest, "key_id": key_id, "lifetime": lifetime, "at": at})


async def take_ticket(conn: Connection, token: SessionToken, *, at: datetime | None) -> int | None:
    """Return the key of a ticket that was good, which it is no longer; None for any other."""
    row = await one_or_none(conn, _TAKE_TICKET, {"digest": token.digest, "at": at})
    return int(row["api_key_id"]) if row else None


async def sweep(conn: Connection, *, at: datetime | None = None) -> None:
    """Delete what is over."""
    await conn.execute(_SWEEP, {"at": at})
    await conn.execute(_SWEEP_TICKETS, {"at": at})


def _to_signed_in(row: Row) -> SignedIn:
    return SignedIn(
        account_id=row["account_id"],
        account_name=row["account_name"],
        key_id=row["key_id"],
        key_name=row["key_name"],
        last_four=row["last_four"],
        mode=Mode.LIVE if row["is_live"] else Mode.TEST,
        scopes=frozenset(Scope(scope) for scope in row["scopes"]),
        is_person=row["is_person"],
        expires_at=row["expires_at"],
    )


_INSERT = """
insert into console_session (digest, api_key_id, began_at, expires_at)
select %(digest)s, %(key_id)s, now.at, now.at + %(lifetime)s
from (select coalesce(%(at)s::timestamptz, clock_timestamp()) as at offset 0) now
"""
_GET = """
select account.id as account_id, account.name as account_name, api_key.id as key_id, api_key.name as key_name,
    api_key.last_four, api_key.is_live, api_key.scopes, api_key.stands_for is not null as is_person,
    least(console_session.expires_at, api_key.expires_at) as expires_at
from console_session
    join api_key on api_key.id = console_session.api_key_id
    join account on account.id = api_key.account_id,
    (select coalesce(%(at)s::timestamptz, clock_timestamp()) as at offset 0) now
where console_session.digest = %(digest)s and console_session.expires_at > now.at
    and api_key.revoked_at is null and (api_key.expires_at is null or api_key.expires_at > now.at)
"""
_END_ALL = """
delete from console_session where api_key_id = (
    select api_key_id from console_session where digest = %(digest)s)
"""
_INSERT_TICKET = """
insert into console_ticket (digest, api_key_id, expires_at)
values (%(digest)s, %(key_id)s, coalesce(%(at)s::timestamptz, clock_timestamp()) + %(lifetime)s)
"""
_TAKE_TICKET = """
delete from console_ticket
where digest = %(digest)s and expires_at > coalesce(%(at)s::timestamptz, clock_timestamp())
returning api_key_id
"""
_SWEEP = """
delete from console_session where ctid in (
    select ctid from console_session where expires_at <= coalesce(%(at)s::timestamptz, clock_timestamp())
    limit 1000 for update skip locked)
"""
_SWEEP_TICKETS = """
delete from console_ticket where expires_at <= coalesce(%(at)s::timestamptz, clock_timestamp())
"""
