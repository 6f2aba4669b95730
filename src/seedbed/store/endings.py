"""The ends of an account's jobs, in the order in which they happened and without a gap, for those who follow them.

A job that ended earlier may be committed later, and whoever had read past it would never see it. So nobody reads past
the beginning of the oldest transaction that is still under way.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from seedbed.core.job import Job
from seedbed.store.database import Connection, many, one
from seedbed.store.rows import to_job

LONGEST_TRANSACTION_S = 120  # no transaction of ours lasts that long: its statements and pauses have deadlines


@dataclass(frozen=True, slots=True)
class Place:
    """A place among the ends: what follows has ended later, or at the same moment with a greater id."""

    at: datetime
    job_id: str = ""


async def after(conn: Connection, account_id: int, place: Place, *, is_live: bool, limit: int) -> list[Job]:
    """Return the jobs that have ended after that place, the oldest end first. Call it outside a transaction."""
    horizon = (await one(conn, _HORIZON, {"longest_s": LONGEST_TRANSACTION_S}))["horizon"]
    facts = {
        "account_id": account_id,
        "is_live": is_live,
        "at": place.at,
        "job_id": place.job_id,
        "horizon": horizon,
        "limit": limit,
    }
    return [to_job(row) for row in await many(conn, _AFTER, facts)]


# Whoever ends a job has locked its lane before it looks at the clock, and so has a transaction id by then. Those
# without one (a long backup, say) are passed over. The statement's own beginning stands for those that begin meanwhile.
_HORIZON = """
select greatest(
    coalesce(min(xact_start), statement_timestamp()),
    statement_timestamp() - make_interval(secs => %(longest_s)s)) as horizon
from pg_stat_activity
where datname = current_database() and backend_xid is not null and pid <> pg_backend_pid()
"""
_AFTER = """
select * from job
where account_id = %(account_id)s and is_live = %(is_live)s
    and (finished_at, id) > (%(at)s::timestamptz, %(job_id)s::text) and finished_at < %(horizon)s::timestamptz
order by finished_at, id limit %(limit)s
"""
