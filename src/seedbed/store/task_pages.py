"""An account's latest jobs by the number of a page, with how many there are in all, as the Ark dialect lists them.

Such a page is counted off from the first, so it is only for a window of days; other lists go on from a cursor. How many
there are, the table of counts says by the hour; only the hour in which the window begins is counted job by job.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from seedbed.core.errors import Expired
from seedbed.core.job import Job, State
from seedbed.store.database import Connection, many, one
from seedbed.store.rows import to_job


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which jobs are wanted; None: any. `is_expired`: a failed job counts as expired by its code, or as not expired.

    `models` are the ids that a request may have named, each as its dialect spells it.
    """

    state: State | None = None
    is_expired: bool | None = None
    ids: Collection[str] | None = None
    models: Collection[str] | None = None
    is_flexible: bool | None = None


@dataclass(frozen=True, slots=True)
class TaskPage:
    jobs: tuple[Job, ...]
    total: int


async def page(
    conn: Connection,
    account_id: int,
    wanted: Filter,
    *,
    is_live: bool,
    since: datetime,
    limit: int,
    skip: int,
) -> TaskPage:
    """Return a page of the jobs created since then, newest first, and how many are wanted on all pages together."""
    facts = {
        "account_id": account_id,
        "is_live": is_live,
        "since": since,
        "whole": since.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1),
        "limit": limit,
        "skip": skip,
        "state": wanted.state,
        "is_expired": wanted.is_expired,
        "expired": Expired.code,
        "ids": None if wanted.ids is None else list(wanted.ids),
        "models": None if wanted.models is None else list(wanted.models),
        "is_flexible": wanted.is_flexible,
    }
    names = [name for name in _CONDITIONS if facts[name] is not None]
    where = " and ".join([_WINDOW, *(_CONDITIONS[name] for name in names)])
    counts = " and ".join([_WHOLE_HOURS, *(_OF_COUNTS[name] for name in names)])
    total = await one(conn, (_FEW if wanted.ids is not None else _TOTAL).format(where=where, counts=counts), facts)
    rows = await many(conn, _PAGE.format(where=where), facts) if total["total"] > skip else []
    return TaskPage(tuple(to_job(row) for row in rows), int(total["total"]))


_WINDOW = "account_id = %(account_id)s and is_live = %(is_live)s and created_at >= %(since)s"
_CONDITIONS = {
    "state": "state = %(state)s::job_state",
    "is_expired": "(error_code is not distinct from %(expired)s) = %(is_expired)s",
    "ids": "id = any(%(ids)s)",
    "models": "shown_model = any(%(models)s)",
    "is_flexible": "is_flexible = %(is_flexible)s",
}
_WHOLE_HOURS = "account_id = %(account_id)s and is_live = %(is_live)s and hour >= %(whole)s"
_OF_COUNTS = _CONDITIONS | {"is_expired": "is_expired = %(is_expired)s"}
_FEW = "select count(*) as total from job where {where}"
_TOTAL = """
select (select count(*) from job where {where} and created_at < %(whole)s)
    + (select coalesce(sum(jobs), 0) from job_count where {counts}) as total
"""
# The page's jobs are found in the index alone, so that what is skipped is not read.
_PAGE = """
select job.* from job join (
    select created_at, number from job where {where}
    order by created_at desc, number desc limit %(limit)s offset %(skip)s) wanted using (number)
order by job.number desc
"""
