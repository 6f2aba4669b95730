"""Whose turn it is to do what one worker does for all of them."""

from __future__ import annotations

from datetime import datetime

from seedbed.store.database import Connection, one_or_none


async def take(conn: Connection, chore: str, *, pause_s: float, at: datetime | None = None) -> bool:
    """Say whether the caller is to do the chore now: nobody has taken it on for so long. Who loses writes nothing."""
    return await one_or_none(conn, _TAKE, {"name": chore, "pause_s": pause_s, "at": at}) is not None


# Two that come at the same instant: the one that waited sees the other's moment when it looks at the row again.
_TAKE = """
with taken as (
    update chore set begun_at = coalesce(%(at)s::timestamptz, statement_timestamp())
    where name = %(name)s
        and begun_at <= coalesce(%(at)s::timestamptz, statement_timestamp()) - make_interval(secs => %(pause_s)s)
    returning name
), begun as (
    insert into chore (name, begun_at)
    select %(name)s, coalesce(%(at)s::timestamptz, statement_timestamp())
    where not exists (select from chore where name = %(name)s)
    on conflict (name) do nothing
    returning name
)
select name from taken union all select name from begun
"""
