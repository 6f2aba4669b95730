"""What is read again and again, statement by statement, on databases of several sizes: times, and the plans behind.

`curves` shows that something grows; this shows what. Nothing here changes a row.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

from bench.live.lists import Explaining
from bench.scale.databases import Database
from bench.scale.samples import Samples, repeated
from bench.scale.seeding import id_of

from seedbed.api.paging import AFTER_ALL
from seedbed.core.job import State
from seedbed.store import (
    audit,
    deliveries,
    endings,
    job_pages,
    jobs,
    lanes,
    leases,
    ledger,
    stranded,
    task_pages,
    usage,
)
from seedbed.store.database import connected, moment

MIDDLING = 100  # the number of an account with about as many jobs as others have
POOLS = ["default"]
Read = Callable[[Any], Awaitable[Any]]


async def _any_job(conn: Any, count: int) -> None:
    await jobs.find(conn, id_of(1 + count // 2))


async def _place(conn: Any) -> None:
    waiting = await job_pages.page(conn, MIDDLING, is_live=True, limit=1, before=AFTER_ALL, states=[State.QUEUED])
    if waiting:
        await jobs.queue_place(conn, waiting[0].job)


async def _month(conn: Any) -> None:
    today = (await moment(conn, None)).date()
    await usage.by_day(conn, MIDDLING, is_live=True, first=today - timedelta(days=30), last=today, limit=10_000)


async def _since(conn: Any) -> None:
    at = await moment(conn, None)
    await endings.after(conn, MIDDLING, endings.Place(at - timedelta(days=1)), is_live=True, limit=100)


async def _tasks(conn: Any) -> None:
    since = await moment(conn, None) - timedelta(days=7)
    wanted = task_pages.Filter()
    await task_pages.page(conn, MIDDLING, wanted, is_live=True, since=since, limit=20, skip=0)


async def _failed(conn: Any) -> None:
    await job_pages.page(conn, MIDDLING, is_live=True, limit=20, before=AFTER_ALL, states=[State.FAILED])


def reads_of(count: int) -> dict[str, Read]:
    """Return the readings of a database with so many jobs, by what they are for."""
    return {
        "a job": lambda conn: _any_job(conn, count),
        "its place in the queue": _place,
        "a page of the list": lambda conn: job_pages.page(conn, MIDDLING, is_live=True, limit=20, before=AFTER_ALL),
        "a page of failed jobs": _failed,
        "a page of the Ark list": _tasks,
        "balance": lambda conn: ledger.balance(conn, MIDDLING, is_live=True),
        "a page of the ledger": lambda conn: ledger.page(conn, MIDDLING, is_live=True, limit=20, before=AFTER_ALL),
        "a page of deliveries": lambda conn: deliveries.of_account(conn, MIDDLING, is_live=True, limit=20),
        "what ended in a day": _since,
        "usage of a month": _month,
        "whose turn it is": lambda conn: lanes.next_ready(conn, POOLS, at=None),
        "whether any waits": lambda conn: lanes.any_waiting(conn, POOLS),
        "what is overdue": lambda conn: leases.overdue(conn, limit=200, at=None),
        "what nobody serves": lambda conn: stranded.stranded(conn, after_s=3600, kept_after_s=7200, limit=100, at=None),
    }


async def reads(databases: list[Database], *, rounds: int, count: int) -> dict[str, dict[str, dict[str, float]]]:
    """Return the times by reading and by the name of the database."""
    measured: dict[str, dict[str, Samples]] = defaultdict(lambda: defaultdict(Samples))
    async with AsyncExitStack() as stack:
        conns = [await stack.enter_async_context(connected(database.url, name="bench")) for database in databases]
        for number in range(rounds + 1):
            for database, conn in zip(databases, conns, strict=True):
                for name, read in reads_of(database.jobs).items():
                    samples = await repeated(lambda read=read, conn=conn: read(conn), times=count, at_once=1)
                    if number:
                        measured[name][database.name].add(samples)
    return {name: {size: samples.figures() for size, samples in of.items()} for name, of in measured.items()}


async def plans(database: Database) -> dict[str, list[str]]:
    """Return what EXPLAIN (ANALYZE, BUFFERS) says of every statement of every reading."""
    async with connected(database.url, name="bench") as conn:
        explained = {}
        for name, read in reads_of(database.jobs).items():
            explaining = Explaining(conn)
            await read(explaining)
            explained[name] = explaining.plans
        return explained


async def audited(database: Database) -> dict[str, float]:
    """Audit the rows once: it reads everything, and so it grows. Return its seconds and how much it found."""
    async with connected(database.url, name="bench") as conn:
        at = await moment(conn, None)
        began_s = time.perf_counter()
        async with audit.snapshot(conn):
            found = await audit.findings(conn, at=at)
        return {"seconds": round(time.perf_counter() - began_s, 2), "findings": len(found)}
