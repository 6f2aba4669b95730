"""Many simulated workers in one process: `python -m bench.scale.crew`, told what to be by JSON on its input.

They are the service's own slots, with its claims, leases, notices, heartbeats and reaping; only the engine is missing,
and a video is made by waiting. Each slot counts as one worker: it has a row of its own and reaps by itself, as a worker
with one GPU does. The process has one LISTEN connection. Prints `ready`, works until its input ends, prints figures.
"""

from __future__ import annotations

import asyncio
import json
import random
import resource
import sys
from contextlib import suppress
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import structlog
import uvloop
from bench.scale.curves import success_of

from seedbed.actions.finish import Success
from seedbed.core.engine import Capabilities, Stage
from seedbed.core.job import Job
from seedbed.store import turns, workers
from seedbed.store.database import Pool, borrow, connect_pool
from seedbed.worker import chores
from seedbed.worker.beside import beside
from seedbed.worker.health import Health
from seedbed.worker.lease import Lease
from seedbed.worker.loop import HEARTBEAT_S
from seedbed.worker.patience import TRANSIENT
from seedbed.worker.slot import Slot
from seedbed.worker.switchboard import Switchboard


class Host:
    """What a slot asks of its engine's process."""

    is_job_over = False
    grace_s = 0.0

    async def warm(self) -> Capabilities:
        return Capabilities("bench", "Waits.", frozenset(), makes_audio=False, digital_source_type="")


class NoBlobs:
    """What a slot asks of the store when its job was lost."""

    async def delete_prefix(self, prefix: str) -> None:
        """Nothing was stored."""


@dataclass(kw_only=True)
class Waiter(Slot):
    """A slot whose videos take a certain time, and tell of it in so many steps."""

    job_s: float
    steps: int

    async def _made(self, job: Job, lease: Lease) -> Success:
        for step in range(1, self.steps + 1):
            await asyncio.sleep(self.job_s / self.steps)
            lease.report(Stage.RENDERING, step / self.steps)
        return success_of(job)


async def no_fault() -> None:
    return None


def slot(wanted: dict[str, Any], number: int, pool: Pool, switchboard: Switchboard, stopping: asyncio.Event) -> Waiter:
    return Waiter(
        bench=SimpleNamespace(host=Host(), sources=SimpleNamespace(blobs=NoBlobs())),
        pool=pool,
        switchboard=switchboard,
        worker=f"{wanted['name']}-{number}",
        pools=[wanted["pool"]],
        lease_s=wanted["lease_s"],
        poll_s=wanted["poll_s"],
        stopping=stopping,
        hurry=stopping,
        health=Health(no_fault, no_fault, suspect_after=2, on_change=lambda: None),
        job_s=wanted["job_s"],
        steps=wanted["steps"],
    )


async def show(one: Waiter) -> None:
    """Write the worker's row as `worker.loop` does."""
    await asyncio.sleep(random.uniform(0, HEARTBEAT_S))
    while True:
        doing = one.doing.id if one.doing else None
        with suppress(*TRANSIENT):
            async with borrow(one.pool) as conn:
                await workers.heartbeat(conn, one.worker, one.pools, {}, doing)
        await asyncio.sleep(HEARTBEAT_S)


async def reap(one: Waiter) -> None:
    """Reap when it is this one's turn, as `worker.chores` does."""
    await asyncio.sleep(random.uniform(0, chores.REAP_EVERY_S))
    while True:
        is_ours = False
        with suppress(*TRANSIENT):
            async with borrow(one.pool) as conn:
                is_ours = await turns.take(conn, "reap", pause_s=chores.REAP_PAUSE_S)
            if is_ours:
                await chores.reap_once(one.pool)
        pause_s = chores.REAP_EVERY_S * (1 if is_ours else chores.ELSEWHERE_WAITS)
        await asyncio.sleep(pause_s * random.uniform(0.75, 1.25))


async def work(wanted: dict[str, Any]) -> None:
    # Nobody reads what is logged, and a pipe that is full would stop everything: faults show as jobs that are late.
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    stopping, switchboard = asyncio.Event(), Switchboard((wanted["pool"],))
    size = wanted["connections"]
    async with connect_pool(wanted["url"], min_size=size, max_size=size, name="crew") as pool:
        crew = [slot(wanted, number, pool, switchboard, stopping) for number in range(wanted["workers"])]
        chores_of_all = [task(one) for one in crew for task in (show, reap)]
        async with beside(switchboard.listen(pool), *chores_of_all, *(one.run() for one in crew)):
            await asyncio.to_thread(_answer, "ready")
            before = resource.getrusage(resource.RUSAGE_SELF)
            await asyncio.to_thread(sys.stdin.readline)
            after = resource.getrusage(resource.RUSAGE_SELF)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    _answer(json.dumps({"cpu_s": round(cpu_s, 2), "memory_mb": round(after.ru_maxrss / 1024, 1)}))


def _answer(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(work(json.loads(sys.stdin.readline())))
