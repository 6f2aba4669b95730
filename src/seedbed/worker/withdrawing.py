"""Has remote engines end what they ordered for jobs that nobody wants any more, while no attempt had them in hand.

An order outlives its job where the job was cancelled, or its time was up, between two attempts or after its worker had
died. Whatever slot of that engine looks for work next has it withdrawn first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import structlog

from seedbed.core.errors import NotReady
from seedbed.core.job import Job
from seedbed.core.models import DEFAULT_ASPECT_RATIO
from seedbed.store import withdrawals
from seedbed.store.database import borrow
from seedbed.worker.attempt import Bench, task_of
from seedbed.worker.patience import TRANSIENT
from seedbed.worker.references import Gathered

log = structlog.get_logger()


async def withdraw_one(bench: Bench, pools: Sequence[str]) -> None:
    """Withdraw one order that has outlived its job, if there is one."""
    async with borrow(bench.sources.pool) as conn:
        job = await withdrawals.take(conn, pools)
    if job is None:
        return
    log.info("order.withdrawn", job_id=job.id, engine=bench.engine)
    task = task_of(job, Gathered((), None), job.aspect_ratio or DEFAULT_ASPECT_RATIO)
    with suppress(TimeoutError, NotReady):
        async with asyncio.timeout(bench.host.grace_s):
            await bench.host.withdraw(task)


async def note_withdrawn(bench: Bench, job: Job) -> None:
    """Note that the attempt itself has withdrawn what it ordered, so that nobody does it once more."""
    with suppress(*TRANSIENT):
        async with borrow(bench.sources.pool) as conn:
            await withdrawals.done(conn, job.id)
