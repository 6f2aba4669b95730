"""What has changed about many jobs, in one question, for those who follow them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from seedbed.core.engine import Stage
from seedbed.core.fairness import Rival, eta_s, jobs_ahead
from seedbed.core.job import Job, Progress, QueuePlace
from seedbed.store.database import Connection, Row, many
from seedbed.store.rows import to_job
from seedbed.store.workers import SILENCE_S


@dataclass(frozen=True, slots=True)
class Step:
    """How far a job is: its version, which says whether anything else has changed, and its progress."""

    version: int
    progress: Progress | None = None


async def changed(conn: Connection, known: Mapping[str, Step]) -> dict[str, Job | Step | None]:
    """Return the jobs that are further than what is known of them: whole, or the step if only the progress differs.

    None: there is no such job any more.
    """
    steps = known.values()
    facts = {
        "ids": list(known),
        "versions": [step.version for step in steps],
        "stages": [step.progress.stage if step.progress else None for step in steps],
        "fractions": [step.progress.fraction if step.progress else None for step in steps],
    }
    return {row["known_id"]: _news_of(row) for row in await many(conn, _CHANGED, facts)}


async def queue_places(conn: Connection, job_ids: Collection[str]) -> Iterator[tuple[str, QueuePlace]]:
    """Return the likely places of those of the jobs that are queued, as `jobs.queue_place` does for one.

    Those whose pool is paused have none. A place is worked out when it is asked for, without the connection: those of
    thousands of jobs take a while.
    """
    placed = await many(conn, _PLACED, {"ids": list(job_ids)})
    pools = {row["pool"]: row for row in await many(conn, _POOLS, {"within_s": SILENCE_S})} if placed else {}
    lanes = await many(conn, _WAITING_LANES, {}) if placed else []
    return ((row["id"], _to_place(row, pools[row["pool"]], lanes)) for row in placed)


def _news_of(row: Row) -> Job | Step | None:
    if row["id"] is not None:
        return to_job(row)
    if row["now_version"] is None:
        return None
    stage = row["now_stage"]
    return Step(row["now_version"], Progress(Stage(stage), row["now_fraction"]) if stage else None)


def _to_place(row: Row, pool: Row, lanes: Sequence[Row]) -> QueuePlace:
    ahead = jobs_ahead(ahead_in_lane=row["ahead"], rivals=_rivals(row, lanes))
    typical_ms = int(pool["typical_ms"] if pool["typical_ms"] is not None else row["estimate_ms"])
    wait_s = eta_s(ahead=ahead, typical_ms=typical_ms, workers=pool["workers"], load_ms=pool["load_ms"] or 0)
    return QueuePlace(ahead + 1, wait_s)


def _rivals(row: Row, lanes: Sequence[Row]) -> list[Rival]:
    """Return the other lanes of the pool that have jobs waiting; those that stand alike are counted."""
    rivals = []
    for lane in lanes:
        is_like_own = (lane["pool"], lane["queued"], lane["weight"]) == (row["pool"], row["queued"], row["weight"])
        count = lane["count"] - is_like_own
        if lane["pool"] == row["pool"] and count:
            rivals.append(Rival(lane["queued"], Fraction(lane["weight"], row["weight"]), count))
    return rivals


# The second join reads the whole row, and only of those jobs whose version is another.
_CHANGED = """
select known.id as known_id, now.version as now_version, now.stage as now_stage, now.fraction as now_fraction, job.*
from unnest(%(ids)s::text[], %(versions)s::int[], %(stages)s::text[], %(fractions)s::float8[])
    as known (id, version, stage, fraction)
left join job now on now.id = known.id
left join job on job.id = known.id and now.version <> known.version
where (now.version, now.stage, now.fraction) is distinct from (known.version, known.stage, known.fraction)
"""
_PLACED = """
with wanted as (
    select distinct account_id, is_live, pool from job where id = any(%(ids)s) and state = 'queued'
), placed as (
    select id, job.pool, estimate_ms, queued, weight,
        row_number() over (partition by account_id, is_live, job.pool order by rank_at, number) - 1 as ahead
    from wanted join lane using (account_id, is_live, pool) join job using (account_id, is_live, pool)
    where job.state = 'queued' and job.pool <> all (array(select pool from pool_pause))
)
select * from placed where id = any(%(ids)s)
"""
_WAITING_LANES = """
select pool, queued, weight, count(*)::int as count from lane where queued > 0 group by pool, queued, weight
"""
_POOLS = """
select pool,
    (select avg(extract(epoch from finished_at - claimed_at) * 1000) from (
        select finished_at, claimed_at from job where job.pool = named.pool and state = 'succeeded'
        order by finished_at desc limit 20) recent) as typical_ms,
    (select count(*) from worker
     where named.pool = any(pools) and seen_at > clock_timestamp() - make_interval(secs => %(within_s)s)) as workers,
    (select max(load_ms) from engine_load where engine_load.pool = named.pool) as load_ms
from (select distinct pool from lane) named
"""
