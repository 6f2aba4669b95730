"""When the service was audited: any worker may look, and of all of them one does in every hour."""

from __future__ import annotations

from datetime import datetime

from seedbed.store.database import Connection, one, one_or_none

KEPT_DAYS = 30
_ONLY_ONE = 0x5EEDA0D1


async def take_turn(conn: Connection, *, every_s: float, at: datetime | None = None) -> int | None:
    """Begin an audit if none has begun within that time, and return its number. Forgets those of long ago."""
    async with conn.transaction():
        lock = await one(conn, "select pg_try_advisory_xact_lock(%(lock)s) as held", {"lock": _ONLY_ONE})
        row = await one_or_none(conn, _BEGIN, {"every_s": every_s, "at": at}) if lock["held"] else None
        await conn.execute(_FORGET, {"days": KEPT_DAYS, "at": at})
    return row["number"] if row else None


async def end_turn(conn: Connection, number: int, *, found: int, at: datetime | None = None) -> None:
    await conn.execute(_END, {"number": number, "found": found, "at": at})


_BEGIN = """
insert into audit_run (began_at)
select moment from (select coalesce(%(at)s::timestamptz, clock_timestamp()) as moment) as clock
where not exists (select from audit_run where began_at > moment - make_interval(secs => %(every_s)s))
returning number
"""
_END = """
update audit_run set ended_at = coalesce(%(at)s::timestamptz, clock_timestamp()), findings = %(found)s
where number = %(number)s
"""
_FORGET = """
delete from audit_run
where began_at < coalesce(%(at)s::timestamptz, clock_timestamp()) - make_interval(days => %(days)s)
"""
