"""What an account has used: its ended jobs, counted by day, model, key and project.

A job counts on the day on which it ended, when its credits were captured or given back. One that was erased is counted
no more; its credits are in the ledger still.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from seedbed.store.database import Connection, many


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """One line. `seconds` and `credits` are those of succeeded jobs: nothing else costs anything."""

    day: date
    model: str
    api_key_id: int | None  # None: the key is not known any more
    key_name: str | None
    project_id: str | None  # metadata.projectId, if it is a text or a number
    succeeded: int
    failed: int
    cancelled: int
    seconds: int
    credits: int


async def by_day(
    conn: Connection, account_id: int, *, is_live: bool, first: date, last: date, limit: int
) -> list[Used]:
    """Return the lines of these days (UTC, both included), the oldest first."""
    facts = {"account_id": account_id, "is_live": is_live, "first": first, "last": last, "limit": limit}
    return [Used(**row) for row in await many(conn, _BY_DAY, facts)]


PROJECT = """
case when json_typeof(request #> '{metadata,projectId}') in ('string', 'number')
    then request #>> '{metadata,projectId}' end as project_id
"""
COUNTS = """
count(*) filter (where state = 'succeeded') as succeeded,
count(*) filter (where state = 'failed') as failed,
count(*) filter (where state = 'cancelled') as cancelled,
coalesce(sum((request ->> 'duration_s')::int) filter (where state = 'succeeded'), 0) as seconds,
coalesce(sum(price_credits) filter (where state = 'succeeded'), 0)::bigint as credits
"""
ENDED_IN_DAYS = """
finished_at >= %(first)s::date::timestamp at time zone 'UTC'
and finished_at < (%(last)s::date + 1)::timestamp at time zone 'UTC'
"""
_BY_DAY = f"""
select used.*, api_key.name as key_name from (
    select (finished_at at time zone 'UTC')::date as day, request ->> 'model' as model, api_key_id,
        {PROJECT},
        {COUNTS}
    from job
    where account_id = %(account_id)s and is_live = %(is_live)s
        and {ENDED_IN_DAYS}
    group by 1, 2, 3, 4
    order by 1, 2, 3, 4 limit %(limit)s) used
left join api_key on api_key.id = used.api_key_id
order by day, model, api_key_id, project_id
"""  # noqa: S608 - the parts are constants
