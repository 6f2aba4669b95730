"""Orders at other services that outlived their jobs: cancelled, or expired, while no worker had them in hand."""

from __future__ import annotations

from collections.abc import Sequence

from seedbed.core.job import Job
from seedbed.store.database import Connection, one_or_none
from seedbed.store.rows import to_job


async def take(conn: Connection, pools: Sequence[str]) -> Job | None:
    """Return a job whose order nobody has withdrawn yet, with its memory as it was, and count it as withdrawn.

    It is taken once, whatever comes of it: a withdrawal is the best that can be done, and no promise.
    """
    row = await one_or_none(conn, _TAKE, {"pools": list(pools)})
    return to_job(row) if row else None


async def done(conn: Connection, job_id: str) -> None:
    """Note that a job's order was withdrawn by the one who had it in hand."""
    await conn.execute(_DONE, {"id": job_id})


_WITHDRAWN = "(job.memory::jsonb || jsonb_build_object('state', 'withdrawn'))::json"
# The row is returned as it was before, since what the engine needs is what is overwritten.
_TAKE = f"""
with found as (
    select * from job
    where pool = any(%(pools)s) and state in ('cancelled', 'failed') and (memory ->> 'state') in ('sending', 'sent')
    order by finished_at limit 1 for no key update skip locked
), marked as (
    update job set memory = {_WITHDRAWN} from found where job.id = found.id
)
select * from found
"""  # noqa: S608 - both parts are constants
_DONE = f"""
update job set memory = {_WITHDRAWN}
where id = %(id)s and state in ('cancelled', 'failed') and memory is not null
"""  # noqa: S608 - both parts are constants
