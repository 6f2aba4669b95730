"""What operators hold back for a while: the jobs of a pool, and all new orders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from seedbed.store.database import Connection, many, one_or_none


@dataclass(frozen=True, slots=True)
class Pause:
    """None of the pool's jobs is claimed. Those in progress go on, and new ones may be queued."""

    pool: str
    reason: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Maintenance:
    """No new orders are taken; everything else goes on. `message` is what customers read."""

    message: str
    since: datetime
    until: datetime | None


async def pauses(conn: Connection) -> dict[str, Pause]:
    """Return every pause by its pool."""
    rows = await many(conn, "select pool, reason, since from pool_pause order by pool", {})
    return {row["pool"]: Pause(**row) for row in rows}


async def pause(conn: Connection, pool: str, *, reason: str, at: datetime | None) -> Pause:
    """Hold the pool's jobs back. One that is held back already keeps its moment and gets the new reason."""
    row = await one_or_none(conn, _PAUSE, {"pool": pool, "reason": reason, "at": at})
    assert row is not None
    return Pause(**row)


async def resume(conn: Connection, pool: str) -> bool:
    """Return whether the pool was held back until now."""
    return (
        await one_or_none(conn, "delete from pool_pause where pool = %(pool)s returning pool", {"pool": pool})
        is not None
    )


async def maintenance(conn: Connection, *, at: datetime | None = None) -> Maintenance | None:
    row = await one_or_none(conn, _MAINTENANCE, {"at": at})
    return Maintenance(**row) if row else None


async def begin_maintenance(
    conn: Connection, *, message: str, until: datetime | None, at: datetime | None
) -> Maintenance:
    """Take no new orders. If none are taken already, the message and the end are changed."""
    row = await one_or_none(conn, _BEGIN, {"message": message, "until": until, "at": at})
    assert row is not None
    return Maintenance(**row)


async def end_maintenance(conn: Connection, *, at: datetime | None) -> bool:
    """Return whether no orders were taken until now."""
    was_on = await maintenance(conn, at=at) is not None
    await conn.execute("delete from maintenance")
    return was_on


_PAUSE = """
insert into pool_pause (pool, reason, since)
values (%(pool)s, %(reason)s, coalesce(%(at)s::timestamptz, clock_timestamp()))
on conflict (pool) do update set reason = excluded.reason
returning pool, reason, since
"""
_MAINTENANCE = """
select message, since, until from maintenance
where until is null or until > coalesce(%(at)s::timestamptz, clock_timestamp())
"""
# What is over by itself begins anew.
_BEGIN = """
insert into maintenance (message, since, until)
values (%(message)s, coalesce(%(at)s::timestamptz, clock_timestamp()), %(until)s)
on conflict (is_only) do update set message = excluded.message, until = excluded.until,
    since = case when maintenance.until <= excluded.since then excluded.since else maintenance.since end
returning message, since, until
"""
