"""Queued jobs whose engine nobody serves, although another one of their route could make them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from seedbed.store.database import Connection, many
from seedbed.store.lanes import Lane
from seedbed.store.workers import SILENCE_S, WorkerState


@dataclass(frozen=True, slots=True)
class Stranded:
    """Seen without a lock: look again under one. `next_pool` is that of the route's next engine."""

    job_id: str
    lane: Lane
    next_pool: str


async def stranded(
    conn: Connection, *, after_s: float, kept_after_s: float, limit: int, at: datetime | None
) -> list[Stranded]:
    """Return jobs that could have begun so long ago, if a worker of their pool were ready; the oldest first.

    Where a fleet is about to start such a worker, and nothing fails there, `kept_after_s` is what counts. The jobs of a
    paused pool wait for the operator.
    """
    facts = {"after_s": after_s, "within_s": SILENCE_S, "ready": WorkerState.READY, "limit": limit, "at": at}
    facts["kept_after_s"] = kept_after_s
    return [
        Stranded(row["id"], Lane(row["account_id"], row["is_live"], row["pool"]), row["next_pool"])
        for row in await many(conn, _STRANDED, facts)
    ]


# Lanes are few, and nearly always served, so that no job is looked at.
_STRANDED = """
with served as materialized (
    select distinct unnest(pools) as pool from worker
    where state = %(ready)s::worker_state
        and seen_at > coalesce(%(at)s::timestamptz, statement_timestamp()) - make_interval(secs => %(within_s)s)
), unserved as materialized (
    select account_id, is_live, pool from lane where queued > 0 and pool not in (select pool from served)
)
select job.id, account_id, is_live, job.pool, job.route -> (job.leg + 1) ->> 'pool' as next_pool
from unserved lane join job using (account_id, is_live, pool)
where job.state = 'queued' and job.route -> (job.leg + 1) is not null
    and lane.pool <> all (array(select pool from pool_pause))
    and greatest(job.run_at, job.created_at)
        <= coalesce(%(at)s::timestamptz, clock_timestamp()) - make_interval(secs => %(after_s)s)
    and not exists (
        select from fleet, json_to_recordset(fleet.pools) as kept (pool text, desired integer, failing integer)
        where kept.pool = lane.pool and kept.desired > 0 and kept.failing = 0
            and seen_at > coalesce(%(at)s::timestamptz, clock_timestamp()) - make_interval(secs => %(within_s)s)
            and greatest(job.run_at, job.created_at)
                > coalesce(%(at)s::timestamptz, clock_timestamp()) - make_interval(secs => %(kept_after_s)s))
order by job.rank_at limit %(limit)s
"""
