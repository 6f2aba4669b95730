"""Lanes: one account's jobs in one mode and pool. They carry fair share and the running limit.

A lane is locked before any of its jobs (see the lock order in schema.sql), and its counters change in the commit that
moves the job.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from seedbed.core.fairness import lane_weight
from seedbed.core.job import Job
from seedbed.store.database import Connection, Row, one, one_or_none


@dataclass(frozen=True, slots=True)
class Lane:
    account_id: int
    is_live: bool
    pool: str


def lane_of(job: Job) -> Lane:
    return Lane(job.account_id, job.is_live, job.pool)


async def enter(conn: Connection, lane: Lane, *, max_running: int) -> int:
    """Count one more queued job, and lock the lane. Return how many the account now has queued in this mode.

    A lane that was idle starts at the pool's virtual clock (the least of its busy lanes): it can neither save up turns
    nor owe any. An idle pool's clock is that of the others, because a worker may serve several. The sum over other
    pools is read without their locks: a limit on waiting jobs may be off by a few.
    """
    weight = lane_weight(is_live=lane.is_live)
    await conn.execute(_ENTER, {**asdict(lane), "max_running": max_running, "weight": weight})
    row = await one(conn, _QUEUED, asdict(lane))
    return int(row["queued"])


async def lock(conn: Connection, lane: Lane) -> None:
    await conn.execute(_LOCK, asdict(lane))


async def lock_if_free(conn: Connection, lane: Lane) -> bool:
    """Lock the lane and return True, unless someone else holds it. Never waits."""
    return await one_or_none(conn, _LOCK + " skip locked", asdict(lane)) is not None


async def lock_both(conn: Connection, lane: Lane, other: Lane) -> None:
    """Lock two lanes of an account and mode, in the order of their pools. A new one gets the first one's limit."""
    for each in sorted({lane, other}, key=lambda each: each.pool):
        if each != lane:
            await conn.execute(_OPEN, {**asdict(each), "like": lane.pool})
        await lock(conn, each)


async def cross(conn: Connection, lane: Lane) -> None:
    """Count one more queued job in a lane that is locked, for a job that comes from another."""
    await conn.execute(_CROSS, asdict(lane))


async def lock_next_free(conn: Connection, pools: Sequence[str], *, at: datetime | None) -> Lane | None:
    """Lock the lane whose turn it is among those with a job to give and a place to run it.

    Lanes that someone else holds are passed over, so it never waits. A lane that was taken away at the last moment may
    stay locked besides: wait for no other lane in the same transaction. One with nothing but flexible jobs has its turn
    only if no other lane is ready, held or not.
    """
    facts = {"pools": list(pools), "at": at}
    row = await one_or_none(conn, _NEXT_PRESSING + _FREE, facts)
    if row is None and await one_or_none(conn, _NEXT_PRESSING, facts) is None:
        row = await one_or_none(conn, _NEXT + _FREE, facts)
    return _to_lane(row) if row else None


async def next_ready(conn: Connection, pools: Sequence[str], *, at: datetime | None) -> Lane | None:
    """Return the lane whose turn it is, whoever holds it, without a lock."""
    facts = {"pools": list(pools), "at": at}
    row = await one_or_none(conn, _NEXT_PRESSING, facts) or await one_or_none(conn, _NEXT, facts)
    return _to_lane(row) if row else None


async def any_waiting(conn: Connection, pools: Sequence[str]) -> bool:
    """Say whether a lane of these pools has a job waiting, due or not, and a place to run it. Looks at no job."""
    return await one_or_none(conn, _ANY_WAITING, {"pools": list(pools)}) is not None


async def lock_if_ready(conn: Connection, lane: Lane) -> Lane | None:
    """Wait for one lane. None: by now its jobs are gone, or its places."""
    row = await one_or_none(conn, _LOCK_IF_READY, asdict(lane))
    return lane if row else None


async def start_one(conn: Connection, lane: Lane, *, estimate_ms: int) -> None:
    """Count a queued job as running, and charge the engine time that it is likely to take to the lane."""
    await change(conn, lane, queued=-1, running=+1, engine_ms=estimate_ms)


async def change(conn: Connection, lane: Lane, *, queued: int = 0, running: int = 0, engine_ms: int = 0) -> None:
    """Add to the counters and to the engine time that the lane was given (negative takes away)."""
    await conn.execute(_CHANGE, {**asdict(lane), "queued": queued, "running": running, "engine_ms": engine_ms})


def _to_lane(row: Row) -> Lane:
    return Lane(row["account_id"], row["is_live"], row["pool"])


# Of the row `lane`, the job to begin next: the first by rank that is due and whose key has a place to run it. It walks
# from one key to the next that has jobs here, with one step into the index each, so that a thousand jobs of a key at
# its limit cost no more than one.
BEST_JOB = """
with recursive waiting (api_key_id) as (
    select min(coalesce(api_key_id, 0)) from job
    where (account_id, is_live, pool) = (lane.account_id, lane.is_live, lane.pool) and state = 'queued'
    union all
    select (
        select min(coalesce(job.api_key_id, 0)) from job
        where (account_id, is_live, pool) = (lane.account_id, lane.is_live, lane.pool) and state = 'queued'
            and coalesce(job.api_key_id, 0) > waiting.api_key_id)
    from waiting where waiting.api_key_id is not null
)
select first.id, first.rank_at from waiting cross join lateral (
    select id, rank_at, number from job
    where (account_id, is_live, pool) = (lane.account_id, lane.is_live, lane.pool) and state = 'queued'
        and coalesce(job.api_key_id, 0) = waiting.api_key_id
        and run_at <= coalesce(%(at)s::timestamptz, clock_timestamp())
        and deadline_at > coalesce(%(at)s::timestamptz, clock_timestamp())
    order by rank_at, number limit 1
) first
where coalesce(
    (select running_limit_jobs from api_key where id = waiting.api_key_id)
    > (select count(*) from job where api_key_id = waiting.api_key_id and state = 'processing'), true)
order by first.rank_at, first.number limit 1
"""
# What the pool's virtual clock shows.
_CLOCK = """
coalesce(
    (select min(vtime_ms) from lane where pool = %(pool)s and queued + running > 0),
    (select min(vtime_ms) from lane where queued + running > 0),
    (select max(vtime_ms) from lane),
    0)
"""
_ENTER = f"""
insert into lane (account_id, is_live, pool, max_running, weight, queued, vtime_ms)
values (%(account_id)s, %(is_live)s, %(pool)s, %(max_running)s, %(weight)s, 1, {_CLOCK})
on conflict (account_id, is_live, pool) do update set
    queued = lane.queued + 1,
    max_running = excluded.max_running,
    vtime_ms = case
        when lane.queued + lane.running = 0 then greatest(lane.vtime_ms, excluded.vtime_ms) else lane.vtime_ms
    end
"""  # noqa: S608 - both parts are constants
_OPEN = f"""
insert into lane (account_id, is_live, pool, max_running, weight, vtime_ms)
select account_id, is_live, %(pool)s, max_running, weight, {_CLOCK} from lane
where account_id = %(account_id)s and is_live = %(is_live)s and pool = %(like)s
on conflict (account_id, is_live, pool) do nothing
"""  # noqa: S608 - both parts are constants
_CROSS = f"""
update lane set queued = queued + 1, vtime_ms = case
    when queued + running = 0 then greatest(vtime_ms, {_CLOCK}) else vtime_ms end
where account_id = %(account_id)s and is_live = %(is_live)s and pool = %(pool)s
"""  # noqa: S608 - both parts are constants
_QUEUED = "select sum(queued) as queued from lane where account_id = %(account_id)s and is_live = %(is_live)s"
_LOCK = """
select from lane where account_id = %(account_id)s and is_live = %(is_live)s and pool = %(pool)s for no key update
"""
# Read once a statement, not once a lane: the list is nearly always empty.
_NOT_PAUSED = "pool <> all (array(select pool from pool_pause))"
# The conditions on the counters are checked again on the newest version of the row once it is locked, and that is what
# keeps the limit under any concurrency. The condition on jobs is not: the claim looks again under the lock.
_NEXT = f"""
select account_id, is_live, pool from lane
where pool = any(%(pools)s) and queued > 0 and running < max_running and {_NOT_PAUSED} and exists ({BEST_JOB})
order by vtime_ms limit 1
"""  # noqa: S608 - both parts are constants
# The rank of a flexible job lies in the future; that of every other one is past (core.fairness).
_NEXT_PRESSING = f"""
select account_id, is_live, pool from lane
where pool = any(%(pools)s) and queued > 0 and running < max_running and {_NOT_PAUSED} and exists (
    select from ({BEST_JOB}) best where best.rank_at <= coalesce(%(at)s::timestamptz, clock_timestamp()))
order by vtime_ms limit 1
"""  # noqa: S608 - both parts are constants
_ANY_WAITING = f"""
select from lane where pool = any(%(pools)s) and queued > 0 and running < max_running and {_NOT_PAUSED} limit 1
"""
_FREE = "for no key update of lane skip locked"
_LOCK_IF_READY = f"""
select account_id from lane
where account_id = %(account_id)s and is_live = %(is_live)s and pool = %(pool)s
    and queued > 0 and running < max_running and {_NOT_PAUSED}
for no key update
"""  # noqa: S608 - the part is a constant
_CHANGE = """
update lane set queued = queued + %(queued)s, running = running + %(running)s,
    vtime_ms = greatest(0, vtime_ms + %(engine_ms)s / weight)
where account_id = %(account_id)s and is_live = %(is_live)s and pool = %(pool)s
"""
