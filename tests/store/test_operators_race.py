"""Operators against workers, on connections of their own: whoever is first is right, and nothing is done by halves."""

from __future__ import annotations

import asyncio

import pytest

from seedbed.actions.cancel import cancel_anybodys
from seedbed.actions.claim import claim
from seedbed.actions.create_account import create_account
from seedbed.actions.finish import finish
from seedbed.actions.pause_pool import pause_pool, resume_pool
from seedbed.actions.reprioritise import reprioritise
from seedbed.actions.requeue import requeue
from seedbed.actions.submit import submit
from seedbed.core.errors import NotCancellable, WrongState
from seedbed.core.job import State
from seedbed.core.operators import COMMAND_LINE
from seedbed.store import jobs, ledger
from seedbed.store.database import many, one
from store.orders import LEASE_S, a_success, an_order, answer_of

pytestmark = pytest.mark.server
DEADLINE_S = 60
ROUNDS = 40
WORKERS = 4


@pytest.fixture
async def conns(open_connection):
    return [await open_connection() for _ in range(WORKERS + 1)]


@pytest.fixture
async def order(conns):
    account = (await create_account(conns[0], name="Ada", credits=100_000)).id

    async def order(pool="default"):
        wishes = {"pool": pool, "queue_limit_jobs": 1000, "running_limit_jobs": 1000}
        return (await submit(conns[0], an_order(account, **wishes), answer_of=answer_of)).job

    return order


async def race(*racers):
    """Run them at once and return what became of each: its value or its exception."""
    return await asyncio.wait_for(asyncio.gather(*racers, return_exceptions=True), DEADLINE_S)


async def taken(conn, pool="default"):
    claimed = await claim(conn, pools=[pool], worker="w", lease_s=LEASE_S)
    return claimed and claimed.job


async def assert_sound(conn):
    assert await ledger.unsound(conn) == []
    assert await many(conn, "select from lane_proof where (queued_drift, running_drift) <> (0, 0)", {}) == []


async def test_no_claim_that_begins_after_a_pause_gets_a_job_and_none_is_forgotten(conns, order):
    for n in range(120):
        await order("default" if n % 2 else "other")
    is_busy, is_paused, got = asyncio.Event(), asyncio.Event(), {"default": 0, "other": 0}

    async def work(conn) -> None:
        for _ in range(30):
            knew = is_paused.is_set()
            claimed = await claim(conn, pools=["default", "other"], worker="w", lease_s=LEASE_S)
            if claimed:
                got[claimed.job.pool] += 1
                assert not (knew and claimed.job.pool == "default")
            if got["default"] >= 5:
                is_busy.set()

    async def pause() -> None:
        await is_busy.wait()
        await pause_pool(conns[0], "default", reason="why", by=COMMAND_LINE)
        is_paused.set()

    results = await race(pause(), *(work(conn) for conn in conns[1:]))
    waiting = await one(conns[0], "select queued from lane where pool = 'default'", {})
    await resume_pool(conns[0], "default", by=COMMAND_LINE)

    assert results == [None] * (WORKERS + 1)
    assert (got["other"], waiting["queued"]) == (60, 60 - got["default"])
    assert 5 <= got["default"] < 60
    assert await taken(conns[0]) is not None
    await assert_sound(conns[0])


async def test_of_a_requeue_and_a_finish_at_once_one_wins_and_the_other_learns_it(conns, order):
    won = {True: 0, False: 0}
    for _ in range(ROUNDS):
        job = await order()
        held = await taken(conns[0])

        requeued, finished = await race(
            requeue(conns[1], job.id, by=COMMAND_LINE), finish(conns[2], job.id, held.attempt, a_success(held))
        )

        is_requeued = not isinstance(requeued, Exception)
        won[is_requeued] += 1
        if is_requeued:
            assert finished is None
            again = await taken(conns[0])
            assert (again.id, again.attempt, again.failures) == (job.id, held.attempt + 1, 0)
            await finish(conns[0], job.id, again.attempt, a_success(again))
        else:
            assert isinstance(requeued, WrongState)
        assert (await jobs.find(conns[0], job.id)).state is State.SUCCEEDED
    assert sum(won.values()) == ROUNDS
    await assert_sound(conns[0])


async def test_of_a_new_priority_and_a_claim_at_once_the_priority_is_whole_or_refused(conns, order):
    for _ in range(ROUNDS):
        job = await order()

        said, held = await race(reprioritise(conns[1], job.id, 9, by=COMMAND_LINE), taken(conns[2]))

        row = await one(
            conns[0], "select priority, created_at - rank_at as lead from job where id = %(id)s", {"id": job.id}
        )
        is_raised = not isinstance(said, Exception)
        assert is_raised or isinstance(said, WrongState)
        assert (row["priority"], row["lead"].total_seconds()) == ((9, 5400) if is_raised else (0, 0))
        assert held.id == job.id
        await finish(conns[0], job.id, held.attempt, a_success(held))
    await assert_sound(conns[0])


async def test_of_an_operators_cancel_and_a_finish_at_once_one_wins(conns, order):
    for _ in range(ROUNDS):
        job = await order()
        held = await taken(conns[0])

        cancelled, finished = await race(
            cancel_anybodys(conns[1], job.id, by=COMMAND_LINE), finish(conns[2], job.id, held.attempt, a_success(held))
        )

        told = await many(conns[0], "select from operator_action where subject = %(s)s", {"s": f"job/{job.id}"})
        if isinstance(cancelled, NotCancellable):
            assert (finished.job.state, told) == (State.SUCCEEDED, [])
        else:
            assert (cancelled.state, finished, len(told)) == (State.CANCELLED, None, 1)
    await assert_sound(conns[0])
