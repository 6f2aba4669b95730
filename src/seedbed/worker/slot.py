"""One slot of a worker: it claims a job, has its video made, and settles it, over and over.

The job is let go the moment its lease is lost: then nothing more is written, and what was stored for the attempt is
deleted. No transaction is open while anything slow goes on; every statement names the attempt.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import structlog

from seedbed.actions.beat import beat
from seedbed.actions.claim import Claim, claim
from seedbed.actions.finish import Finished, Success, finish
from seedbed.actions.hand_back import hand_back
from seedbed.core.engine import Stage
from seedbed.core.errors import EngineFailed, EngineUnavailable, JobFailure, NotReady, Unavailable
from seedbed.core.job import Job
from seedbed.store import jobs, lanes
from seedbed.store.database import Pool, borrow
from seedbed.worker.attempt import Bench, bytes_of_attempt, make_video
from seedbed.worker.beside import CANCEL_AGAIN_S, end
from seedbed.worker.forcing import rehearsal_of
from seedbed.worker.health import Health, concerns_engine
from seedbed.worker.lease import Lease, Loss
from seedbed.worker.patience import TRANSIENT, patiently
from seedbed.worker.switchboard import Switchboard
from seedbed.worker.withdrawing import note_withdrawn, withdraw_one

log = structlog.get_logger()

# What a retry after a fault of our own costs is bounded by the job's budget of failures; this bounds what it costs us.
AFTER_FAULT_S = 1.0
SETTLING_S = 600.0  # how long a finished job may wait for a database that is away
HANDING_BACK_S = 3.0  # at a shutdown
# A part of the service that is away for a moment costs the job nothing but time; then it is begun again.
AWAY_WAITS_S = (1.0, 2.0, 4.0, 8.0, 16.0)

Outcome = Success | JobFailure


def _set() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


@dataclass(kw_only=True)
class Slot:
    """`hurry` is set when the job in hand is to be handed back, some time after `stopping`.

    No job is begun while `admitted` is not set.
    """

    bench: Bench
    pool: Pool
    switchboard: Switchboard
    worker: str
    pools: Sequence[str]
    lease_s: float
    poll_s: float
    stopping: asyncio.Event
    hurry: asyncio.Event
    health: Health
    admitted: asyncio.Event = field(default_factory=_set)
    doing: Job | None = field(default=None, init=False)
    _is_idle: bool = field(default=False, init=False)

    async def run(self) -> None:
        """Work until the worker stops. Only the loop's own cancellation ends it otherwise."""
        while not self.stopping.is_set():
            try:
                await self._turn()
            except TRANSIENT as exc:
                log.warning("worker.waits", reason=type(exc).__name__)
                await asyncio.sleep(AFTER_FAULT_S)
            except Exception:
                log.exception("worker.failed")
                await asyncio.sleep(AFTER_FAULT_S)

    async def _turn(self) -> None:
        if not await self._is_fit():
            return
        if not self.admitted.is_set():
            await self._until_stopping(self._until_admitted())
        self.switchboard.expect_work()
        if self.stopping.is_set():
            return
        if (await self.bench.host.warm()).is_remote:
            await withdraw_one(self.bench, self.pools)
        asked_s = time.monotonic()
        claimed = await self._claimed()
        if claimed is None:
            await self.switchboard.work(within_s=self.poll_s * random.uniform(0.75, 1.25))
            return
        self.doing = claimed.job
        try:
            await self._work(claimed, claimed_s=asked_s)
        finally:
            self.doing = None

    async def _claimed(self) -> Claim | None:
        """Return a job if there is one. Who had none before first asks whether any waits, as mostly none does."""
        async with borrow(self.pool) as conn:
            if self._is_idle and not await lanes.any_waiting(conn, self.pools):
                return None
            claimed = await claim(conn, pools=self.pools, worker=self.worker, lease_s=self.lease_s)
        self._is_idle = claimed is None
        return claimed

    async def _is_fit(self) -> bool:
        """Wait as long as the slot's health asks for, and say whether it could begin a job."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self.health.wait_s):
                await self.stopping.wait()
        if self.stopping.is_set():
            return False
        if not self.health.condition.is_ready:
            await self._until_stopping(self.health.retest())
            return False
        try:
            await self._until_stopping(self.bench.host.warm())
        except NotReady as exc:
            self.health.quarantine(str(exc))
            return False
        return True

    async def _until_admitted(self) -> None:
        await self.admitted.wait()

    async def _until_stopping(self, work: Coroutine[Any, Any, object]) -> None:
        """Do it, or give it up when the worker is to stop."""
        working, stopping = asyncio.create_task(work), asyncio.create_task(self.stopping.wait())
        try:
            await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                working.result()
        finally:
            await end(working, stopping)

    async def _work(self, claimed: Claim, *, claimed_s: float) -> None:
        job = claimed.job
        with structlog.contextvars.bound_contextvars(job_id=job.id, attempt=job.attempt):
            log.info("job.claimed", model=job.request.model, failures=job.failures)
            outcome = await self._attempt(claimed)
            finished = await self._settle(job, outcome)
            if finished is None or not isinstance(outcome, Success):
                await self._sweep(job)
            _log_end(job, outcome, finished, seconds=time.monotonic() - claimed_s)

    async def _attempt(self, claimed: Claim) -> Outcome | Loss | None:
        """Return how the attempt ended; None: it did not, and the job is to be handed back."""
        job = claimed.job

        async def tell(stage: Stage, fraction: float) -> bool:
            async with borrow(self.pool) as conn:
                return await beat(conn, job.id, job.attempt, lease_s=self.lease_s, stage=stage, fraction=fraction)

        lease = Lease(tell, lease_s=claimed.lease_s)
        work = asyncio.create_task(self._outcome(job, lease))
        kept = asyncio.create_task(lease.keep())
        hurried = asyncio.create_task(self.hurry.wait())
        try:
            with self.switchboard.watched(job.id, job.attempt, lease.look):
                await asyncio.wait({work, kept, hurried}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return work.result()
            loss = kept.result() if kept.done() else None
            self.bench.host.is_job_over = loss is Loss.GONE and await self._is_over(job)
            return loss
        finally:
            # The engine is told to stop, and keeps its grace; the lease is kept until it has.
            await end(work, again_s=self.bench.host.grace_s + CANCEL_AGAIN_S)
            await end(kept, hurried)
            if self.bench.host.is_job_over:
                await note_withdrawn(self.bench, job)

    async def _outcome(self, job: Job, lease: Lease) -> Outcome | None:
        """Return how the work ended; None: this slot was at fault, so that the job is to be handed back."""
        try:
            success = await self._made(job, lease)
        except NotReady as exc:
            self.health.quarantine(str(exc))
            return None
        except Unavailable:
            return EngineFailed("A part of the service did not answer while the video was made.")
        except JobFailure as exc:
            failure = exc
        except Exception:
            log.exception("job.broke")
            failure = EngineFailed("Something unforeseen went wrong while the video was made.")
        else:
            self.health.worked()
            return success
        if rehearsal_of(job) is not None or not concerns_engine(failure):
            return failure
        log.warning("job.engine_failed", code=failure.code, reason=str(failure))
        if isinstance(failure, EngineUnavailable):
            log.error("engine.alarm", engine=self.bench.engine, alarm=failure.alarm)
        is_to_blame = await self.health.is_to_blame()
        has_another = failure.may_fall_back and job.leg + 1 < len(job.route)
        return None if is_to_blame and not has_another else failure

    async def _is_over(self, job: Job) -> bool:
        """Say whether nobody will want the video any more; otherwise another attempt may be at it."""
        try:
            async with borrow(self.pool) as conn:
                now = await jobs.find(conn, job.id)
        except TRANSIENT:
            return False
        return now is None or now.state.is_final

    async def _made(self, job: Job, lease: Lease) -> Success:
        for wait_s in AWAY_WAITS_S:
            try:
                return await make_video(job, self.bench, lease.report)
            except Unavailable as exc:
                log.warning("job.interrupted", reason=str(exc))
            await asyncio.sleep(wait_s)
        return await make_video(job, self.bench, lease.report)

    async def _settle(self, job: Job, outcome: Outcome | Loss | None) -> Finished | None:
        """Write the outcome, patiently. None: the job is not ours any more, or not to be finished by us."""
        match outcome:
            case Success() | JobFailure():
                async with asyncio.timeout(SETTLING_S):
                    return await patiently(self.pool, lambda conn: finish(conn, job.id, job.attempt, outcome))
            case None:
                async with asyncio.timeout(HANDING_BACK_S if self.hurry.is_set() else SETTLING_S):
                    await patiently(self.pool, lambda conn: hand_back(conn, job.id, job.attempt))
        return None

    async def _sweep(self, job: Job) -> None:
        """Delete the bytes of an attempt that came to nothing.

        A finish whose answer got lost on the way looks like a lost lease, so the job itself is asked first.
        """
        prefix = bytes_of_attempt(job.id, job.attempt)
        now = await patiently(self.pool, lambda conn: jobs.find(conn, job.id))
        if now is None or now.output is None or not now.output.key.startswith(prefix + "/"):
            await self.bench.sources.blobs.delete_prefix(prefix)


def _log_end(job: Job, outcome: Outcome | Loss | None, finished: Finished | None, *, seconds: float) -> None:
    facts = {"duration_s": round(seconds, 3), "charged_credits": job.charged_credits, "model": job.request.model}
    if finished:
        failure = {"code": outcome.code, "reason": str(outcome)} if isinstance(outcome, JobFailure) else {}
        log.info("job.finished", state=finished.job.state.value, **facts, **failure)
    elif outcome is None:
        log.info("job.handed_back", **facts)
    else:
        log.info("job.let_go", reason=outcome.value if isinstance(outcome, Loss) else "overtaken", **facts)
