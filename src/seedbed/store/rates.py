"""What keys have taken of their quotas, counted by the one database that all API processes share, so exactly.

Taking is one statement in a transaction of its own. It locks the row of one key and policy for as long as that takes,
waits for no other lock meanwhile, and, the table being unlogged, for no disk.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from seedbed.core.rate_limits import MICROSECOND, Allowance, Quota
from seedbed.store.database import Connection, Row, one


async def take(conn: Connection, key_id: int, quota: Quota, *, units: int = 1, at: datetime | None = None) -> Allowance:
    """Take so many units of a key's quota, or none if so many are not there: see `was_refused`.

    `units` must not be more than the whole quota: they would never be there.
    """
    facts = {"key_id": key_id, "cost": quota.cost(units), "at": at, **of_quota(quota)}
    return to_allowance(await one(conn, _TAKE_ALONE, facts), quota)


async def give_back(conn: Connection, key_id: int, quota: Quota, *, units: int) -> None:
    """Undo a part of what was taken: it was not needed after all."""
    await conn.execute(_GIVE_BACK, {"key_id": key_id, "policy": quota.policy, "cost": quota.cost(units)})


def of_quota(quota: Quota) -> dict[str, object]:
    """Return what TAKE needs to know of a quota."""
    return {"policy": quota.policy, "span": quota.window, "span_us": quota.window // MICROSECOND, "most": quota.limit}


def to_allowance(row: Row, quota: Quota) -> Allowance:
    taken = max(row["free_at"] - row["taken_at"], timedelta(0))
    return Allowance(quota, taken, was_refused=row["was_refused"])


# Needs a table expression `asking` with the columns key_id, at and cost. Under the row's lock its newest version is
# judged, so that two who ask at the same time cannot both get the last unit. What is refused takes nothing.
TAKE = """
insert into rate as held (api_key_id, policy, taken_at, free_at, was_refused)
select key_id, %(policy)s, at, at + cost, false from asking
on conflict (api_key_id, policy) do update set
    taken_at = excluded.taken_at,
    was_refused = greatest(held.free_at, excluded.taken_at) + (excluded.free_at - excluded.taken_at)
        > excluded.taken_at + %(span)s,
    free_at = case
        when greatest(held.free_at, excluded.taken_at) + (excluded.free_at - excluded.taken_at)
            > excluded.taken_at + %(span)s then held.free_at
        else greatest(held.free_at, excluded.taken_at) + (excluded.free_at - excluded.taken_at)
    end
returning taken_at, free_at, was_refused
"""
_TAKE_ALONE = (
    """
with asking (key_id, at, cost) as materialized (
    select %(key_id)s::bigint, coalesce(%(at)s::timestamptz, clock_timestamp()), %(cost)s::interval)
"""
    + TAKE
)
_GIVE_BACK = """
update rate set free_at = free_at - %(cost)s where api_key_id = %(key_id)s and policy = %(policy)s
"""
