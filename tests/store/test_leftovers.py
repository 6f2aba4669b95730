"""Attempts that came to nothing: noted in the commit that ends them, swept twice, then forgotten."""

from __future__ import annotations

import pytest

from seedbed.actions.cancel import cancel
from seedbed.actions.claim import claim
from seedbed.actions.create_account import create_account
from seedbed.actions.finish import finish
from seedbed.actions.hand_back import hand_back
from seedbed.actions.reap import reap
from seedbed.actions.submit import submit
from seedbed.core.errors import ContentRejected, EngineFailed
from seedbed.store import leftovers
from seedbed.store.leftovers import Leftover
from store.orders import LEASE_S, NOON, a_success, after, an_order, answer_of

pytestmark = pytest.mark.server


async def _processing(conn):
    account = (await create_account(conn, name="Ada", credits=100)).id
    await submit(conn, an_order(account), answer_of=answer_of, at=NOON)
    return (await claim(conn, pools=["default"], worker="w", lease_s=LEASE_S, at=NOON)).job


async def _due(conn, seconds):
    return await leftovers.take_due(conn, limit=10, at=after(seconds))


ENDS = {
    "a cancel": lambda conn, job: cancel(conn, job.account_id, job.id, is_live=True, at=NOON),
    "a failure": lambda conn, job: finish(conn, job.id, 1, ContentRejected("No."), at=NOON),
    "a retry": lambda conn, job: finish(conn, job.id, 1, EngineFailed("No."), at=NOON),
    "a hand-back": lambda conn, job: hand_back(conn, job.id, 1, at=NOON),
    "a lost lease": lambda conn, job: reap(conn, at=after(LEASE_S)),  # noqa: ARG005 one signature for all
}


@pytest.mark.parametrize("how", ENDS)
async def test_an_attempt_that_comes_to_nothing_leaves_its_bytes_to_the_sweep(conn, how):
    job = await _processing(conn)

    await ENDS[how](conn, job)

    assert await _due(conn, 59) == []
    assert await _due(conn, 60 + LEASE_S) == [Leftover(job.id, 1)]


async def test_an_attempt_that_succeeds_leaves_nothing(conn):
    job = await _processing(conn)

    await finish(conn, job.id, 1, a_success(job), at=NOON)

    assert await _due(conn, 86_400) == []


async def test_a_job_that_was_only_waiting_leaves_nothing(conn):
    account = (await create_account(conn, name="Ada", credits=100)).id
    job = (await submit(conn, an_order(account), answer_of=answer_of, at=NOON)).job

    await cancel(conn, account, job.id, is_live=True, at=NOON)

    assert await _due(conn, 86_400) == []


async def test_a_sweep_that_died_is_done_again_and_one_that_ended_once_more_an_hour_later(conn):
    await leftovers.leave(conn, "req_1", 1, at=NOON)
    left = Leftover("req_1", 1)

    died = [await _due(conn, 60), await _due(conn, 61), await _due(conn, 360)]
    await leftovers.swept(conn, [left], at=after(400))
    later = [await _due(conn, 3999), await _due(conn, 4000)]
    await leftovers.swept(conn, [left], at=after(4000))

    assert died == [[left], [], [left]]
    assert later == [[], [left]]
    assert await _due(conn, 86_400) == []


async def test_two_sweepers_take_different_leftovers(open_connection):
    one, other = await open_connection(), await open_connection()
    for attempt in (1, 2):
        await leftovers.leave(one, "req_1", attempt, at=after(attempt))

    async with one.transaction(), other.transaction():
        first = await leftovers.take_due(one, limit=1, at=after(90))
        second = await leftovers.take_due(other, limit=2, at=after(90))

    assert (first, second) == ([Leftover("req_1", 1)], [Leftover("req_1", 2)])
