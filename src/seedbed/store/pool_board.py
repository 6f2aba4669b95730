"""How the pools of workers stand, for those who run the service: which there are, and how fast they lately were.

What each has to do is `fleet.demand`. Everything looks at lanes, workers, and the last successes of a pool; none of it
grows with the jobs there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seedbed.store.database import Connection, Row, many, one

LATELY = 200  # successes of a pool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What a pool's last successes took: from arrival to the first worker, and from the last worker to the end.

    `video_s` is how long their videos are together, `engine_s` what they took together.
    """

    jobs: int
    wait_p50_s: float
    wait_p95_s: float
    took_p50_s: float
    took_p95_s: float
    video_s: float
    engine_s: float


async def busy(conn: Connection) -> set[str]:
    """Return the pools that have open jobs, are paused, or are kept or served by anybody."""
    return {row["pool"] for row in await many(conn, _BUSY, {})}


async def paces(conn: Connection, pools: Sequence[str]) -> dict[str, Pace]:
    """Return the pace of those of the pools that have had a success."""
    rows = await many(conn, _PACES, {"pools": list(pools), "lately": LATELY})
    return {row["pool"]: _to_pace(row) for row in rows if row["jobs"]}


async def database_bytes(conn: Connection) -> int:
    row = await one(conn, "select pg_database_size(current_database()) as size_bytes", {})
    return int(row["size_bytes"])


def _to_pace(row: Row) -> Pace:
    figures = {name: float(row[name]) for name in Pace.__slots__ if name != "jobs"}
    return Pace(jobs=int(row["jobs"]), **figures)


_BUSY = """
select pool from lane where queued + running > 0
union select unnest(pools) from worker
union select pool from pool_pause
union select kept ->> 'pool' from fleet, json_array_elements(fleet.pools) kept
"""
_PACES = """
select wanted.pool, jobs, wait_p50_s, wait_p95_s, took_p50_s, took_p95_s, video_s, engine_s
from unnest(%(pools)s::text[]) as wanted (pool) cross join lateral (
    select count(*) as jobs,
        percentile_cont(0.5) within group (order by wait_s) as wait_p50_s,
        percentile_cont(0.95) within group (order by wait_s) as wait_p95_s,
        percentile_cont(0.5) within group (order by took_s) as took_p50_s,
        percentile_cont(0.95) within group (order by took_s) as took_p95_s,
        sum(video_s) as video_s, sum(took_s) as engine_s
    from (
        select extract(epoch from started_at - created_at) as wait_s,
            extract(epoch from finished_at - claimed_at) as took_s,
            (output ->> 'frames')::float8 / (output ->> 'fps')::float8 as video_s
        from job where job.pool = wanted.pool and state = 'succeeded'
        order by finished_at desc limit %(lately)s) recent
) pace
"""
