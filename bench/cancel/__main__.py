"""Measures how soon a cancel reaches the embedded engine: `python -m bench.cancel [--cancels 200] [--json FILE]`.

A real database, a real worker's slot and the real engine in its child process; each job is cancelled at a moment drawn
at random from its first breath to its end. `told` runs from the return of the cancel to the word to the engine,
`stopped` to the engine's answer, or to the end of its process where it did not answer within its grace.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import secrets
import statistics
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seedbed.actions.cancel import cancel
from seedbed.actions.create_account import create_account
from seedbed.actions.submit import Order, submit
from seedbed.actions.wake import wake
from seedbed.blobs.store import open_blobs
from seedbed.core.engine import RenderTask, Stage
from seedbed.core.errors import NotCancellable
from seedbed.core.job import State, make_job_id
from seedbed.core.references import Reference, Role
from seedbed.core.request import Accepted, GenerationRequest
from seedbed.core.sizes import AspectRatio, Resolution
from seedbed.fleet.interrupts import run_loop
from seedbed.settings import Settings
from seedbed.store import embedded, jobs
from seedbed.store.database import Pool, connect_pool
from seedbed.store.listening import listen
from seedbed.store.migrate import migrate
from seedbed.worker import wire
from seedbed.worker.attempt import Bench
from seedbed.worker.engine_process import EngineProcess
from seedbed.worker.health import Health
from seedbed.worker.host import EngineHost, OnReport
from seedbed.worker.loop import engine_limits, sources_of
from seedbed.worker.slot import Slot
from seedbed.worker.switchboard import Switchboard

PICTURE = Reference("https://example.com/photo.jpg", Role.FIRST_FRAME, "mediaUrls[0]")
SEED = 11


@dataclass
class Stops:
    """When the engine was told to stop, and when it had, by the clock."""

    told_s: list[float] = field(default_factory=list)
    stopped_s: list[float] = field(default_factory=list)
    killed: Counter[str] = field(default_factory=Counter)  # by the stage it last reported


class MeasuredHost(EngineHost):
    """An engine's host that notes its stops."""

    stops: Stops
    stage = Stage.PREPARING

    async def make(self, task: RenderTask, out: Path, on_report: OnReport, **options: Any) -> wire.Done:
        self.stage = Stage.PREPARING

        def heard(stage: Stage, fraction: float) -> None:
            self.stage = stage
            on_report(stage, fraction)

        return await super().make(task, out, heard, **options)

    async def _stop(self, process: EngineProcess) -> bool:
        self.stops.told_s.append(time.monotonic())
        is_idle = await super()._stop(process)
        if not is_idle:
            process.kill()
            await process.gone()
            self.stops.killed[self.stage] += 1
        self.stops.stopped_s.append(time.monotonic())
        return is_idle


@dataclass(frozen=True)
class Customer:
    """Submits jobs and cancels them."""

    pool: Pool
    account_id: int

    async def submit(self, chance: random.Random) -> str:
        wishes = GenerationRequest(
            model="seedance-2.0",
            prompt="The camera slowly pushes in over a quiet lake.",
            seed=7,
            duration_s=chance.choice((4, 5)),
            resolution=chance.choice((Resolution.P480, Resolution.P720, Resolution.P1080)),
            aspect_ratio=AspectRatio.WIDE,
            references=chance.choice(((), (PICTURE,))),
        )
        order = Order(
            account_id=self.account_id,
            is_live=True,
            dialect="native",
            accepted=Accepted(wishes),
            price_credits=1,
            pool="default",
            job_id=make_job_id(secrets.token_bytes(16)),
            queue_limit_jobs=100,
            running_limit_jobs=4,
        )
        async with self.pool.connection() as conn:
            submitted = await submit(conn, order, answer_of=lambda _job: b"{}")
            await wake(conn, "default")
        return submitted.job.id

    async def state(self, job_id: str) -> State:
        async with self.pool.connection() as conn:
            job = await jobs.find(conn, job_id)
        assert job is not None
        return job.state

    async def begun(self, job_id: str) -> None:
        while await self.state(job_id) is State.QUEUED:  # noqa: ASYNC110 - what is awaited happens elsewhere
            await asyncio.sleep(0.005)

    async def cancel(self, job_id: str) -> float | None:
        """Return when the cancel was done; None: the job had ended before."""
        with suppress(NotCancellable):
            async with self.pool.connection() as conn:
                await cancel(conn, self.account_id, job_id, is_live=True)
            return time.monotonic()
        return None


def percentile(values: list[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(part * len(values)))]


async def measure(url: str, folder: Path, cancels: int) -> dict[str, float]:
    chance, stops = random.Random(SEED), Stops()
    settings = Settings(home=folder, samples=True)
    host = MeasuredHost("animatic", engine_limits(settings))
    host.stops = stops
    switchboard, stopping = Switchboard(), asyncio.Event()
    async with connect_pool(url, min_size=2, max_size=8, name="bench") as pool:
        async with pool.connection() as conn:
            account = await create_account(conn, name="bench", credits=100_000)
        slot = Slot(
            bench=Bench(host, sources_of(settings, pool, open_blobs(None, folder / "blobs")), folder),
            pool=pool,
            switchboard=switchboard,
            worker="bench",
            pools=["default"],
            lease_s=settings.lease_s,
            poll_s=settings.poll_s,
            stopping=stopping,
            hurry=stopping,
            health=Health(lambda: asyncio.sleep(0), host.replace, suspect_after=10**9, on_change=lambda: None),
        )
        beside = [
            asyncio.create_task(listen(url, switchboard.hear, missed=switchboard.wake_all, name="bench notices")),
            asyncio.create_task(slot.run()),
        ]
        told, stopped, late = await _cancel_many(Customer(pool, account.id), slot, stops, chance, cancels)
        stopping.set()
        switchboard.wake_all()
        await beside[1]
        beside[0].cancel()
        await host.close()
    return {
        "cancels": float(cancels),
        "of_them_while_the_engine_worked": float(len(told)),
        "late_successes": float(late),
        "killed_after_grace": float(stops.killed.total()),
        **{f"killed_while_{stage}": float(count) for stage, count in stops.killed.items()},
        **{f"told_p{p}_ms": 1000 * percentile(told, p / 100) for p in (50, 99)},
        "told_max_ms": 1000 * max(told),
        **{f"stopped_p{p}_ms": 1000 * percentile(stopped, p / 100) for p in (50, 99)},
        "stopped_max_ms": 1000 * max(stopped),
        "stopped_mean_ms": 1000 * statistics.fmean(stopped),
    }


async def _cancel_many(
    customer: Customer, slot: Slot, stops: Stops, chance: random.Random, cancels: int
) -> tuple[list[float], list[float], int]:
    told, stopped, late, typical_s = [], [], 0, 3.0
    done = 0
    while done < cancels:
        job_id = await customer.submit(chance)
        await customer.begun(job_id)
        before = len(stops.told_s)
        await asyncio.sleep(chance.uniform(0, typical_s))
        at_s = await customer.cancel(job_id)
        if at_s is None:
            continue
        done += 1
        while slot.doing is not None:  # noqa: ASYNC110 - what is awaited happens elsewhere
            await asyncio.sleep(0.002)
        late += await customer.state(job_id) is not State.CANCELLED
        if len(stops.told_s) > before:
            told.append(stops.told_s[-1] - at_s)
            stopped.append(stops.stopped_s[-1] - at_s)
    return told, stopped, late


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.cancel", description=__doc__)
    parser.add_argument("--cancels", type=int, default=200)
    parser.add_argument("--json", type=Path, default=Path("build") / "bench-cancel.json")
    arguments = parser.parse_args()
    parent = Path(tempfile.mkdtemp(prefix="seedbed-bench-"))
    parent.chmod(0o711)  # as root the server runs as another user, who must get in
    try:
        with embedded.start(parent / "postgres") as server:
            migrate(server.url)
            figures = run_loop(measure(server.url, parent, arguments.cancels))
    finally:
        embedded.erase(parent / "postgres")
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps(figures, indent=2))
    for name, value in figures.items():
        sys.stdout.write(f"{name:34} {value:10.1f}\n")


if __name__ == "__main__":
    main()
