"""A whole service for the worker's tests: a database that commits, a folder of bytes, a customer, and workers."""

import asyncio
import secrets
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from workbench import WAIT_S

from seedbed.actions.balance import balance
from seedbed.actions.cancel import cancel
from seedbed.actions.submit import Order, submit
from seedbed.actions.wake import wake
from seedbed.blobs.store import Blobs
from seedbed.core.credits import Balance
from seedbed.core.deployment import EngineSpec
from seedbed.core.job import Job, Leg, make_job_id
from seedbed.core.references import Reference, Role
from seedbed.core.request import Accepted, GenerationRequest
from seedbed.core.sizes import AspectRatio, Resolution
from seedbed.settings import Settings
from seedbed.store import jobs
from seedbed.store.database import Pool
from seedbed.worker.loop import run_worker

PRICE = 40
FUNDS = 1000


def picture(url: str, role: Role = Role.FIRST_FRAME) -> tuple[Reference, ...]:
    return (Reference(url, role, "mediaUrls[0]"),)


@dataclass
class World:
    url: str
    pool: Pool
    blobs: Blobs
    blobs_folder: Path
    settings: Settings
    account_id: int

    async def submit(
        self,
        *,
        is_live: bool = True,
        dialect: str = "native",
        rerun_of: str | None = None,
        route: tuple[Leg, ...] = (),
        **wishes,
    ) -> str:
        """Return the id of a new job, as small as jobs can be."""
        small = {
            "model": "seedance-2.0",
            "prompt": "a quiet lake",
            "seed": 7,
            "duration_s": 4,
            "resolution": Resolution.P480,
            "aspect_ratio": AspectRatio.WIDE,
        }
        order = Order(
            account_id=self.account_id,
            is_live=is_live,
            dialect=dialect,
            accepted=Accepted(GenerationRequest(**small | wishes)),
            price_credits=PRICE,
            pool=route[0].pool if route else "default",
            route=route,
            job_id=make_job_id(secrets.token_bytes(16)),
            queue_limit_jobs=100,
            running_limit_jobs=4,
            rerun_of=rerun_of,
        )
        async with self.pool.connection() as conn:
            submitted = await submit(conn, order, answer_of=lambda _job: b"{}")
            await wake(conn, submitted.job.pool)
        return submitted.job.id

    async def job(self, job_id: str) -> Job:
        async with self.pool.connection() as conn:
            found = await jobs.find(conn, job_id)
        assert found
        return found

    async def cancel(self, job_id: str) -> None:
        async with self.pool.connection() as conn:
            await cancel(conn, self.account_id, job_id, is_live=True)

    async def balance(self) -> Balance:
        async with self.pool.connection() as conn:
            return await balance(conn, self.account_id, is_live=True)

    async def execute(self, statement: str, *facts) -> None:
        async with self.pool.connection() as conn:
            await conn.execute(statement, facts)

    async def until(self, job_id: str, condition) -> Job:
        """Wait until the job fulfils the condition, and return it."""
        for _ in range(WAIT_S * 50):
            job = await self.job(job_id)
            if condition(job):
                return job
            await asyncio.sleep(0.02)
        raise AssertionError(f"The job stayed {job}.")

    async def eventually(self, condition) -> None:
        """Wait until the asynchronous condition holds."""
        for _ in range(WAIT_S * 50):
            if await condition():
                return
            await asyncio.sleep(0.02)
        raise AssertionError("It did not come true.")

    async def rendering(self, job_id: str) -> Job:
        return await self.until(job_id, lambda job: job.progress and job.progress.stage == "rendering")

    async def ended(self, job_id: str) -> Job:
        return await self.until(job_id, lambda job: job.state.is_final)

    async def ended_at_last(self, job_id: str) -> Job:
        """Wait for the end of a job that is tried again and again, without its pauses."""
        for _ in range(WAIT_S * 10):
            await self.execute("update job set run_at = created_at where id = %s and state = 'queued'", job_id)
            with suppress(TimeoutError):
                async with asyncio.timeout(0.1):
                    return await self.ended(job_id)
        raise AssertionError("The job did not end.")

    def stored(self) -> list[str]:
        """The keys of all bytes under jobs/."""
        files = (self.blobs_folder / "jobs").rglob("*")
        return sorted(str(path.relative_to(self.blobs_folder)) for path in files if path.is_file())

    @asynccontextmanager
    async def worker(self, engine: str = "Fast", *, stop_grace_s: float = 0.1, hurry=None, **deployed):
        """Run a worker beside the block, and stop it in good order. Yields the event that stops it."""
        stopping = asyncio.Event()
        working = asyncio.create_task(
            run_worker(
                self.url,
                self.blobs,
                self.settings,
                engine=EngineSpec(**{"name": "fake", "kind": f"fake_engines:{engine}", "pool": "default"} | deployed),
                stopping=stopping,
                stop_grace_s=stop_grace_s,
                hurry=hurry,
            )
        )
        try:
            yield stopping
        finally:
            stopping.set()
            async with asyncio.timeout(WAIT_S):
                await working
