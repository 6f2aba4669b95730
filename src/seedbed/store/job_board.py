"""Everybody's jobs, for those who run the service: a page at a time, newest first, and all of one.

However rare what is looked for, a page looks at so many jobs and no more, by one index: then it ends, full or not, and
says where the next one begins.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from seedbed.core.credits import TransferKind
from seedbed.core.job import Job, State
from seedbed.store.database import Connection, Row, many, one, one_or_none
from seedbed.store.ledger import Entry
from seedbed.store.rows import to_job

LOOKED_AT = 10_000
OPEN_LOOKED_AT = 1_000  # of open jobs, which are sorted by number first: no index has them so
_OPEN = (State.QUEUED, State.PROCESSING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which jobs to show; None: whichever. `model` is an id of any dialect, `engine` the one that has it or had it."""

    account_id: int | None = None
    is_live: bool | None = None
    state: State | None = None
    pool: str | None = None
    model: str | None = None
    engine: str | None = None
    code: str | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A job, and what its owner is not told. `number` is the order of arrival, `rank_at` its place in its lane."""

    job: Job
    number: int
    account_name: str
    priority: int
    rank_at: datetime
    run_at: datetime
    worker: str | None
    lease_until: datetime | None


@dataclass(frozen=True, slots=True)
class Page:
    """`before` leads to older ones; None: there are none."""

    jobs: list[Standing]
    before: int | None


async def page(conn: Connection, wanted: Wanted, *, limit: int, before: int) -> Page:
    """Return the newest of the jobs whose number is less than `before`: `limit` at most, and maybe none."""
    looked_at, most = _looked_at(wanted)
    facts = asdict(wanted) | {"limit": limit + 1, "before": before, "most": most}
    found = [_to_standing(row) for row in await many(conn, _PAGE.format(looked_at=looked_at), facts)]
    if len(found) > limit:
        return Page(found[:limit], found[limit - 1].number)
    end = await one(conn, _END.format(looked_at=looked_at), facts)
    is_over = end["jobs"] < most or (wanted.since is not None and end["oldest_at"] < wanted.since)
    return Page(found, None if is_over else end["last"])


async def get(conn: Connection, job_id: str) -> Standing | None:
    row = await one_or_none(conn, _GET, {"id": job_id})
    return _to_standing(row) if row else None


async def worker_of(conn: Connection, job_id: str) -> str | None:
    row = await one_or_none(conn, "select worker from job where id = %(id)s", {"id": job_id})
    return row["worker"] if row else None


async def money_of(conn: Connection, job_id: str) -> list[Entry]:
    """Return what a job moved, in order: its hold, and what became of it."""
    rows = await many(conn, _MONEY, {"id": job_id})
    return [Entry(**row | {"kind": TransferKind(row["kind"])}) for row in rows]


def _looked_at(wanted: Wanted) -> tuple[str, int]:
    """Return the statement for the jobs that a page looks at, and how many those are at most."""
    if wanted.account_id is not None:
        return _OF_ACCOUNT, LOOKED_AT
    return (_OF_STATE[wanted.state], OPEN_LOOKED_AT) if wanted.state in _OPEN else (_OF_ALL, LOOKED_AT)


def _to_standing(row: Row) -> Standing:
    return Standing(
        job=to_job(row),
        number=row["number"],
        account_name=row["account_name"],
        priority=row["priority"],
        rank_at=row["rank_at"],
        run_at=row["run_at"],
        worker=row["worker"],
        lease_until=row["lease_until"],
    )


_NEWEST = "number < %(before)s order by number desc limit %(most)s"
_OF_ALL = f"select * from job where {_NEWEST}"  # noqa: S608 - a constant
# By both modes, because the index begins with them; they are merged as far as the page needs.
_OF_ACCOUNT = f"""
select * from (
    (select * from job where account_id = %(account_id)s and is_live and {_NEWEST})
    union all
    (select * from job where account_id = %(account_id)s and not is_live and {_NEWEST})
) own order by number desc limit %(most)s
"""  # noqa: S608 - a constant
# The state stands in the text, or the partial indexes of open jobs would be none for a prepared statement.
_OF_STATE = {
    state: f"select * from job where state = '{state}' and {_NEWEST}"  # noqa: S608 - two constants
    for state in _OPEN
}
_PAGE = """
select job.*, account.name as account_name from ({looked_at}) job join account on account.id = job.account_id
where (%(is_live)s::boolean is null or is_live = %(is_live)s)
    and (%(state)s::text is null or state::text = %(state)s)
    and (%(pool)s::text is null or pool = %(pool)s)
    and (%(model)s::text is null or %(model)s in (shown_model, request ->> 'model'))
    and (%(engine)s::text is null or engine = %(engine)s)
    and (%(code)s::text is null or error_code = %(code)s)
    and (%(since)s::timestamptz is null or job.created_at >= %(since)s)
order by number desc limit %(limit)s
"""
_END = """
select count(*) as jobs, min(number) as last, min(created_at) as oldest_at from ({looked_at}) job
"""
_GET = """
select job.*, account.name as account_name from job join account on account.id = job.account_id where job.id = %(id)s
"""
_MONEY = """
with held as (select * from transfer where job_id = %(id)s and kind = 'hold'),
moved as (
    select * from held
    union all
    select transfer.* from transfer join held on transfer.hold_id = held.id
)
select id, kind, amount_credits, job_id, note, at from moved order by id
"""
