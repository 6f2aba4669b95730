"""Looks for what cannot be, all in one snapshot, so that a service at work gives no false alarm; and counts lanes anew.

The rules stand in `core.audit`; each statement here returns the subject of a finding and the facts of its sentence.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from seedbed.core.audit import DELIVERY_LATE_S, LATE_S, SILENT_S, Finding, Kind, finding
from seedbed.core.inventory import NamedBytes
from seedbed.store import lanes
from seedbed.store.database import Connection, Row, many, one_or_none
from seedbed.store.deliveries import TASK
from seedbed.store.lanes import Lane

LONGEST_S = 300  # for one statement: it may read every row there is
_BATCH_ROWS = 1000


@asynccontextmanager
async def snapshot(conn: Connection) -> AsyncIterator[None]:
    """Show the block one moment of the database. Nothing can be written in it."""
    async with conn.transaction():
        await conn.execute("set transaction isolation level repeatable read, read only")
        await conn.execute(f"set local statement_timeout = '{LONGEST_S}s'")
        yield


async def findings(conn: Connection, *, at: datetime) -> list[Finding]:
    """Return everything that is wrong among the rows. Call it in a snapshot."""
    facts = {"at": at, "late_s": LATE_S, "silent_s": SILENT_S, "delivery_late_s": DELIVERY_LATE_S, "task": TASK}
    found: list[Finding] = []
    for kind, statement in _STATEMENTS.items():
        found += [_to_finding(kind, row) for row in await many(conn, statement, facts)]
    return found


async def named_bytes(conn: Connection) -> AsyncIterator[NamedBytes]:
    """Yield what results and uploads say of their bytes. Call it in a snapshot; rows come in batches."""
    async with conn.cursor(name="named_bytes") as cursor:
        cursor.itersize = _BATCH_ROWS
        await cursor.execute(_NAMED_BYTES)
        async for row in cursor:
            yield NamedBytes(row["subject"], row["key"], row["size_bytes"], row["sha256"])


async def open_attempts(conn: Connection) -> list[tuple[str, int]]:
    """Return the id and the present attempt of every job that is not final: its bytes may be needed yet."""
    rows = await many(conn, "select id, attempt from job where state in ('queued', 'processing')", {})
    return [(row["id"], row["attempt"]) for row in rows]


async def is_named(conn: Connection, key: str) -> bool:
    """Return whether a result or an upload names that key, now."""
    return await one_or_none(conn, _IS_NAMED, {"key": key}) is not None


async def recount_lanes(conn: Connection) -> None:
    """Count the jobs of every lane that miscounts, each under its own lock."""
    for row in await many(conn, _MISCOUNTED, {}):
        lane = Lane(row["account_id"], row["is_live"], row["pool"])
        async with conn.transaction():
            await lanes.lock(conn, lane)
            facts = {"account_id": lane.account_id, "is_live": lane.is_live, "pool": lane.pool}
            await conn.execute(_RECOUNT, facts)


async def recount_lists(conn: Connection) -> None:
    """Count anew what lists are told, for every lane where that is wrong: each under its lock, as its jobs move."""
    for row in await many(conn, _LIST_MISCOUNTED, {}):
        facts = {"account_id": row["account_id"], "is_live": row["is_live"], "pool": row["pool"]}
        async with conn.transaction():
            await lanes.lock(conn, Lane(**facts))
            await conn.execute("select set_config('statement_timeout', %(limit)s, true)", {"limit": f"{LONGEST_S}s"})
            await conn.execute(_FORGET_COUNTS, facts)
            await conn.execute(_COUNT_FOR_LISTS, facts)


async def lock_unscheduled(conn: Connection, delivery_id: str) -> datetime | None:
    """Lock a pending delivery that nobody will attempt, and return when it was due. None: there is no such one now."""
    row = await one_or_none(conn, _LOCK_UNSCHEDULED, {"id": delivery_id, "task": TASK})
    return row["due_at"] if row else None


def _to_finding(kind: Kind, row: Row) -> Finding:
    facts: dict[str, Any] = {name: round(value) if name.endswith("_s") else value for name, value in row.items()}
    return finding(kind, facts.pop("subject"), **facts)


_LEDGER = """
select account_id || '/' || case when is_live then 'live' else 'test' end as subject, sum_credits, available_drift,
    held_drift, open_jobs_drift
from ledger_proof where (sum_credits, available_drift, held_drift, open_jobs_drift) <> (0, 0, 0, 0)
order by account_id, is_live
"""
_HOLD_MISSING = """
select id as subject, state, price_credits from job
where price_credits > 0 and not exists (select from transfer where job_id = job.id and kind = 'hold')
"""
_HOLD_OPEN = """
select hold.job_id as subject, coalesce(job.state::text, 'gone') as state, hold.amount_credits
from transfer hold left join job on job.id = hold.job_id
where hold.kind = 'hold' and (job.id is null or job.state in ('succeeded', 'failed', 'cancelled'))
    and not exists (select from transfer ended where ended.hold_id = hold.id)
"""
_HOLD_SPENT = """
select job.id as subject, job.state, ended.kind as resolution
from job join transfer hold on hold.job_id = job.id and hold.kind = 'hold'
    join transfer ended on ended.hold_id = hold.id
where job.state in ('queued', 'processing')
"""
_HOLD_WRONG = """
select job.id as subject, job.state, job.price_credits, hold.amount_credits, ended.kind as resolution
from job join transfer hold on hold.job_id = job.id and hold.kind = 'hold'
    join transfer ended on ended.hold_id = hold.id
where job.state in ('succeeded', 'failed', 'cancelled') and (hold.amount_credits <> job.price_credits
    or ended.kind <> case when job.state = 'succeeded' then 'capture'::transfer_kind else 'release' end)
"""
_MISCOUNTED = """
select account_id || '/' || case when is_live then 'live' else 'test' end || '/' || pool as subject,
    account_id, is_live, pool, queued, running,
    count(job.id) filter (where job.state = 'queued') as queued_jobs,
    count(job.id) filter (where job.state = 'processing') as running_jobs
from lane left join (select * from job where state in ('queued', 'processing')) job using (account_id, is_live, pool)
group by account_id, is_live, pool
having (queued, running) <> (
    count(job.id) filter (where job.state = 'queued'), count(job.id) filter (where job.state = 'processing'))
order by account_id, is_live, pool
"""
_RECOUNT = """
update lane set queued = counted.queued, running = counted.running
from (
    select count(*) filter (where state = 'queued') as queued, count(*) filter (where state = 'processing') as running
    from job where account_id = %(account_id)s and is_live = %(is_live)s and pool = %(pool)s
        and state in ('queued', 'processing')) counted
where account_id = %(account_id)s and is_live = %(is_live)s and pool = %(pool)s
"""
_LIST_MISCOUNTED = """
select account_id || '/' || case when is_live then 'live' else 'test' end || '/' || pool as subject,
    account_id, is_live, pool, count(*) as counts, sum(told) as told, sum(there) as there
from job_count_proof group by account_id, is_live, pool order by account_id, is_live, pool
"""
_FORGET_COUNTS = """
delete from job_count where account_id = %(account_id)s and is_live = %(is_live)s and pool = %(pool)s
"""
_COUNT_FOR_LISTS = """
insert into job_count
select account_id, is_live, date_trunc('hour', created_at, 'UTC'), pool, state,
    error_code is not distinct from 'expired', is_flexible, coalesce(shown_model, ''), count(*)
from job where account_id = %(account_id)s and is_live = %(is_live)s and pool = %(pool)s
group by 1, 2, 3, 4, 5, 6, 7, 8
"""
_ROUTE = """
select id as subject, state, leg, coalesce(json_array_length(route), 0) as legs, pool from job
where case when route is null then leg <> 0 else (route -> leg ->> 'pool') is distinct from pool end order by id
"""
_LEASE = """
select id as subject, worker, extract(epoch from %(at)s - lease_until) as late_s from job
where state = 'processing' and lease_until < %(at)s - make_interval(secs => %(late_s)s) order by lease_until
"""
_DEADLINE = """
select id as subject, state, extract(epoch from %(at)s - deadline_at) as late_s from job
where state in ('queued', 'processing') and deadline_at < %(at)s - make_interval(secs => %(late_s)s)
order by deadline_at
"""
# A worker's row appears when it starts, by a statement of its own, so that a newborn's absence means nothing.
_WORKER = """
select job.id as subject, job.worker, extract(epoch from %(at)s - seen_at) as late_s
from job join worker on worker.id = job.worker
where job.state = 'processing' and lease_until >= %(at)s and seen_at < %(at)s - make_interval(secs => %(silent_s)s)
"""
_PINNED = """
select job.id as subject, job.state, count(*) as assets from asset_pin join job on job.id = job_id
where job.state in ('succeeded', 'failed', 'cancelled') group by job.id order by job.id
"""
_DELIVERY_MISSING = """
select id as subject, state from job
where state in ('succeeded', 'failed', 'cancelled') and request->>'webhook_url' is not null
    and not exists (select from delivery where job_id = job.id and event = job.state)
"""
_UNSCHEDULED = """
select id as subject, attempts from delivery
where state = 'pending' and not exists (
    select from procrastinate_jobs task
    where task_name = %(task)s and status in ('todo', 'doing') and args->>'delivery_id' = delivery.id)
order by id
"""
_LOCK_UNSCHEDULED = """
select coalesce(next_at, created_at) as due_at from delivery
where id = %(id)s and state = 'pending' and not exists (
    select from procrastinate_jobs task
    where task_name = %(task)s and status in ('todo', 'doing') and args->>'delivery_id' = delivery.id)
for no key update
"""
_OVERDUE = """
select id as subject, extract(epoch from %(at)s - next_at) as late_s from delivery
where state = 'pending' and next_at < %(at)s - make_interval(secs => %(delivery_late_s)s) and exists (
    select from procrastinate_jobs task
    where task_name = %(task)s and status in ('todo', 'doing') and args->>'delivery_id' = delivery.id)
order by next_at
"""
_ANSWER = """
select account_id || '/' || case when is_live then 'live' else 'test' end as subject, scope, job_id from idempotency
where job_id is not null and not exists (select from job where id = job_id)
"""
_STATEMENTS: dict[Kind, str] = {
    Kind.LEDGER_UNSOUND: _LEDGER,
    Kind.HOLD_MISSING: _HOLD_MISSING,
    Kind.HOLD_OPEN: _HOLD_OPEN,
    Kind.HOLD_SPENT: _HOLD_SPENT,
    Kind.HOLD_WRONG: _HOLD_WRONG,
    Kind.LANE_MISCOUNTED: _MISCOUNTED,
    Kind.LIST_MISCOUNTED: _LIST_MISCOUNTED,
    Kind.ROUTE_UNSOUND: _ROUTE,
    Kind.LEASE_OVERDUE: _LEASE,
    Kind.DEADLINE_OVERDUE: _DEADLINE,
    Kind.WORKER_GONE: _WORKER,
    Kind.ASSET_PINNED: _PINNED,
    Kind.DELIVERY_MISSING: _DELIVERY_MISSING,
    Kind.DELIVERY_UNSCHEDULED: _UNSCHEDULED,
    Kind.DELIVERY_OVERDUE: _OVERDUE,
    Kind.ANSWER_ORPHANED: _ANSWER,
}
_NAMED_BYTES = """
select id as subject, output->>'key' as key, (output->>'size_bytes')::bigint as size_bytes, output->>'sha256' as sha256
from job where state = 'succeeded'
union all
select id, output->>'last_frame_key', null, null from job
where state = 'succeeded' and output->>'last_frame_key' is not null
union all
select id, blob_key, size_bytes, sha256 from asset
"""
_IS_NAMED = "select from (" + _NAMED_BYTES + ") named where key = %(key)s"
