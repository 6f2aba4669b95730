"""How the pools stood, minute by minute, and what ended in each: written down by workers, and read by the desk.

The depth is a sample: the last one of a minute stays. What ended is counted anew from the jobs, for every minute since
the last that was written down, so that no minute is missing what ended in it because nobody was there to count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from seedbed.store import fleet
from seedbed.store.database import Connection, many, moment, one, one_or_none

# An end is dated before its commit, so that one of the last minutes may still come to light.
AGAIN = timedelta(minutes=2)
LONGEST_GAP = timedelta(days=1)
KEPT_WHOLE = timedelta(days=1)
KEPT = timedelta(days=8)
THINNED = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """How a pool stood in a step of time: means of its samples, and the longest wait."""

    at: datetime  # the step's beginning
    pool: str
    queued: float
    running: float
    oldest_s: float


@dataclass(frozen=True, slots=True)
class Ended:
    """How many jobs of a pool ended so. `code` is succeeded, cancelled, or why they failed."""

    at: datetime
    pool: str
    code: str
    jobs: int


async def write(conn: Connection, *, at: datetime | None = None) -> None:
    """Write down how every busy pool stands, and what ended since the last time. Idempotent for a minute."""
    now = await moment(conn, at)
    minute = now.replace(second=0, microsecond=0)
    pools = [row["pool"] for row in await many(conn, _BUSY, {})]
    demands = await fleet.demand(conn, pools, at=at)
    known = await one_or_none(conn, "select max(minute) as last from pool_minute", {})
    last = known["last"] if known else None
    first = max((last or minute) - AGAIN, minute - LONGEST_GAP)
    depths = {
        "minute": minute,
        "pools": list(demands),
        "queued": [demand.waiting for demand in demands.values()],
        "running": [demand.running for demand in demands.values()],
        "oldest_ms": [round(demand.oldest_wait_s * 1000) for demand in demands.values()],
    }
    async with conn.transaction():
        await conn.execute(_COUNT, {"first": first, "last": minute + timedelta(minutes=1)})
        await conn.execute(_SAMPLE, depths)


async def thin(conn: Connection, *, at: datetime | None = None) -> None:
    """Make one row of ten of what is older than a day, and delete what is older than eight. Idempotent."""
    now = await moment(conn, at)
    facts = {"whole": now - KEPT_WHOLE, "kept": now - KEPT, "step": THINNED}
    async with conn.transaction():
        # Two of these at once would each make a row of the same ten.
        await conn.execute("select pg_advisory_xact_lock(hashtext('pool_minute'))")
        for statement in (_FORGET_DEPTHS, _FORGET_OUTCOMES, _THIN_DEPTHS, _THIN_OUTCOMES):
            await conn.execute(statement, facts)


async def depths(conn: Connection, *, first: datetime, step: timedelta, pools: Sequence[str]) -> list[Depth]:
    """Return how the pools stood from then on, in steps; no pools: all. A step without a sample is not there."""
    rows = await many(conn, _DEPTHS, {"first": first, "step": step, "pools": list(pools)})
    return [
        Depth(
            at=row["at"],
            pool=row["pool"],
            queued=float(row["queued"]),
            running=float(row["running"]),
            oldest_s=float(row["oldest_s"]),
        )
        for row in rows
    ]


async def outcomes(conn: Connection, *, first: datetime, step: timedelta, pools: Sequence[str]) -> list[Ended]:
    """Return what ended from then on, in steps; no pools: of all."""
    rows = await many(conn, _OUTCOMES, {"first": first, "step": step, "pools": list(pools)})
    return [Ended(row["at"], row["pool"], row["code"], int(row["jobs"])) for row in rows]


async def ended_since(conn: Connection, first: datetime) -> dict[str, int]:
    """Return how many jobs ended since then, by their code."""
    rows = await many(conn, _ENDED_SINCE, {"first": first})
    return {row["code"]: int(row["jobs"]) for row in rows}


async def day_ago(conn: Connection, *, at: datetime | None = None) -> datetime:
    row = await one(conn, _DAY_AGO, {"at": at})
    first: datetime = row["first"]
    return first


_BUSY = """
select distinct pool from lane where queued + running > 0 union select unnest(pools) from worker
"""
_DAY_AGO = """
select date_trunc('minute', coalesce(%(at)s::timestamptz, clock_timestamp())) - interval '1 day' as first
"""
# By account, as the index of ended jobs is: one step for each, however many jobs there are. `offset 0` keeps it so.
_COUNT = """
insert into pool_outcome (minute, pool, code, jobs)
select date_trunc('minute', finished_at, 'UTC'), pool, code, count(*)
from (select distinct account_id, is_live from lane offset 0) owner cross join lateral (
    select finished_at, pool, coalesce(error_code, state::text) as code from job
    where job.account_id = owner.account_id and job.is_live = owner.is_live
        and finished_at >= %(first)s and finished_at < %(last)s and finished_at is not null
    offset 0) ended
group by 1, 2, 3
on conflict (minute, pool, code) do update set jobs = excluded.jobs where pool_outcome.jobs <> excluded.jobs
"""
_SAMPLE = """
insert into pool_minute (minute, pool, queued, running, oldest_ms)
select %(minute)s, pool, queued, running, oldest_ms
from unnest(%(pools)s::text[], %(queued)s::int[], %(running)s::int[], %(oldest_ms)s::bigint[])
    as stood (pool, queued, running, oldest_ms)
order by pool
on conflict (minute, pool) do update set queued = excluded.queued, running = excluded.running,
    oldest_ms = excluded.oldest_ms
"""
_FORGET_DEPTHS = "delete from pool_minute where minute < %(kept)s"
_FORGET_OUTCOMES = "delete from pool_outcome where minute < %(kept)s"
# Only whole tens, and only those that have more than their one row.
_TENS = """
select date_bin(%(step)s, minute, 'epoch') as ten, {key} from {table}
where minute < date_bin(%(step)s, %(whole)s, 'epoch')
group by ten, {key} having count(*) > 1 or min(minute) <> date_bin(%(step)s, min(minute), 'epoch')
"""
_THIN_DEPTHS = f"""
with tens as materialized ({_TENS.format(table="pool_minute", key="pool")}), gone as (
    delete from pool_minute using tens
    where pool_minute.pool = tens.pool and minute >= ten and minute < ten + %(step)s
    returning ten, pool_minute.pool, queued, running, oldest_ms
)
insert into pool_minute (minute, pool, queued, running, oldest_ms)
select ten, pool, round(avg(queued)), round(avg(running)), max(oldest_ms) from gone group by ten, pool
"""  # noqa: S608 - constants
_THIN_OUTCOMES = f"""
with tens as materialized ({_TENS.format(table="pool_outcome", key="pool, code")}), gone as (
    delete from pool_outcome using tens
    where pool_outcome.pool = tens.pool and pool_outcome.code = tens.code and minute >= ten and minute < ten + %(step)s
    returning ten, pool_outcome.pool, pool_outcome.code, jobs
)
insert into pool_outcome (minute, pool, code, jobs) select ten, pool, code, sum(jobs) from gone group by ten, pool, code
"""  # noqa: S608 - constants
_DEPTHS = """
select date_bin(%(step)s, minute, 'epoch') as at, pool, avg(queued) as queued, avg(running) as running,
    max(oldest_ms) / 1000.0 as oldest_s
from pool_minute where minute >= %(first)s and (%(pools)s::text[] = '{}' or pool = any(%(pools)s))
group by 1, 2 order by 1, 2
"""
_OUTCOMES = """
select date_bin(%(step)s, minute, 'epoch') as at, pool, code, sum(jobs) as jobs
from pool_outcome where minute >= %(first)s and (%(pools)s::text[] = '{}' or pool = any(%(pools)s))
group by 1, 2, 3 order by 1, 2, 3
"""
_ENDED_SINCE = "select code, sum(jobs) as jobs from pool_outcome where minute >= %(first)s group by code order by code"
