"""Jobs at rest: how they are written, found and read.

What a job may do next is decided in `core.job` and `actions`; whoever changes one holds its lane's lock and then its
own (see the lock order in schema.sql). A worker's writes are in `store.leases`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from seedbed.core.fairness import Rival, eta_s, jobs_ahead, rank_at
from seedbed.core.job import Job, QueuePlace
from seedbed.store.database import Connection, many, one, one_or_none
from seedbed.store.rows import to_job, to_json
from seedbed.store.workers import SILENCE_S


@dataclass(frozen=True, slots=True)
class Locked:
    """A job under its row's lock, and the moment at which it is looked at."""

    job: Job
    at: datetime


async def get(conn: Connection, account_id: int, job_id: str, *, is_live: bool) -> Job | None:
    """Return an account's job, or None: another account's and another mode's do not exist for it."""
    facts = {"id": job_id, "account_id": account_id, "is_live": is_live}
    row = await one_or_none(conn, _GET, facts)
    return to_job(row) if row else None


async def find(conn: Connection, job_id: str) -> Job | None:
    """Return anybody's job. For those who need no account: workers, deliverers, and holders of a result's URL."""
    row = await one_or_none(conn, "select * from job where id = %(id)s", {"id": job_id})
    return to_job(row) if row else None


async def insert(conn: Connection, job: Job, *, run_at: datetime | None = None) -> Job:
    """Write a new job, claimable at once or not before `run_at`. Its lane must exist and be locked."""
    facts = {
        "id": job.id,
        "account_id": job.account_id,
        "is_live": job.is_live,
        "dialect": job.dialect,
        "pool": job.pool,
        "route": to_json(job.route) if job.route else None,
        "request": to_json(job.request),
        "priority": job.request.priority,
        "price_credits": job.charged_credits,
        "rank_at": rank_at(job.created_at, priority=job.request.priority, is_flexible=job.request.is_flexible),
        "api_key_id": job.api_key_id,
        "estimate_ms": job.estimate_ms,
        "is_flexible": job.request.is_flexible,
        "shown_model": (job.request.echo or {}).get("model", job.request.model),
        "run_at": run_at or job.created_at,
        "deadline_at": job.deadline_at,
        "aspect_ratio": job.aspect_ratio,
        "warnings": list(job.warnings),
        "created_at": job.created_at,
    }
    return to_job(await one(conn, _INSERT, facts))


async def lock(conn: Connection, job_id: str, *, at: datetime | None) -> Locked | None:
    row = await one_or_none(conn, _LOCK, {"id": job_id, "at": at})
    return Locked(to_job(row), row["moment"]) if row else None


async def lock_attempt(conn: Connection, job_id: str, attempt: int, *, at: datetime | None) -> Locked | None:
    """Lock the job if that attempt still holds it. None: it was lost or cancelled, and nothing may be written."""
    row = await one_or_none(conn, _LOCK_ATTEMPT, {"id": job_id, "attempt": attempt, "at": at})
    return Locked(to_job(row), row["moment"]) if row else None


async def settle(conn: Connection, job: Job, *, run_at: datetime | None = None) -> Job:
    """Write a locked job that is no longer processing: it is final, or queued again (not before `run_at`)."""
    facts = {
        "id": job.id,
        "attempt": job.attempt,
        "state": job.state,
        "failures": job.failures,
        "kills": job.kills,
        "pool": job.pool,
        "leg": job.leg,
        "tried": to_json(job.tried) if job.tried else None,
        "memory": to_json(job.memory),
        "sent": to_json(job.sent),
        "run_at": run_at,
        "engine": job.engine,
        "shot_plan": to_json(job.shot_plan),
        "warnings": list(job.warnings),
        "output": to_json(job.output),
        "error_code": job.failure.code if job.failure else None,
        "error_message": job.failure.message if job.failure else None,
        "finished_at": job.finished_at,
    }
    return to_job(await one(conn, _SETTLE, facts))


async def rerank(conn: Connection, job: Job, *, priority: int) -> int | None:
    """Give a locked job another priority, and its place in its lane. Return the one it had; None: it is the same."""
    rank = rank_at(job.created_at, priority=priority, is_flexible=job.request.is_flexible)
    row = await one_or_none(conn, _RERANK, {"id": job.id, "priority": priority, "rank_at": rank})
    return int(row["was"]) if row else None


async def delete(conn: Connection, job_id: str) -> None:
    """Delete a locked job, and with it its deliveries and pins. Its transfers stay."""
    await conn.execute("delete from job where id = %(id)s", {"id": job_id})


async def has_queued(conn: Connection, api_key_id: int, *, limit_jobs: int) -> bool:
    """Say whether a key has so many jobs waiting, in whatever lane. It looks at no more than that."""
    row = await one(conn, _QUEUED_OF_KEY, {"api_key_id": api_key_id, "limit": limit_jobs})
    return int(row["queued"]) >= limit_jobs


async def queue_place(conn: Connection, job: Job, *, worker_within_s: float = SILENCE_S) -> QueuePlace | None:
    """Return a queued job's likely place and wait. Both are estimates: fair share, retries and new workers change them.

    None while its pool is paused: nobody knows how long.
    The typical time is that of the pool's last twenty successes, and the estimate of fair share while there are none.
    """
    facts = {"id": job.id, "pool": job.pool, "within_s": worker_within_s}
    row = await one_or_none(conn, _PLACE, facts)
    if row is None:
        return None
    others = await many(conn, _OTHER_LANES, {"account_id": job.account_id, "is_live": job.is_live, "pool": job.pool})
    rivals = [Rival(other["queued"], Fraction(other["weight"], row["weight"])) for other in others]
    ahead = jobs_ahead(ahead_in_lane=row["ahead"], rivals=rivals)
    wait_s = eta_s(ahead=ahead, typical_ms=int(row["typical_ms"]), workers=row["workers"], load_ms=row["load_ms"] or 0)
    return QueuePlace(ahead + 1, wait_s)


_GET = "select * from job where id = %(id)s and account_id = %(account_id)s and is_live = %(is_live)s"
_INSERT = """
insert into job (id, account_id, is_live, api_key_id, dialect, pool, request, priority, rank_at, price_credits,
    estimate_ms, run_at, deadline_at, aspect_ratio, warnings, created_at, is_flexible, shown_model, route)
values (%(id)s, %(account_id)s, %(is_live)s, %(api_key_id)s, %(dialect)s, %(pool)s, %(request)s, %(priority)s,
    %(rank_at)s, %(price_credits)s, %(estimate_ms)s, %(run_at)s, %(deadline_at)s, %(aspect_ratio)s, %(warnings)s,
    %(created_at)s, %(is_flexible)s, %(shown_model)s, %(route)s)
returning *
"""
_LOCK = """
select *, coalesce(%(at)s::timestamptz, clock_timestamp()) as moment from job where id = %(id)s for no key update
"""
_LOCK_ATTEMPT = """
select *, coalesce(%(at)s::timestamptz, clock_timestamp()) as moment from job
where id = %(id)s and attempt = %(attempt)s and state = 'processing' for no key update
"""
_SETTLE = """
update job set state = %(state)s, failures = %(failures)s, kills = %(kills)s, run_at = coalesce(%(run_at)s, run_at),
    pool = %(pool)s, leg = %(leg)s, tried = %(tried)s, memory = %(memory)s, sent = %(sent)s,
    lease_until = null, worker = null, stage = null, fraction = null, engine = %(engine)s, shot_plan = %(shot_plan)s,
    warnings = %(warnings)s, output = %(output)s, error_code = %(error_code)s, error_message = %(error_message)s,
    finished_at = %(finished_at)s, version = version + 1
where id = %(id)s and attempt = %(attempt)s
returning *
"""
_RERANK = """
update job set priority = %(priority)s, rank_at = %(rank_at)s, version = job.version + 1
from (select id, priority from job where id = %(id)s) before
where job.id = before.id and before.priority <> %(priority)s
returning before.priority as was
"""
_QUEUED_OF_KEY = """
select count(*) as queued from (
    select from job where api_key_id = %(api_key_id)s and state = 'queued' limit %(limit)s) counted
"""
_PLACE = """
select
    (select count(*) from job before
     where (before.account_id, before.is_live, before.pool) = (job.account_id, job.is_live, job.pool)
        and before.state = 'queued' and (before.rank_at, before.number) < (job.rank_at, job.number)) as ahead,
    coalesce(
        (select avg(extract(epoch from finished_at - claimed_at) * 1000) from (
            select finished_at, claimed_at from job where pool = %(pool)s and state = 'succeeded'
            order by finished_at desc limit 20) recent),
        estimate_ms) as typical_ms,
    (select count(*) from worker
     where %(pool)s = any(pools) and seen_at > clock_timestamp() - make_interval(secs => %(within_s)s)) as workers,
    (select max(load_ms) from engine_load where engine_load.pool = %(pool)s) as load_ms,
    weight
from job join lane using (account_id, is_live, pool)
where id = %(id)s and not exists (select from pool_pause where pool_pause.pool = %(pool)s)
"""
_OTHER_LANES = """
select queued, weight from lane
where pool = %(pool)s and queued > 0 and (account_id, is_live) <> (%(account_id)s, %(is_live)s)
"""
