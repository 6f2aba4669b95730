"""The durable core on a real PostgreSQL, driven step by step from code that is not asynchronous.

Everything happens inside one transaction, which is rolled back when the example ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from typing import Any, TypeVar

from model import Model, Tenant

from seedbed.core.credits import Balance
from seedbed.core.job import Job
from seedbed.store import ledger
from seedbed.store.database import Connection, connect, many, one
from seedbed.store.rows import to_job

T = TypeVar("T")


class Postgres:
    """`conn` is to be used through `do` alone."""

    conn: Connection

    def __init__(self, url: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._stack = AsyncExitStack()
        self.do(self._open(url))

    def do(self, step: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(step)

    def close(self) -> None:
        self.do(self._stack.aclose())
        self._loop.close()

    async def _open(self, url: str) -> None:
        self.conn = await connect(url, name="property test")
        self._stack.push_async_callback(self.conn.close)
        await self._stack.enter_async_context(self.conn.transaction(force_rollback=True))

    def make_key(self, tenant: Tenant, *, running_limit: int) -> int:
        facts = {"account_id": tenant.account_id, "is_live": tenant.is_live, "limit": running_limit}
        return self.do(one(self.conn, _MAKE_KEY, facts))["id"]

    def assert_agrees_with(self, model: Model) -> None:
        """The same jobs in the same states, the same balances, and lanes that count what is there."""
        rows = self.do(many(self.conn, "select * from job order by number", {}))
        stored = [(*_essence(to_job(row)), row["run_at"], row["lease_until"]) for row in rows]
        assert stored == [(*_essence(e.job), e.run_at, e.lease_until) for e in model.entries.values()]
        assert self._balances() == {tenant: known for tenant, known in model.balances.items() if known != Balance()}
        lanes = self.do(many(self.conn, "select * from lane", {}))
        assert {(Tenant(r["account_id"], r["is_live"]), r["pool"]): r["vtime_ms"] for r in lanes} == model.vtimes

    def assert_sound(self) -> None:
        """What must hold whatever happened, asked of the tables alone."""
        assert self.do(ledger.unsound(self.conn)) == []
        assert self.do(one(self.conn, _SUM, {}))["credits"] == 0
        assert self.do(many(self.conn, _WRONG_LANES, {})) == []
        assert self.do(many(self.conn, _WRONG_RESOLUTIONS, {})) == []
        assert self.do(many(self.conn, _WRONG_DELIVERIES, {})) == []
        assert self.do(many(self.conn, "select * from job_count_proof", {})) == []

    def _balances(self) -> dict[Tenant, Balance]:
        rows = self.do(many(self.conn, "select * from balance where available_credits + held_credits > 0", {}))
        return {Tenant(r["account_id"], r["is_live"]): Balance(r["available_credits"], r["held_credits"]) for r in rows}


def _essence(job: Job) -> tuple:
    moments = (job.created_at, job.started_at, job.claimed_at, job.finished_at, job.deadline_at)
    counts = (job.attempt, job.failures, job.kills, job.charged_credits)
    return (job.id, job.state, job.api_key_id, *counts, *moments)


_MAKE_KEY = """
insert into api_key (account_id, is_live, digest, last_four, name, scopes, running_limit_jobs)
values (%(account_id)s, %(is_live)s, sha256(convert_to(gen_random_uuid()::text, 'UTF8')), 'abcd', 'limited',
    '{generate}', %(limit)s)
returning id
"""
_SUM = "select coalesce(sum(amount_credits), 0) as credits from ledger_entry"
_WRONG_LANES = """
select * from lane_proof join lane using (account_id, is_live, pool)
where (queued_drift, running_drift) <> (0, 0) or running > max_running
"""
# A job that costs something has one hold; if it is final also one resolution, of the kind that its state asks for.
_WRONG_RESOLUTIONS = """
select job.id, job.state, holds, captures, releases from job left join lateral (
    select count(*) filter (where kind = 'hold') as holds,
        count(*) filter (where kind = 'capture') as captures,
        count(*) filter (where kind = 'release') as releases
    from transfer where transfer.job_id = job.id and amount_credits = job.price_credits) seen on true
where (holds, captures, releases) <> (
    (price_credits > 0)::int,
    (price_credits > 0 and state = 'succeeded')::int,
    (price_credits > 0 and state in ('failed', 'cancelled'))::int)
"""
_WRONG_DELIVERIES = """
select job.id, job.state, told from job left join lateral (
    select count(*) as told from delivery join procrastinate_jobs task on task.args->>'delivery_id' = delivery.id
    where delivery.job_id = job.id and delivery.event = job.state and task.task_name = 'deliver') seen on true
where told <> (finished_at is not null and request->>'webhook_url' is not null)::int
"""
