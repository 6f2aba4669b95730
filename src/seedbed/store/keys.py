"""API keys at rest: the digest, never the key."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from seedbed.core.keys import Mode, ParsedKey, Scope
from seedbed.store.database import Connection, Row, many, one, one_or_none


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is calling."""

    account_id: int
    mode: Mode
    key_id: int
    scopes: frozenset[Scope]

    @property
    def is_live(self) -> bool:
        return self.mode is Mode.LIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKey:
    id: int
    account_id: int
    mode: Mode
    name: str
    last_four: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


async def insert(
    conn: Connection,
    account_id: int,
    parsed: ParsedKey,
    *,
    name: str,
    scopes: Iterable[Scope],
    expires_at: datetime | None,
) -> int:
    """Write a new key and return its number."""
    facts = {
        "account_id": account_id,
        "is_live": parsed.mode is Mode.LIVE,
        "digest": parsed.digest,
        "last_four": parsed.last_four,
        "name": name,
        "scopes": sorted(scopes),
        "expires_at": expires_at,
    }
    return int((await one(conn, _INSERT, facts))["id"])


async def use(conn: Connection, parsed: ParsedKey, *, at: datetime | None) -> Principal | None:
    """Return whose key this is if it is valid at this moment. Notes its use, at most once a minute."""
    facts = {"digest": parsed.digest, "is_live": parsed.mode is Mode.LIVE, "at": at}
    row = await one_or_none(conn, _FIND, facts)
    if row is None:
        return None
    if row["is_use_news"]:
        await conn.execute(_NOTE_USE, facts)
    return Principal(row["account_id"], parsed.mode, row["id"], _scopes(row))


async def revoke(conn: Connection, key_id: int, *, at: datetime | None) -> bool:
    """Make the key invalid from now on. False if there is none of that number. Idempotent: the first moment stays."""
    return await one_or_none(conn, _REVOKE, {"id": key_id, "at": at}) is not None


async def of_account(conn: Connection, account_id: int) -> list[StoredKey]:
    """Return all its keys in both modes, revoked ones too, the oldest first."""
    rows = await many(conn, "select * from api_key where account_id = %(id)s order by id", {"id": account_id})
    return [_to_stored(row) for row in rows]


async def everybodys(conn: Connection) -> list[StoredKey]:
    """Return the keys of all accounts, the oldest first. For the operator."""
    return [_to_stored(row) for row in await many(conn, "select * from api_key order by id", {})]


def _scopes(row: Row) -> frozenset[Scope]:
    return frozenset(Scope(scope) for scope in row["scopes"])


def _to_stored(row: Row) -> StoredKey:
    return StoredKey(
        id=row["id"],
        account_id=row["account_id"],
        mode=Mode.LIVE if row["is_live"] else Mode.TEST,
        name=row["name"],
        last_four=row["last_four"],
        scopes=_scopes(row),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
        last_used_at=row["last_used_at"],
    )


_INSERT = """
insert into api_key (account_id, is_live, digest, last_four, name, scopes, expires_at)
values (%(account_id)s, %(is_live)s, %(digest)s, %(last_four)s, %(name)s, %(scopes)s, %(expires_at)s)
returning id
"""
_FIND = """
select id, account_id, scopes,
    last_used_at is null or last_used_at < coalesce(%(at)s::timestamptz, clock_timestamp()) - interval '1 minute'
        as is_use_news
from api_key
where digest = %(digest)s and is_live = %(is_live)s and revoked_at is null
    and (expires_at is null or expires_at > coalesce(%(at)s::timestamptz, clock_timestamp()))
"""
_NOTE_USE = """
update api_key set last_used_at = coalesce(%(at)s::timestamptz, clock_timestamp()) where digest = %(digest)s
"""
_REVOKE = """
update api_key set revoked_at = coalesce(revoked_at, %(at)s::timestamptz, clock_timestamp()) where id = %(id)s
returning id
"""
