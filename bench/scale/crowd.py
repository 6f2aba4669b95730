"""A thousand simulated workers with jobs of half a minute, held by one PostgreSQL: how long does a job wait for them?

Jobs arrive evenly, nearly as many as the workers can make. For each job the wait is from its submit to its claim, by
the database's clock; those that arrived while every worker was busy are told apart, for they wait for a worker and not
for the queue. Beside that: what this costs the server, from its own counters.
"""

from __future__ import annotations

import asyncio
import bisect
import json
import random
import subprocess
import sys
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import psutil
from bench.scale.databases import Database
from bench.scale.samples import cut
from bench.scale.seeding import ACCOUNTS, answer_of, order_of

from seedbed.actions.submit import submit
from seedbed.actions.wake import wake
from seedbed.store.database import Connection, Pool, borrow, connect_pool, one

POOL = "crowd"
LEASE_S = 15.0
POLL_S = 1.0
CONNECTIONS = 8  # of each process
SUBMITTERS = 8
SPARE = 200  # one worker in so many must be idle: one that has just finished is still on its way to the queue
TARGET_MS = 50.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    workers: int = 1000
    processes: int = 8
    job_s: float = 30.0
    steps: int = 10  # of progress that a job tells
    load: float = 0.98  # of what the workers could make: 33 jobs a second for a thousand of them
    steady_s: float = 150.0

    @property
    def arrivals_per_s(self) -> float:
        return self.load * self.workers / self.job_s


@dataclass(frozen=True, slots=True)
class Reading:
    """The server's counters at one moment."""

    at_s: float
    cpu_s: float
    wal_bytes: int
    commits: int
    job_updates: int
    hot_updates: int
    connections: int


async def crowd(database: Database, plan: Plan) -> dict[str, Any]:
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(
            connect_pool(database.url, min_size=SUBMITTERS, max_size=SUBMITTERS, name="bench")
        )
        crews = [await _crew(database, plan, number) for number in range(plan.processes)]
        for crew in crews:
            stack.callback(_kill, crew)
        idle = await _between(database, pool, 5.0)
        first = await _newest(pool)
        arriving = asyncio.create_task(_arrivals(pool, plan))
        stack.callback(arriving.cancel)
        await asyncio.sleep(plan.job_s * 1.5)
        before = await _reading(database, pool)
        await asyncio.sleep(plan.steady_s)
        after = await _reading(database, pool)
        waits = await _waits(pool, before, after, plan, first=first)
        told = [json.loads((await crew.communicate(b"\n"))[0].splitlines()[-1]) for crew in crews]
    return {
        "workers": plan.workers,
        "processes": plan.processes,
        "job_s": plan.job_s,
        "steps": plan.steps,
        "seconds": plan.steady_s,
        "arrivals_per_s": round(plan.arrivals_per_s, 2),
        "jobs_before": database.jobs,
        **waits,
        "server": _rates(before, after),
        "server_idle": idle,
        "crews": {
            "cpu_share": round(sum(each["cpu_s"] for each in told) / (plan.steady_s + plan.job_s * 1.5 + 5.0), 2),
            "memory_mb": max(each["memory_mb"] for each in told),
        },
    }


async def _crew(database: Database, plan: Plan, number: int) -> asyncio.subprocess.Process:
    crew = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.scale.crew"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # what it says of connections that end with it
    )
    assert crew.stdin is not None
    assert crew.stdout is not None
    first, beyond = plan.workers * number // plan.processes, plan.workers * (number + 1) // plan.processes
    told = {
        "name": f"crew-{number}",
        "url": database.url,
        "workers": beyond - first,
        "pool": POOL,
        "lease_s": LEASE_S,
        "poll_s": POLL_S,
        "connections": CONNECTIONS,
        "job_s": plan.job_s,
        "steps": plan.steps,
    }
    crew.stdin.write(json.dumps(told).encode() + b"\n")
    if (await crew.stdout.readline()).strip() != b"ready":
        sys.exit("The workers did not come up.")
    return crew


def _kill(crew: asyncio.subprocess.Process) -> None:
    if crew.returncode is None:
        crew.kill()


async def _arrivals(pool: Pool, plan: Plan) -> None:
    """Submit evenly, for ever. Does not slow down when the database does: whatever is late is made up for."""
    places, chance, began_s, number = asyncio.Semaphore(SUBMITTERS), random.Random(5), time.monotonic(), 0

    async def arrive() -> None:
        async with places:
            async with borrow(pool) as conn:
                await submit(conn, order_of(chance.randint(1, ACCOUNTS), pool=POOL), answer_of=answer_of)
            async with borrow(pool) as conn:
                await wake(conn, POOL)

    async with asyncio.TaskGroup() as group:
        while True:
            number += 1
            await asyncio.sleep(max(0.0, began_s + number / plan.arrivals_per_s - time.monotonic()))
            group.create_task(arrive())


async def _between(database: Database, pool: Pool, seconds: float) -> dict[str, float]:
    before = await _reading(database, pool)
    await asyncio.sleep(seconds)
    return _rates(before, await _reading(database, pool))


async def _reading(database: Database, pool: Pool) -> Reading:
    async with borrow(pool) as conn:
        row = await one(conn, _COUNTERS, {})
    return Reading(time.monotonic(), _cpu_s(database.server_pid), **{name: int(value) for name, value in row.items()})


def _cpu_s(server_pid: int) -> float:
    """Return the processor time of the server and all its processes. Connections that ended in between are lost."""
    server = psutil.Process(server_pid)
    times = [process.cpu_times() for process in [server, *server.children()]]
    return sum(spent.user + spent.system for spent in times)


def _rates(before: Reading, after: Reading) -> dict[str, float]:
    seconds = after.at_s - before.at_s
    updates = after.job_updates - before.job_updates
    return {
        "cpu_share": round((after.cpu_s - before.cpu_s) / seconds, 2),
        "wal_bytes_per_s": round((after.wal_bytes - before.wal_bytes) / seconds),
        "commits_per_s": round((after.commits - before.commits) / seconds),
        "job_updates_per_s": round(updates / seconds, 1),
        "hot_share": round((after.hot_updates - before.hot_updates) / max(1, updates), 2),
        "connections": after.connections,
    }


async def _newest(pool: Pool) -> int:
    async with borrow(pool) as conn:
        return int((await one(conn, "select coalesce(max(number), 0) as number from job", {}))["number"])


async def _waits(pool: Pool, before: Reading, after: Reading, plan: Plan, *, first: int) -> dict[str, Any]:
    async with borrow(pool) as conn:
        rows = await _claimed(conn, first=first, seconds=after.at_s - before.at_s)
        waiting = int((await one(conn, _UNCLAIMED, {"pool": POOL}))["waiting"])
    begun, ended = sorted(row["claimed"] for row in rows), sorted(row["ended"] for row in rows)
    all_ms, idle_ms = [], []
    for row in rows:
        if not row["is_within"]:
            continue
        wait_ms = 1000 * (row["claimed"] - row["arrived"])
        busy = bisect.bisect_right(begun, row["arrived"]) - bisect.bisect_right(ended, row["arrived"])
        all_ms.append(wait_ms)
        if busy <= plan.workers - max(1, plan.workers // SPARE):
            idle_ms.append(wait_ms)
    return {"jobs": len(all_ms), "waiting": waiting, "wait_ms": _spread(all_ms), "wait_while_idle_ms": _spread(idle_ms)}


def _spread(times_ms: list[float]) -> dict[str, float]:
    if not times_ms:
        return {"jobs": 0}
    return {
        "jobs": len(times_ms),
        "p50": round(cut(times_ms, 50), 1),
        "p99": round(cut(times_ms, 99), 1),
        "most": round(max(times_ms), 1),
    }


async def _claimed(conn: Connection, *, first: int, seconds: float) -> list[dict[str, Any]]:
    cursor = await conn.execute(_CLAIMED, {"pool": POOL, "first": first, "seconds": seconds})
    return list(await cursor.fetchall())


_COUNTERS = """
select (pg_current_wal_lsn() - '0/0')::bigint as wal_bytes, xact_commit as commits,
    n_tup_upd as job_updates, n_tup_hot_upd as hot_updates,
    (select count(*) from pg_stat_activity where datname = current_database()) as connections
from pg_stat_database, pg_stat_user_tables
where datname = current_database() and relname = 'job'
"""
_CLAIMED = """
select extract(epoch from created_at)::float8 as arrived, extract(epoch from claimed_at)::float8 as claimed,
    coalesce(extract(epoch from finished_at), 'infinity')::float8 as ended,
    created_at > clock_timestamp() - make_interval(secs => %(seconds)s) as is_within
from job where number > %(first)s and pool = %(pool)s and claimed_at is not null
"""
_UNCLAIMED = "select coalesce(sum(queued), 0) as waiting from lane where pool = %(pool)s"
