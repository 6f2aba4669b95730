"""Submit, claim and finish, and poll, on databases of several sizes in turn: does the size of the past matter?

Each round goes over all databases before the next one begins, the order turned by one, so that whatever else the
machine does meets all of them alike. The first round warms caches and counts for nothing.
"""

from __future__ import annotations

import json
import random
import secrets
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from bench.scale.databases import Database
from bench.scale.replica import GENERATIONS, Caller, new_key, replicas
from bench.scale.samples import Samples, repeated
from bench.scale.seeding import ACCOUNTS, answer_of, id_of, order_of

from seedbed.actions.claim import claim
from seedbed.actions.finish import Success, finish
from seedbed.actions.submit import submit
from seedbed.core.job import Job, Output
from seedbed.core.sizes import Size
from seedbed.store import jobs
from seedbed.store.database import Pool, borrow, connect_pool

AT_ONCE = 8
WORKERS = 10
PAST_JOBS = 20_000  # of them are polled
TARGET = 1.5  # the p99 with most jobs, over that with fewest
POLL = "poll"
SUBMIT = "submit"
CLAIM_FINISH = "claim and finish"
SUBMIT_HTTP = "submit over HTTP"
POLL_HTTP = "poll over HTTP"


def success_of(job: Job) -> Success:
    key = f"jobs/{job.id}/{job.attempt}/result.mp4"
    output = Output(key=key, size=Size(1280, 720), frames=121, fps=24, size_bytes=1_800_000, sha256="0" * 64)
    return Success(output, engine="bench")


@dataclass(frozen=True)
class Site:
    """One database with everything that asks it."""

    database: Database
    pool: Pool
    callers: list[Caller]
    past: list[tuple[str, int]]  # ids and accounts of jobs of all times
    ordered: list[str]  # ids of the callers' jobs
    chance: random.Random

    async def submit(self) -> None:
        order = order_of(self.chance.randint(1, ACCOUNTS), has_webhook=self.chance.random() < 0.2)
        async with borrow(self.pool) as conn:
            await submit(conn, order, answer_of=answer_of)

    async def claim_and_finish(self) -> None:
        async with borrow(self.pool) as conn:
            claimed = await claim(conn, pools=["default"], worker="bench", lease_s=60)
        assert claimed is not None
        job = claimed.job
        async with borrow(self.pool) as conn:
            assert await finish(conn, job.id, job.attempt, success_of(job)) is not None

    async def poll(self) -> None:
        job_id, account_id = self.chance.choice(self.past)
        async with borrow(self.pool) as conn:
            assert await jobs.get(conn, account_id, job_id, is_live=True) is not None

    async def submit_http(self) -> None:
        caller = self.callers.pop()
        body = {
            "model": "seedance-2.0",
            "prompt": "A red fox in the snow.",
            "metadata": {"order": secrets.token_hex(8)},
        }
        key = f"Idempotency-Key: {secrets.token_hex(16)}\r\n"
        answer = await caller.ask("POST", GENERATIONS, body=json.dumps(body).encode(), header=key)
        self.ordered.append(json.loads(answer)["requestId"])
        self.callers.append(caller)

    async def poll_http(self) -> None:
        caller = self.callers.pop()
        await caller.ask("GET", f"{GENERATIONS}/{self.chance.choice(self.ordered)}")
        self.callers.append(caller)


async def curves(databases: list[Database], *, rounds: int, count: int) -> dict[str, dict[str, dict[str, float]]]:
    """Return what was measured, by kind of work and by the name of the database."""
    measured: dict[str, dict[str, Samples]] = defaultdict(lambda: defaultdict(Samples))
    async with AsyncExitStack() as stack:
        sites = [await stack.enter_async_context(_site(database)) for database in databases]
        for number in range(rounds + 1):
            for name, times, at_once, work in _programme(count):
                turn = number % len(sites)
                for site in sites[turn:] + sites[:turn]:
                    samples = await repeated(_bound(work, site), times=times, at_once=at_once)
                    if number:
                        measured[name][site.database.name].add(samples)
    sizes = [database.name for database in databases]
    return {name: {size: of[size].figures() for size in sizes} for name, of in measured.items()}


Work = Callable[[Site], Awaitable[None]]


def _programme(count: int) -> list[tuple[str, int, int, Work]]:
    """Whatever is submitted is finished in the same round, so that as many jobs wait at its end as at its beginning."""
    return [
        (SUBMIT, count, AT_ONCE, Site.submit),
        (SUBMIT_HTTP, count // 2, AT_ONCE, Site.submit_http),
        (CLAIM_FINISH, count + count // 2, WORKERS, Site.claim_and_finish),
        (POLL, 2 * count, AT_ONCE, Site.poll),
        (POLL_HTTP, count, AT_ONCE, Site.poll_http),
    ]


def _bound(work: Work, site: Site) -> Callable[[], Awaitable[None]]:
    return lambda: work(site)


@asynccontextmanager
async def _site(database: Database) -> AsyncIterator[Site]:
    with replicas(database.folder, database.url, 1) as (replica,):
        key = await new_key(database.url)
        callers = [Caller(replica.port, key) for _ in range(AT_ONCE)]
        async with connect_pool(database.url, min_size=WORKERS, max_size=WORKERS, name="bench") as pool:
            chance = random.Random(database.jobs)
            yield Site(database, pool, callers, await _past(pool, database.jobs, chance), [], chance)
        for caller in callers:
            caller.close()


async def _past(pool: Pool, count: int, chance: random.Random) -> list[tuple[str, int]]:
    ids = [id_of(chance.randint(1, count)) for _ in range(PAST_JOBS)]
    async with borrow(pool) as conn:
        cursor = await conn.execute("select id, account_id from job where id = any(%(ids)s)", {"ids": ids})
        return [(row["id"], row["account_id"]) for row in await cursor.fetchall()]
