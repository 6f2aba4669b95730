"""Lists an account with many generations: `python -m bench.live.lists [--jobs 100000] [--pages 300] [--json FILE]`.

A real `seedbed serve` without workers. Pages of every depth, length and filter, one after the other, by HTTP and by the
call to the store beneath it; the plan that PostgreSQL follows is printed for each kind. The Ark list, which counts off
its pages and says how many there are, stands beside it, all jobs within its window. Exits with 1 if the slowest of a
hundred pages of the native list takes longer than the limit.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import random
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import psutil
from bench.live.__main__ import GENERATIONS, order_one, spread
from bench.live.copies import copy_final
from bench.load.__main__ import service

from seedbed.api.ark.lists import WINDOW
from seedbed.api.ark.paths import ROOT, TASKS
from seedbed.api.native.listing import LIST
from seedbed.api.paging import AFTER_ALL, MAX_PAGE, cursor_after
from seedbed.cli.home import load_login, load_running
from seedbed.core.job import State
from seedbed.core.keys import Mode
from seedbed.store import job_pages, jobs, task_pages
from seedbed.store.database import Connection, connected, moment
from seedbed.store.keys import Principal

OUT = Path("bench") / "results" / "lists.json"
LIMIT_MS = 20.0
ARK_PAGES = 500  # the most that may be asked for
WARM = 20  # requests before it counts: caches, prepared statements
SEED = 5
FILTERS: tuple[dict[str, Any], ...] = (
    {"states": [State.FAILED]},
    {"states": [State.CANCELLED, State.FAILED]},
    {"model": "seedance-2.0"},
    {"states": [State.SUCCEEDED], "model": "seedance-2.0-fast"},
    {"states": [State.QUEUED]},
)


class Explaining:
    """A connection that keeps the plan of every statement that goes over it."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self.plans: list[str] = []

    async def execute(self, statement: str, facts: dict[str, Any]) -> Any:
        cursor = await self._conn.execute(f"explain (analyze, buffers) {statement}", facts)
        self.plans.append("\n".join(row["QUERY PLAN"] for row in await cursor.fetchall()))
        return await self._conn.execute(statement, facts)


class Lists:
    """The lists of one account, by both ways."""

    def __init__(self, http: httpx.AsyncClient, conn: Connection, who: Principal, numbers: tuple[int, int]) -> None:
        self._http = http
        self._conn = conn
        self._who = who
        self._numbers = numbers
        self._chance = random.Random(SEED)

    async def native(self, length: int, wanted: dict[str, Any], conn: Any = None) -> dict[str, float]:
        before = self._chance.choice([AFTER_ALL, *(self._chance.randint(*self._numbers) for _ in range(20))])
        query = {"limit": length, "cursor": cursor_after(before, self._who, of=LIST)}
        query |= {"status": wanted["states"]} if "states" in wanted else {}
        query |= {"model": wanted["model"]} if "model" in wanted else {}
        account_id, is_live = self._who.account_id, self._who.is_live

        def stored() -> Awaitable[Any]:
            return job_pages.page(
                conn or self._conn, account_id, is_live=is_live, limit=length + 1, before=before, **wanted
            )

        return {"http": await self._asked(GENERATIONS, query), "store": await timed_ms(stored)}

    async def ark(self, length: int, conn: Any = None) -> dict[str, float]:
        number = self._chance.randint(1, ARK_PAGES)
        since = await moment(self._conn, None) - WINDOW

        def stored() -> Awaitable[Any]:
            wanted = task_pages.Filter()
            account_id, is_live = self._who.account_id, self._who.is_live
            return task_pages.page(
                conn or self._conn, account_id, wanted, is_live=is_live, since=since, limit=length, skip=number * length
            )

        asked_ms = await self._asked(ROOT + TASKS, {"page_num": number, "page_size": length})
        return {"http": asked_ms, "store": await timed_ms(stored)}

    async def _asked(self, path: str, query: dict[str, Any]) -> float:
        async def asked() -> None:
            (await self._http.get(path, params=query)).raise_for_status()

        return await timed_ms(asked)

    def kinds(self) -> dict[str, Callable[..., Awaitable[dict[str, float]]]]:
        return {
            "native": lambda conn=None: self.native(20, {}, conn),
            "native, the longest page": lambda conn=None: self.native(MAX_PAGE, {}, conn),
            "native, filtered": lambda conn=None: self.native(20, self._chance.choice(FILTERS), conn),
            "ark": lambda conn=None: self.ark(20, conn),
        }


async def timed_ms(work: Callable[[], Awaitable[Any]]) -> float:
    began_s = time.perf_counter()
    await work()
    return 1000 * (time.perf_counter() - began_s)


async def measure(process: subprocess.Popen[bytes], home: Path, wanted: argparse.Namespace) -> dict[str, Any]:
    login, running = load_login(home), load_running(home)
    assert login is not None
    assert running is not None
    job_id = await order_one(login)
    bearer = {"Authorization": f"Bearer {login.key}"}
    async with (
        httpx.AsyncClient(base_url=login.base_url, headers=bearer, timeout=60, trust_env=False) as http,
        connected(running.database_url, name="bench") as conn,
    ):
        job = await jobs.find(conn, job_id)
        assert job is not None
        every = 0.9 * WINDOW / wanted.jobs  # so that all are within the window
        await copy_final(conn, job_id, wanted.jobs, every=max(every, timedelta(microseconds=1)))
        cursor = await conn.execute("select min(number) as least, max(number) as most from job")
        row = await cursor.fetchone()
        assert row is not None
        who = Principal(job.account_id, Mode.LIVE if job.is_live else Mode.TEST, job.api_key_id or 0, frozenset())
        lists = Lists(http, conn, who, (row["least"], row["most"]))
        gc.freeze()  # a pause of ours is none of the service's
        return {"jobs": wanted.jobs, "pages": wanted.pages, "load": os.getloadavg()} | {
            name: await pages(process, ask, conn, name, wanted.pages) for name, ask in lists.kinds().items()
        }


async def pages(
    process: subprocess.Popen[bytes], ask: Callable[..., Awaitable[Any]], conn: Connection, name: str, count: int
) -> dict[str, Any]:
    explaining = Explaining(conn)
    await ask(explaining)
    print(f"-- {name}", *explaining.plans, sep="\n")
    for _ in range(WARM):
        await ask()
    times_ms = defaultdict(list)
    before = psutil.Process(process.pid).cpu_times()
    for _ in range(count):
        for way, took_ms in (await ask()).items():
            times_ms[way].append(took_ms)
    after = psutil.Process(process.pid).cpu_times()
    cpu_ms = 1000 * (after.user + after.system - before.user - before.system) / count
    return {way: spread(took_ms) for way, took_ms in times_ms.items()} | {"api_processor_ms": round(cpu_ms, 2)}


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.live.lists")
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--pages", type=int, default=300)
    parser.add_argument("--json", type=Path, default=OUT)
    wanted = parser.parse_args()
    with service(0) as (process, home):
        result = asyncio.run(measure(process, home, wanted))
    wanted.json.parent.mkdir(parents=True, exist_ok=True)
    wanted.json.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))
    sys.exit(any(result[name]["http"]["p99"] >= LIMIT_MS for name in result if name.startswith("native")))


if __name__ == "__main__":
    main()
