"""What a worker may write while it holds a job: every statement names the attempt, so that a zombie's finds no row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from seedbed.core.engine import Stage
from seedbed.core.job import Job
from seedbed.core.sizes import AspectRatio
from seedbed.store.database import Connection, many, one_or_none
from seedbed.store.lanes import BEST_JOB, Lane
from seedbed.store.rows import to_job, to_json


@dataclass(frozen=True, slots=True)
class Overdue:
    """A job whose lease or whose deadline has passed, seen without a lock: look again under one."""

    job_id: str
    lane: Lane


async def take(conn: Connection, lane: Lane, *, worker: str, lease_s: float, at: datetime | None) -> Job | None:
    """Give the best job of a locked lane to the worker under a new attempt, or return None if none may be begun.

    A key's running limit holds exactly among the jobs of this lane, all of which move under its lock. Jobs that the key
    has in other pools are counted as they were last committed: claims there at the same instant may add one each.
    """
    row = await one_or_none(conn, _TAKE, {**asdict(lane), "worker": worker, "lease_s": lease_s, "at": at})
    return to_job(row) if row else None


async def renew(
    conn: Connection, job_id: str, attempt: int, *, lease_s: float, stage: Stage, fraction: float, at: datetime | None
) -> bool:
    """Prolong the lease and store the progress. False: the job is this attempt's no more."""
    facts = {"id": job_id, "attempt": attempt, "lease_s": lease_s, "stage": stage, "fraction": fraction, "at": at}
    return await one_or_none(conn, _RENEW, facts) is not None


async def note(
    conn: Connection,
    job_id: str,
    attempt: int,
    *,
    aspect_ratio: AspectRatio | None,
    engine: str | None,
    warnings: Sequence[str],
    shot_plan: dict[str, Any] | None,
    has_preview: bool,
) -> bool:
    """Store what the worker learned; None leaves a value as it is. False: the job is this attempt's no more."""
    facts = {
        "id": job_id,
        "attempt": attempt,
        "aspect_ratio": aspect_ratio,
        "engine": engine,
        "warnings": list(warnings),
        "shot_plan": to_json(shot_plan),
        "has_preview": has_preview,
    }
    return await one_or_none(conn, _NOTE, facts) is not None


async def remember(conn: Connection, job_id: str, attempt: int, memory: dict[str, Any]) -> bool:
    """Store what the job's engine must not forget. False: the job is this attempt's no more."""
    facts = {"id": job_id, "attempt": attempt, "memory": to_json(memory)}
    return await one_or_none(conn, _REMEMBER, facts) is not None


async def overdue(conn: Connection, *, limit: int, at: datetime | None) -> list[Overdue]:
    """Return jobs whose lease has run out or whose deadline has passed, the longest overdue first."""
    rows = await many(conn, _OVERDUE, {"limit": limit, "at": at})
    return [Overdue(row["id"], Lane(row["account_id"], row["is_live"], row["pool"])) for row in rows]


async def lock_overdue(conn: Connection, job_id: str, *, at: datetime | None) -> LockedOverdue | None:
    """Lock the job if it is still overdue. None: it was heard of, finished or cancelled in the meantime."""
    row = await one_or_none(conn, _LOCK_OVERDUE, {"id": job_id, "at": at})
    return LockedOverdue(to_job(row), row["moment"], has_expired=row["has_expired"]) if row else None


@dataclass(frozen=True, slots=True)
class LockedOverdue:
    job: Job
    at: datetime
    has_expired: bool  # its deadline has passed; otherwise only its lease has


_TAKE = f"""
update job set state = 'processing', attempt = attempt + 1, version = version + 1, worker = %(worker)s,
    lease_until = coalesce(%(at)s::timestamptz, clock_timestamp()) + make_interval(secs => %(lease_s)s),
    started_at = coalesce(started_at, %(at)s::timestamptz, clock_timestamp()),
    claimed_at = coalesce(%(at)s::timestamptz, clock_timestamp())
where id = (
    select best.id from lane cross join lateral ({BEST_JOB}) best
    where account_id = %(account_id)s and is_live = %(is_live)s and pool = %(pool)s)
returning *
"""  # noqa: S608 - both parts are constants
_RENEW = """
update job set stage = %(stage)s, fraction = %(fraction)s,
    lease_until = coalesce(%(at)s::timestamptz, clock_timestamp()) + make_interval(secs => %(lease_s)s)
where id = %(id)s and attempt = %(attempt)s and state = 'processing'
returning id
"""
_NOTE = """
update job set version = version + 1,
    aspect_ratio = coalesce(%(aspect_ratio)s, aspect_ratio),
    engine = coalesce(%(engine)s, engine),
    shot_plan = coalesce(%(shot_plan)s::json, shot_plan),
    preview_attempt = case when %(has_preview)s then attempt else preview_attempt end,
    warnings = warnings || array(
        select said from unnest(%(warnings)s::text[]) with ordinality as new (said, place)
        where said <> all (warnings) order by place)
where id = %(id)s and attempt = %(attempt)s and state = 'processing'
returning id
"""
_REMEMBER = """
update job set memory = %(memory)s where id = %(id)s and attempt = %(attempt)s and state = 'processing' returning id
"""
# An index is no help against `clock_timestamp`, which may change from row to row: all that wait would be looked at.
_OVERDUE = """
select id, account_id, is_live, pool from (
    (select id, account_id, is_live, pool, lease_until as due_at from job
     where state = 'processing' and lease_until <= coalesce(%(at)s::timestamptz, statement_timestamp())
     order by lease_until limit %(limit)s)
    union all
    (select id, account_id, is_live, pool, deadline_at from job
     where state in ('queued', 'processing') and deadline_at <= coalesce(%(at)s::timestamptz, statement_timestamp())
        and coalesce(lease_until > coalesce(%(at)s::timestamptz, statement_timestamp()), true)
     order by deadline_at limit %(limit)s)
) late order by due_at limit %(limit)s
"""
_LOCK_OVERDUE = """
select *, coalesce(%(at)s::timestamptz, clock_timestamp()) as moment,
    deadline_at <= coalesce(%(at)s::timestamptz, clock_timestamp()) as has_expired
from job
where id = %(id)s and (
    (state = 'processing' and lease_until <= coalesce(%(at)s::timestamptz, clock_timestamp()))
    or (state in ('queued', 'processing') and deadline_at <= coalesce(%(at)s::timestamptz, clock_timestamp())))
for no key update
"""
