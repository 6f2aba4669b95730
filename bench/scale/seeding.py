"""Fills a database with the past of a service: accounts, ended jobs, their money, counts, webhooks and answers.

What is written is what the actions would have left, so that `seedbed audit` finds nothing. The indexes and foreign keys
are taken away meanwhile and made again at the end, which checks every row: five million jobs take minutes, not hours.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

import psycopg

from seedbed.actions.create_account import create_account
from seedbed.actions.submit import Order, submit
from seedbed.core.job import Job, Leg, make_job_id
from seedbed.core.request import Accepted, GenerationRequest
from seedbed.core.sizes import AspectRatio
from seedbed.store.database import Connection, connected, one
from seedbed.store.idempotency import KEPT_DAYS, IdempotencyClaim

ACCOUNTS = 200
SPAN = timedelta(days=180)
PRICE_CREDITS = 40
ESTIMATE_MS = 3_000
WEBHOOK = "https://hooks.example.net/seedbed"
SCOPE = "POST /api/open/v1/video/generations"
TABLES = ("job", "transfer", "job_count", "delivery", "delivery_attempt", "idempotency")
RUNNING_LIMIT_JOBS = 100_000  # the limits of accounts are not what is measured here


def id_of(number: int) -> str:
    """Return the id of the seeded job with that number, counted from 1."""
    return "req_" + hashlib.md5(str(number).encode()).hexdigest()  # noqa: S324 - any even spread will do


def order_of(account_id: int, *, pool: str = "default", has_webhook: bool = False) -> Order:
    """Return a new order, with an Idempotency-Key of its own."""
    request = GenerationRequest(
        model="seedance-2.0",
        prompt="A red fox in the snow, seen from far away, then from near.",
        seed=secrets.randbelow(2**32),
        aspect_ratio=AspectRatio.WIDE,
        webhook_url=WEBHOOK if has_webhook else None,
        metadata={"projectId": "bench", "order": secrets.token_hex(8)},
    )
    return Order(
        account_id=account_id,
        is_live=True,
        dialect="native",
        accepted=Accepted(request),
        price_credits=PRICE_CREDITS,
        pool=pool,
        route=(Leg("bench", pool),),
        job_id=make_job_id(secrets.token_bytes(16)),
        idempotency=IdempotencyClaim(SCOPE, secrets.token_hex(16), secrets.token_bytes(32)),
        queue_limit_jobs=RUNNING_LIMIT_JOBS,
        running_limit_jobs=RUNNING_LIMIT_JOBS,
    )


def answer_of(job: Job) -> bytes:
    return f'{{"success":true,"requestId":"{job.id}","status":"queued","creditsCharged":{PRICE_CREDITS}}}'.encode()


async def seed(url: str, jobs: int, *, waiting: int = 0) -> None:
    """Write so many ended jobs of the last half year, and some that wait. The database must be new and migrated."""
    async with connected(url, name="seed") as conn:
        await conn.execute(
            "set statement_timeout = 0; set synchronous_commit = off; set maintenance_work_mem = '512MB'"
        )
        for number in range(1, ACCOUNTS + 1):
            await create_account(conn, name=f"account {number}", credits=1_000_000_000)
            if number <= 2:  # the two requests of which all others are copies
                await submit(conn, order_of(number, has_webhook=number == 2), answer_of=answer_of)
        facts = {"jobs": jobs, "waiting": waiting, "accounts": ACCOUNTS, "span": SPAN, "kept_days": KEPT_DAYS}
        async with _bare(conn):
            for statement in _STATEMENTS:
                await conn.execute(statement, facts)
            await conn.execute(_NEXT_TRANSFER)
        await conn.execute("vacuum (analyze)")


class _bare:  # noqa: N801 - used as a statement
    """Takes indexes, constraints and row triggers of the tables away for the block, and makes them again."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._again: list[str] = []

    async def __aenter__(self) -> None:
        tables = {"tables": list(TABLES)}
        for row in await (await self._conn.execute(_PARTS, tables)).fetchall():
            await self._conn.execute(row["away"])
            self._again.insert(0, row["again"])
        for table in TABLES:
            await self._conn.execute(psycopg.sql.SQL("alter table {} disable trigger user").format(_name(table)))

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            return
        for statement in self._again:
            await self._conn.execute(statement)
        for table in TABLES:
            await self._conn.execute(psycopg.sql.SQL("alter table {} enable trigger user").format(_name(table)))


def _name(table: str) -> psycopg.sql.Identifier:
    return psycopg.sql.Identifier(table)


async def count_jobs(conn: Connection) -> int:
    return int((await one(conn, "select count(*) as jobs from job", {}))["jobs"])


# Foreign keys go first and come last; the indexes that they rest on stand between.
_PARTS = """
select away, again from (
    select case contype when 'f' then 1 else 3 end as step, conname as name,
        format('alter table %%s drop constraint %%I', conrelid::regclass, conname) as away,
        format('alter table %%s add constraint %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid))
            as again
    from pg_constraint
    where contype in ('f', 'u', 'p') and conrelid = any (%(tables)s::regclass[])
        or contype = 'f' and confrelid = any (%(tables)s::regclass[])
    union all
    select 2, indexrelid::regclass::text, format('drop index %%s', indexrelid::regclass), pg_get_indexdef(indexrelid)
    from pg_index
    where indrelid = any (%(tables)s::regclass[])
        and not exists (select from pg_constraint where conindid = indexrelid and contype in ('u', 'p'))
) part order by step, name
"""
# Few accounts have most of the jobs; of a hundred jobs two failed, three were cancelled, and twenty had a webhook.
_JOBS = """
insert into job (id, account_id, is_live, dialect, pool, state, request, priority, price_credits, estimate_ms, attempt,
    version, run_at, deadline_at, aspect_ratio, engine, output, error_code, error_message, created_at, started_at,
    finished_at, rank_at, claimed_at, shown_model, route)
select 'req_' || md5(n::text), 1 + floor(%(accounts)s * power(random(), 2))::int, true, dialect, pool, fate.state,
    request, priority, price_credits, estimate_ms, 1, 3, arrived, arrived + interval '2 days', aspect_ratio, 'bench',
    case when fate.state = 'succeeded' then json_build_object('key', 'jobs/req_' || md5(n::text) || '/1/result.mp4',
        'size', json_build_object('width_px', 1280, 'height_px', 720), 'frames', 121, 'fps', 24,
        'size_bytes', 1800000 + n %% 100000, 'sha256', md5(n::text) || md5('b' || n), 'last_frame_key', null) end,
    case when fate.state = 'failed' then 'engine_failed' end,
    case when fate.state = 'failed' then 'The engine stopped while it made the video.' end,
    arrived, begun, begun + interval '30 s', arrived, begun, shown_model, route
from generate_series(1, %(jobs)s) n,
    lateral (select (case when n %% 100 < 2 then 'failed' when n %% 100 < 5 then 'cancelled' else 'succeeded' end
        )::job_state as state, now() - interval '1 hour' - (%(jobs)s - n)::float8 / %(jobs)s * %(span)s::interval
        as arrived) fate,
    lateral (select arrived + interval '20 ms' as begun) claim,
    template
where template.number = case when n %% 5 = 0 then 2 else 1 end
"""
_WAITING = """
insert into job (id, account_id, is_live, dialect, pool, request, priority, price_credits, estimate_ms, run_at,
    deadline_at, aspect_ratio, created_at, rank_at, shown_model, route)
select 'req_' || md5('w' || n), 1 + n %% %(accounts)s, true, dialect, pool, request, priority, price_credits,
    estimate_ms, arrived, now() + interval '2 days', aspect_ratio, arrived, arrived, shown_model, route
from generate_series(1, %(waiting)s) n cross join (select * from template where number = 1) template,
    lateral (select now() - interval '1 hour' + n * interval '10 ms' as arrived) since
"""
_LANES = """
insert into lane (account_id, is_live, pool, queued, weight, max_running)
select account_id, true, pool, count(*) filter (where state = 'queued'), 4, 100000 from job group by account_id, pool
on conflict (account_id, is_live, pool) do update set queued = excluded.queued
"""
_HOLDS = """
insert into transfer (id, account_id, is_live, kind, source, target, amount_credits, job_id, hold_id, at)
overriding system value
select 1000000 + 2 * number + (leg.kind <> 'hold')::int, account_id, is_live, leg.kind, leg.source, leg.target,
    price_credits, job.id, case when leg.kind <> 'hold' then 1000000 + 2 * number end, leg.at
from job, lateral (
    select 'hold'::transfer_kind as kind, 'available'::bucket as source, 'held'::bucket as target, created_at as at
    where number > 2
    union all select 'capture', 'held', 'revenue', finished_at where state = 'succeeded'
    union all select 'release', 'held', 'available', finished_at where state in ('failed', 'cancelled')) leg
order by number, leg.at
"""
_BALANCES = """
update balance set available_credits = sums.available, held_credits = sums.held
from (
    select account_id, is_live, sum(amount_credits) filter (where bucket = 'available') as available,
        coalesce(sum(amount_credits) filter (where bucket = 'held'), 0) as held
    from ledger_entry group by account_id, is_live) sums
where (balance.account_id, balance.is_live) = (sums.account_id, sums.is_live)
"""
_COUNTS = """
insert into job_count
select account_id, is_live, date_trunc('hour', created_at, 'UTC'), pool, state,
    error_code is not distinct from 'expired', is_flexible, coalesce(shown_model, ''), count(*)
from job group by 1, 2, 3, 4, 5, 6, 7, 8
"""
_DELIVERIES = """
insert into delivery (id, job_id, event, url, state, attempts, last_status, last_latency_ms, created_at, attempted_at)
select 'msg_' || md5(id), id, state, request ->> 'webhook_url', 'delivered', 1, 200, 80, finished_at, finished_at
from job where finished_at is not null and number > 2 and request ->> 'webhook_url' is not null
"""
_ATTEMPTS = """
insert into delivery_attempt (delivery_id, number, at, status, latency_ms, excerpt, is_private)
select id, 1, attempted_at, 200, 80, 'ok', false from delivery where state = 'delivered'
"""
_ANSWERS = """
insert into idempotency
select account_id, is_live, 'POST /api/open/v1/video/generations', md5('k' || id), decode(md5(id) || md5('d' || id),
    'hex'), id, convert_to('{"success":true,"requestId":"' || id || '","status":"queued","creditsCharged":40}', 'UTF8'),
    created_at + make_interval(days => %(kept_days)s)
from job where number > 2 and created_at > now() - make_interval(days => %(kept_days)s)
"""
_STATEMENTS = (
    "create temporary table template as select * from job",
    "delete from job_count",  # what the two templates have left there is counted with all others
    _JOBS,
    _WAITING,
    _LANES,
    _HOLDS,
    _BALANCES,
    _COUNTS,
    _DELIVERIES,
    _ATTEMPTS,
    _ANSWERS,
)
_NEXT_TRANSFER = "select setval(pg_get_serial_sequence('transfer', 'id'), (select max(id) + 1 from transfer))"
