"""A job that an operator takes from its worker: that stops at once, and the next attempt goes on with its order."""

from __future__ import annotations

import pytest
from test_engines_elsewhere import gate as gate
from test_engines_elsewhere import journal_of, remembering
from world import FUNDS, PRICE

from seedbed.actions.requeue import requeue
from seedbed.core.credits import Balance
from seedbed.core.job import State
from seedbed.core.operators import COMMAND_LINE

pytestmark = pytest.mark.server


async def test_a_requeued_job_leaves_its_worker_at_once_and_is_made_without_a_second_order(world, gate):
    job_id = await world.submit()

    async with world.worker("Remembers"):
        await remembering(world, job_id)
        async with world.pool.connection() as conn:
            await requeue(conn, job_id, by=COMMAND_LINE)
        await world.until(job_id, lambda job: job.attempt == 2 and job.memory["orders"] == 2)
        gate.touch()
        job = await world.ended(job_id)

    assert (job.state, job.failures, job.memory["id"]) == (State.SUCCEEDED, 0, "far-1")
    assert "leaves it there" in journal_of(gate)
    assert "cancels there" not in journal_of(gate)
    assert await world.balance() == Balance(FUNDS - PRICE, 0)
