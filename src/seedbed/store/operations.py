"""What operators hold back for a while: the jobs of a pool, and all new orders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from seedbed.core.operators import Operator
from seedbed.store.database import Connection, many, one, one_or_none


@dataclass(frozen=True, slots=True)
class Pause:
    """None of the pool's jobs is claimed. Those in progress go on, and new ones may be queued."""

    pool: str
    reason: str
    since: datetime
    actor: str


@dataclass(frozen=True, slots=True)
class Maintenance:
    """No new orders are taken; everything else goes on. `message` is what customers read."""

    message: str
    since: datetime
    until: datetime | None
    actor: str


async def pauses(conn: Connection) -> dict[str, Pause]:
    """Return every pause by its pool."""
    rows = await many(conn, "select * from pool_pause order by pool", {})
    return {row["pool"]: Pause(**row) for row in rows}


async def pause(conn: Connection, pool: str, *, reason: str, by: Operator, at: datetime | None) -> Pause:
    """Hold the pool's jobs back. One that is held back already keeps its moment and gets the new reason."""
    facts = {"pool": pool, "reason": reason, "actor": by.name, "api_key_id": by.key_id, "at": at}
    return Pause(**await one(conn, _PAUSE, facts))


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
    conn: Connection, *, message: str, until: datetime | None, by: Operator, at: datetime | None
) -> Maintenance:
    """Take no new orders. If none are taken already, the message and the end are changed."""
    facts = {"message": message, "until": until, "actor": by.name, "api_key_id": by.key_id, "at": at}
    return Maintenance(**await one(conn, _BEGIN, facts))


async def end_maintenance(conn: Connection, *, at: datetime | None) -> bool:
    """Return whether no orders were taken until now."""
    was_on = await maintenance(conn, at=at) is not None
    await conn.execute("delete from maintenance")
    return was_on


_PAUSE = """
insert into pool_pause (pool, reason, since, actor)
values (%(pool)s, %(reason)s, coalesce(%(at)s::timestamptz, clock_timestamp()),
    coalesce((select name from api_key where id = %(api_key_id)s), %(actor)s))
on conflict (pool) do update set reason = excluded.reason, actor = excluded.actor
returning pool, reason, since, actor
"""
_MAINTENANCE = """
select message, since, until, actor from maintenance
where until is null or until > coalesce(%(at)s::timestamptz, clock_timestamp())
"""
# What is over by itself begins anew.
_BEGIN = """
insert into maintenance (message, since, until, actor)
values (%(message)s, coalesce(%(at)s::timestamptz, clock_timestamp()), %(until)s,
    coalesce((select name from api_key where id = %(api_key_id)s), %(actor)s))
on conflict (is_only) do update set message = excluded.message, until = excluded.until, actor = excluded.actor,
    since = case when maintenance.until <= excluded.since then excluded.since else maintenance.since end
returning message, since, until, actor
"""
