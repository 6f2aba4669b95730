"""Many jobs of one account, quickly: copies of one that was ordered, without their money."""

from __future__ import annotations

from datetime import timedelta

from seedbed.store.database import Connection


async def copy_queued(conn: Connection, job_id: str, count: int) -> list[str]:
    """Put so many copies of a queued job into its lane, and return their ids."""
    cursor = await conn.execute(_QUEUED, {"id": job_id, "count": count})
    ids = [row["id"] for row in await cursor.fetchall()]
    await conn.execute(_ENTER, {"id": job_id, "count": count})
    return ids


async def copy_final(conn: Connection, job_id: str, count: int, *, every: timedelta) -> None:
    """Write so many copies in final states, the last one as old as the job and each before it older by `every`.

    Of a thousand, one failed and nine were cancelled; of three, one is of another model.
    """
    await conn.execute("set statement_timeout = '10min'")
    await conn.execute(_FINAL, {"id": job_id, "count": count, "every": every})
    await conn.execute("vacuum analyze job")


_COLUMNS = (
    "account_id, is_live, api_key_id, dialect, pool, priority, price_credits, estimate_ms, deadline_at, aspect_ratio"
)
_QUEUED = f"""
insert into job (id, state, request, run_at, created_at, {_COLUMNS})
select 'req_' || md5(random()::text || copy), 'queued', request, run_at, created_at, {_COLUMNS}
from job, generate_series(1, %(count)s) copy where id = %(id)s returning id
"""  # noqa: S608 - constants
_ENTER = """
update lane set queued = lane.queued + %(count)s, max_running = 1000000 from job
where job.id = %(id)s and (lane.account_id, lane.is_live, lane.pool) = (job.account_id, job.is_live, job.pool)
"""
_FINAL = f"""
insert into job (id, state, request, run_at, created_at, finished_at, claimed_at, started_at, output, error_code,
    error_message, {_COLUMNS})
select 'req_' || md5(random()::text || copy), facts.state,
    case when copy %% 3 = 0 then replace(request::text, 'seedance-2.0-fast', 'seedance-2.0')::json else request end,
    at, at, at, at, at,
    case when facts.state = 'succeeded' then '{{"key": "jobs/x/1/x.mp4", "size": {{"width_px": 864, "height_px": 496}},
        "frames": 97, "fps": 24, "size_bytes": 1000000, "sha256": "{"0" * 64}"}}'::json end,
    case when facts.state = 'failed' then 'engine_failed' end,
    case when facts.state = 'failed' then 'It broke.' end, {_COLUMNS}
from job, generate_series(1, %(count)s) copy,
    lateral (select (case when copy %% 1000 = 0 then 'failed' when copy %% 1000 < 10 then 'cancelled'
        else 'succeeded' end)::job_state as state, created_at - (%(count)s - copy) * %(every)s as at) facts
where id = %(id)s
"""  # noqa: S608 - constants
