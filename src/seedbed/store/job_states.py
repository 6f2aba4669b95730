"""What has changed about many jobs, in one question, for those who follow them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
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


async def changed(conn: Connection, known: Mapping[str, Step]) -> dict[str, Step | None]:
    """Return the jobs that are further than what is known of them. None: there is no such job any more."""
    steps = known.values()
    facts = {
        "ids": list(known),
        "versions": [step.version for step in steps],
        "stages": [step.progress.stage if step.progress else None for step in steps],
        "fractions": [step.progress.fraction if step.progress else None for step in steps],
    }
    return {row["known_id"]: _to_step(row) for row in await many(conn, _CHANGED, facts)}


async def find_all(conn: Connection, job_ids: Collection[str]) -> dict[str, Job]:
    """Return those of the jobs that exist, whoever's they are."""
    rows = await many(conn, "select * from job where id = any(%(ids)s)", {"ids": list(job_ids)})
    return {row["id"]: to_job(row) for row in rows}


async def queue_places(conn: Connection, job_ids: Collection[str]) -> dict[str, QueuePlace]:
    """Return the likely places of those of the jobs that are queued, as `jobs.queue_place` does for one."""
    placed = await many(conn, _PLACED, {"ids": list(job_ids)})
    pools = {row["pool"]: row for row in await many(conn, _POOLS, {"within_s": SILENCE_S})} if placed else {}
    lanes = await many(conn, _WAITING_LANES, {}) if placed else []
    return {row["id"]: _to_place(row, pools[row["pool"]], lanes) for row in placed}


def _to_step(row: Row) -> Step | None:
    if row["version"] is None:
        return None
    return Step(row["version"], Progress(Stage(row["stage"]), row["fraction"]) if row["stage"] else None)


def _to_place(row: Row, pool: Row, lanes: Sequence[Row]) -> QueuePlace:
    ahead = jobs_ahead(ahead_in_lane=row["ahead"], rivals=_rivals(row, lanes))
    typical_ms = int(pool["typical_ms"] if pool["typical_ms"] is not None else row["estimate_ms"])
    return QueuePlace(ahead + 1, eta_s(ahead=ahead, typical_ms=typical_ms, workers=pool["workers"]))


def _rivals(row: Row, lanes: Sequence[Row]) -> list[Rival]:
    """Return the other lanes of the pool that have jobs waiting; those that stand alike are counted."""
    rivals = []
    for lane in lanes:
        is_like_own = (lane["pool"], lane["queued"], lane["weight"]) == (row["pool"], row["queued"], row["weight"])
        count = lane["count"] - is_like_own
        if lane["pool"] == row["pool"] and count:
            rivals.append(Rival(lane["queued"], Fraction(lane["weight"], row["weight"]), count))
    return rivals


_CHANGED = """
select known.id as known_id, job.version, job.stage, job.fraction
from unnest(%(ids)s::text[], %(versions)s::int[], %(stages)s::text[], %(fractions)s::float8[])
    as known (id, version, stage, fraction)
left join job using (id)
where (job.version, job.stage, job.fraction) is distinct from (known.version, known.stage, known.fraction)
"""
_PLACED = """
with wanted as (
    select distinct account_id, is_live, pool from job where id = any(%(ids)s) and state = 'queued'
), placed as (
    select id, job.pool, estimate_ms, queued, weight,
        row_number() over (partition by account_id, is_live, job.pool order by rank_at, number) - 1 as ahead
    from wanted join lane using (account_id, is_live, pool) join job using (account_id, is_live, pool)
    where job.state = 'queued'
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
     where named.pool = any(pools) and seen_at > clock_timestamp() - make_interval(secs => %(within_s)s)) as workers
from (select distinct pool from lane) named
"""
