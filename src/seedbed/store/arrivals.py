"""An account's jobs in the order of their arrival, either way, from one of them on.

That one may have been erased since: whoever deletes what a page shows, and then asks for the next one, goes on where
the page ended. Its hold in the ledger, which is never deleted, tells where that was.
"""

from __future__ import annotations

from seedbed.core.job import Job
from seedbed.store.database import Connection, many, one_or_none
from seedbed.store.rows import to_job

FIRST, LAST = 0, 2**63 - 1  # less and more than any number of a job


async def after(
    conn: Connection, account_id: int, job_id: str | None, *, is_live: bool, is_ascending: bool, limit: int
) -> list[Job] | None:
    """Return the jobs that follow, the newest first unless it is ascending. None: the account never had that job."""
    facts = {"account_id": account_id, "is_live": is_live, "job_id": job_id, "limit": limit}
    number = FIRST if is_ascending else LAST
    if job_id is not None:
        row = await one_or_none(conn, _NUMBER, facts) or await one_or_none(conn, _ERASED[is_ascending], facts)
        if row is None:
            return None
        number = row["number"]
    return [to_job(row) for row in await many(conn, _PAGE[is_ascending], facts | {"number": number})]


_NUMBER = "select number from job where id = %(job_id)s and account_id = %(account_id)s and is_live = %(is_live)s"
# Holds are written in the order of their jobs: an account's submits in one mode wait for each other. The next hold
# whose job exists is that of the page's first job, so the page begins just before it.
_NEIGHBOUR = """
select coalesce((
    select number {beside} 1 from transfer join job on job.id = transfer.job_id
    where transfer.account_id = %(account_id)s and transfer.is_live = %(is_live)s and transfer.kind = 'hold'
        and transfer.id {beyond} gone.id
    order by transfer.id {order} limit 1), {none}) as number
from transfer gone
where gone.job_id = %(job_id)s and gone.kind = 'hold'
    and gone.account_id = %(account_id)s and gone.is_live = %(is_live)s
"""
_ERASED = {
    True: _NEIGHBOUR.format(beside="-", beyond=">", order="asc", none=LAST),
    False: _NEIGHBOUR.format(beside="+", beyond="<", order="desc", none=FIRST),
}
_PAGE = {
    True: """
select * from job where account_id = %(account_id)s and is_live = %(is_live)s and number > %(number)s
order by number asc limit %(limit)s
""",
    False: """
select * from job where account_id = %(account_id)s and is_live = %(is_live)s and number < %(number)s
order by number desc limit %(limit)s
""",
}
