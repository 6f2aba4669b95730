"""A bad slot does not eat the queue, and a bad job does not take a good slot out of it."""

import pytest
from world import FUNDS, PRICE

from seedbed.core.credits import Balance
from seedbed.core.job import State
from seedbed.store import workers
from seedbed.store.workers import WorkerState

pytestmark = pytest.mark.server


@pytest.fixture
def switch(tmp_path, monkeypatch):
    """The engine is broken while this file is there."""
    path = tmp_path / "broken"
    monkeypatch.setenv("FAKE_SWITCH", str(path))
    return path


async def is_in(world, state):
    async with world.pool.connection() as conn:
        return [worker for worker in await workers.alive(conn) if worker.state is state]


async def are_let_go(world, ids):
    """Say whether nobody works on these jobs: a slot says that it is bad a moment before it lets go of its job."""
    return not any([(await world.job(job_id)).state is State.PROCESSING for job_id in ids])


async def test_a_bad_slot_costs_one_failure_and_is_quarantined_until_it_is_sound(world, switch):
    switch.touch()
    ids = [await world.submit() for _ in range(4)]

    async with world.worker("Breakable"):
        await world.eventually(lambda: is_in(world, WorkerState.QUARANTINED))
        [worker] = await is_in(world, WorkerState.QUARANTINED)
        await world.eventually(lambda: are_let_go(world, ids))
        waiting = [await world.job(job_id) for job_id in ids]
        switch.unlink()
        ended = [await world.ended_at_last(job_id) for job_id in ids]
        assert await is_in(world, WorkerState.READY)

    assert "fell off the bus" in worker.reason
    assert all(job.state is State.QUEUED for job in waiting)
    assert sum(job.failures for job in waiting) == 1
    assert all(job.state is State.SUCCEEDED for job in ended)
    assert sum(job.failures for job in ended) == 1
    assert await world.balance() == Balance(FUNDS - 4 * PRICE, 0)


async def test_a_job_that_kills_engines_fails_and_the_slot_works_on(world, switch):
    poison = await world.submit(prompt="poison")

    async with world.worker("Breakable"):
        failed = await world.ended_at_last(poison)
        following = await world.ended(await world.submit())
        assert await is_in(world, WorkerState.READY)

    assert not switch.exists()
    assert (failed.state, failed.failure.code, failed.failures) == (State.FAILED, "engine_failed", 2)
    assert following.state is State.SUCCEEDED


async def test_failures_that_a_test_mode_prompt_forces_do_not_make_the_slot_suspect(world, switch):
    switch.touch()  # a self-test would fail
    ids = [await world.submit(is_live=False, prompt="A lake. [seedbed:fail=engine_failed]") for _ in range(2)]

    async with world.worker("Breakable"):
        ended = [await world.ended_at_last(job_id) for job_id in ids]
        assert await is_in(world, WorkerState.READY)

    assert [(job.failure.code, job.failures) for job in ended] == [("engine_failed", 3)] * 2


async def test_an_engine_that_wears_out_gets_a_new_process_at_no_jobs_cost(world, switch):
    ids = [await world.submit() for _ in range(5)]

    async with world.worker("Worn"):
        ended = [await world.ended_at_last(job_id) for job_id in ids]

    assert not switch.exists()
    assert [job.state for job in ended] == [State.SUCCEEDED] * 5
    assert sum(job.failures for job in ended) == 1
