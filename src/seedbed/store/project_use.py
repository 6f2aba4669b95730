"""What accounts have used, by account and project: their ended jobs, counted on the days on which they ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from seedbed.store.database import Connection, many
from seedbed.store.usage import COUNTS, ENDED_IN_DAYS, PROJECT


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedByProject:
    """One line. `seconds` and `credits` are those of succeeded jobs: nothing else costs anything."""

    account_id: int
    account_name: str
    project_id: str | None  # metadata.projectId, if it is a text or a number
    succeeded: int
    failed: int
    cancelled: int
    seconds: int
    credits: int


async def by_project(
    conn: Connection, *, account_id: int | None, is_live: bool, first: date, last: date, limit: int
) -> list[UsedByProject]:
    """Return the lines of these days (UTC, both included), by account and project; `account_id` None: of all."""
    facts = {"account_id": account_id, "is_live": is_live, "first": first, "last": last, "limit": limit}
    return [UsedByProject(**row) for row in await many(conn, _BY_PROJECT, facts)]


# Account by account, since that is how ended jobs are indexed.
_BY_PROJECT = f"""
select account.id as account_id, account.name as account_name, used.* from account cross join lateral (
    select {PROJECT},
        {COUNTS}
    from job
    where job.account_id = account.id and is_live = %(is_live)s
        and {ENDED_IN_DAYS}
    group by 1) used
where %(account_id)s::bigint is null or account.id = %(account_id)s
order by account.id, project_id limit %(limit)s
"""  # noqa: S608 - the parts are constants
