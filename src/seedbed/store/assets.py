"""Uploads: where their bytes are, whose they are, and which open jobs still need them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from seedbed.core.references import Kind
from seedbed.store.database import Connection, Row, many, one_or_none

ID_PREFIX = "ast_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """`blob_key` is its place in the blob store; `sha256` is in hexadecimal. Its URL is `asset://<id>`."""

    id: str
    account_id: int
    is_live: bool
    kind: Kind
    blob_key: str
    size_bytes: int
    sha256: str
    format: str
    expires_at: datetime  # for new jobs; a job that pins it keeps it longer
    is_kept: bool = False  # a copy of what a URL held (`store.kept_references`), and no upload


async def insert(conn: Connection, asset: Asset, *, at: datetime | None = None) -> None:
    await conn.execute(_INSERT, asdict(asset) | {"at": at})


async def get(conn: Connection, account_id: int, asset_id: str, *, is_live: bool) -> Asset | None:
    """Return an account's asset, expired or not, or None: another account's and another mode's do not exist for it."""
    row = await one_or_none(conn, _GET, {"id": asset_id, "account_id": account_id, "is_live": is_live})
    return to_asset(row) if row else None


async def pin(
    conn: Connection,
    job_id: str,
    asset_ids: Sequence[str],
    *,
    account_id: int,
    is_live: bool,
    at: datetime | None,
) -> frozenset[str]:
    """Keep the assets until the job is final. Return the ids that were pinned: the others are unknown or expired."""
    facts = {"job_id": job_id, "ids": list(asset_ids), "account_id": account_id, "is_live": is_live, "at": at}
    usable = [row["id"] for row in await many(conn, _LOCK_USABLE, facts)]
    await conn.execute(_PIN, {"job_id": job_id, "ids": usable})
    return frozenset(usable)


async def unpin(conn: Connection, job_id: str) -> None:
    await conn.execute("delete from asset_pin where job_id = %(job_id)s", {"job_id": job_id})


async def take_expired(conn: Connection, *, at: datetime | None, limit: int = 100) -> list[Asset]:
    """Delete the rows of assets that nobody can use any more and return them; their bytes are the caller's to delete.

    Two statements in one transaction: a pin that came between the first's snapshot and its lock is seen by the second.
    """
    async with conn.transaction():
        rows = await many(conn, _LOCK_EXPIRED, {"at": at, "limit": limit})
        return [to_asset(row) for row in await many(conn, _DELETE, {"ids": [row["id"] for row in rows]})]


async def known(conn: Connection, asset_ids: Sequence[str]) -> frozenset[str]:
    """Return those of the ids that have a row, expired or not."""
    rows = await many(conn, "select id from asset where id = any(%(ids)s)", {"ids": list(asset_ids)})
    return frozenset(row["id"] for row in rows)


async def drop(conn: Connection, asset_ids: Sequence[str]) -> frozenset[str]:
    """Delete the rows that no job pins. Return the ids whose rows remain, so whose bytes must remain too."""
    async with conn.transaction():
        await conn.execute("select from asset where id = any(%(ids)s) for update", {"ids": list(asset_ids)})
        await conn.execute(_DELETE, {"ids": list(asset_ids)})
        rows = await many(conn, "select id from asset where id = any(%(ids)s)", {"ids": list(asset_ids)})
    return frozenset(row["id"] for row in rows)


def to_asset(row: Row) -> Asset:
    return Asset(
        id=row["id"],
        account_id=row["account_id"],
        is_live=row["is_live"],
        kind=Kind(row["kind"]),
        blob_key=row["blob_key"],
        size_bytes=row["size_bytes"],
        sha256=row["sha256"],
        format=row["format"],
        expires_at=row["expires_at"],
        is_kept=row["is_kept"],
    )


_INSERT = """
insert into asset (id, account_id, is_live, kind, format, blob_key, size_bytes, sha256, created_at, expires_at, is_kept)
values (%(id)s, %(account_id)s, %(is_live)s, %(kind)s, %(format)s, %(blob_key)s, %(size_bytes)s, %(sha256)s,
    coalesce(%(at)s::timestamptz, clock_timestamp()), %(expires_at)s, %(is_kept)s)
"""
_GET = "select * from asset where id = %(id)s and account_id = %(account_id)s and is_live = %(is_live)s"
_LOCK_USABLE = """
select id from asset
where id = any(%(ids)s) and account_id = %(account_id)s and is_live = %(is_live)s
    and expires_at > coalesce(%(at)s::timestamptz, clock_timestamp())
order by id for key share
"""
_PIN = """
insert into asset_pin (job_id, asset_id) select %(job_id)s, unnest(%(ids)s::text[]) on conflict do nothing
"""
_LOCK_EXPIRED = """
select id from asset
where expires_at <= coalesce(%(at)s::timestamptz, statement_timestamp())
    and not exists (select from asset_pin where asset_id = asset.id)
order by id limit %(limit)s for update skip locked
"""
_DELETE = """
delete from asset where id = any(%(ids)s) and not exists (select from asset_pin where asset_id = asset.id) returning *
"""
