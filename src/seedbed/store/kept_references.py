"""What the URLs among a job's references held: assets that workers made, each kept once in an account's mode.

Uploads are never taken for them nor they for uploads, so that erasing a job takes nothing that its owner has sent. An
asset lives on while any job names it and its time is not over; who takes its last job away locks it first, so that of
two who do so at once the second sees it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from seedbed.store.assets import Asset, to_asset
from seedbed.store.database import Connection, many, one, one_or_none


async def hold_attempt(conn: Connection, job_id: str, attempt: int) -> bool:
    """Lock the job until the end of the transaction. False: it is this attempt's no more."""
    return await one_or_none(conn, _HOLD_ATTEMPT, {"id": job_id, "attempt": attempt}) is not None


async def renew(
    conn: Connection, account_id: int, sha256: str, *, is_live: bool, lifetime_s: int, at: datetime | None = None
) -> str | None:
    """Return the id of the asset with those bytes, which now lives that long at least. None: nobody has kept them."""
    facts = {"account_id": account_id, "is_live": is_live, "sha256": sha256, "lifetime_s": lifetime_s, "at": at}
    row = await one_or_none(conn, _RENEW, facts)
    return row["id"] if row else None


async def insert(conn: Connection, asset: Asset, *, at: datetime | None = None) -> str:
    """Insert it, or keep the one that has the same bytes for as long. Return the id of the one that stands."""
    row = await one(conn, _INSERT, asdict(asset) | {"at": at})
    return str(row["id"])


async def name(conn: Connection, job_id: str, position: int, asset_id: str) -> None:
    """Say that this is what the job's reference at that position (from 0) held."""
    await conn.execute(_NAME, {"job_id": job_id, "position": position, "asset_id": asset_id})


async def of_job(conn: Connection, job_id: str) -> dict[int, Asset]:
    """Return what is kept of a job's references, by position."""
    return {row["position"]: to_asset(row) for row in await many(conn, _OF_JOB, {"job_id": job_id})}


async def take_over(conn: Connection, job_id: str, source_id: str, *, at: datetime | None = None) -> None:
    """Have a new job use what is kept of another job of its account and mode, and pin it until the new one is final."""
    rows = await many(conn, _LOCK_KEPT, {"job_id": job_id, "source_id": source_id, "at": at})
    facts = {"job_id": job_id, "source_id": source_id, "asset_ids": [row["id"] for row in rows]}
    await conn.execute(_COPY, facts)
    await conn.execute(_PIN, facts)


async def lock_of_job(conn: Connection, job_id: str) -> list[str]:
    """Lock what is kept of a job's references, for `drop_unnamed` in the same transaction, and return the ids."""
    return [row["id"] for row in await many(conn, _LOCK_OF_JOB, {"job_id": job_id})]


async def drop_unnamed(conn: Connection, asset_ids: Sequence[str]) -> list[Asset]:
    """Delete those that no job names any more, and return them; their bytes are the caller's to delete."""
    return [to_asset(row) for row in await many(conn, _DROP_UNNAMED, {"ids": list(asset_ids)})]


_HOLD_ATTEMPT = """
select id from job where id = %(id)s and attempt = %(attempt)s and state = 'processing' for no key update
"""
_RENEW = """
update asset set expires_at = greatest(
    expires_at, coalesce(%(at)s::timestamptz, clock_timestamp()) + make_interval(secs => %(lifetime_s)s))
where account_id = %(account_id)s and is_live = %(is_live)s and sha256 = %(sha256)s and is_kept
returning id
"""
_INSERT = """
insert into asset (id, account_id, is_live, kind, format, blob_key, size_bytes, sha256, created_at, expires_at, is_kept)
values (%(id)s, %(account_id)s, %(is_live)s, %(kind)s, %(format)s, %(blob_key)s, %(size_bytes)s, %(sha256)s,
    coalesce(%(at)s::timestamptz, clock_timestamp()), %(expires_at)s, true)
on conflict (account_id, is_live, sha256) where is_kept
    do update set expires_at = greatest(asset.expires_at, excluded.expires_at)
returning id
"""
_NAME = """
insert into job_reference (job_id, position, asset_id) values (%(job_id)s, %(position)s, %(asset_id)s)
on conflict (job_id, position) do update set asset_id = excluded.asset_id
"""
_OF_JOB = "select position, asset.* from job_reference join asset on asset.id = asset_id where job_id = %(job_id)s"
_LOCK_KEPT = """
select asset.id from asset
where id in (select asset_id from job_reference where job_id = %(source_id)s)
    and (account_id, is_live) = (select account_id, is_live from job where id = %(job_id)s)
    and expires_at > coalesce(%(at)s::timestamptz, clock_timestamp())
order by id for key share
"""
_COPY = """
insert into job_reference (job_id, position, asset_id)
select %(job_id)s, position, asset_id from job_reference
where job_id = %(source_id)s and asset_id = any(%(asset_ids)s::text[])
"""
_PIN = """
insert into asset_pin (job_id, asset_id) select %(job_id)s, unnest(%(asset_ids)s::text[]) on conflict do nothing
"""
_LOCK_OF_JOB = """
select id from asset where id in (select asset_id from job_reference where job_id = %(job_id)s) order by id for update
"""
_DROP_UNNAMED = """
delete from asset
where id = any(%(ids)s) and is_kept
    and not exists (select from job_reference where asset_id = asset.id)
    and not exists (select from asset_pin where asset_id = asset.id)
returning *
"""
