"""A job that goes from one engine to the next: its lanes, its money, what is kept of it, and races between lanes."""

from __future__ import annotations

import asyncio

import pytest

from seedbed.actions.cancel import cancel
from seedbed.actions.claim import claim
from seedbed.actions.create_account import create_account
from seedbed.actions.finish import finish
from seedbed.actions.pass_on import pass_on
from seedbed.actions.reap import reap
from seedbed.actions.remember import remember
from seedbed.actions.submit import submit
from seedbed.core.credits import Balance
from seedbed.core.errors import EngineFailed, UpstreamFailed, UpstreamUnresolved
from seedbed.core.job import Leg, State, Try
from seedbed.store import fleet, jobs, ledger, workers
from seedbed.store.database import many
from seedbed.store.workers import WorkerState
from store.orders import LEASE_S, NOON, a_request, a_success, after, an_order, answer_of

pytestmark = pytest.mark.server
STUDIO, HERE = Leg("studio", "gpu"), Leg("animatic", "default")
DOWN = UpstreamFailed("The remote engine answered 503.")
ROUNDS = 20


@pytest.fixture
async def account(conn):
    return (await create_account(conn, name="Ada", credits=1000, at=NOON)).id


async def _submitted(conn, account, route=(STUDIO, HERE), *, at=NOON, **wishes):
    order = an_order(account, pool=route[0].pool, route=route, **wishes)
    return (await submit(conn, order, answer_of=answer_of, at=at)).job


async def _claimed(conn, pool, *, at=NOON):
    claimed = await claim(conn, pools=[pool], worker="w", lease_s=LEASE_S, at=at)
    return claimed and claimed.job


async def _lanes(conn):
    return {row["pool"]: (row["queued"], row["running"]) for row in await many(conn, "select * from lane", {})}


async def _assert_sound(conn):
    assert await ledger.unsound(conn) == []
    wrong = "select from lane_proof where (queued_drift, running_drift) <> (0, 0)"
    assert await many(conn, wrong, {}) == []
    assert await many(conn, "select * from job_count_proof", {}) == []


async def test_a_failure_that_another_engine_may_mend_moves_the_job_to_its_lane(conn, account):
    await _submitted(conn, account)
    job = await _claimed(conn, "gpu")
    await remember(conn, job.id, 1, {"id": "cgt-1"})

    after_it = (await finish(conn, job.id, 1, DOWN, at=after(3))).job

    assert (after_it.state, after_it.pool, after_it.leg, after_it.failures) == (State.QUEUED, "default", 1, 0)
    assert after_it.tried == (Try("studio", "upstream_failed", after(3)),)
    assert after_it.memory is None
    assert await _lanes(conn) == {"gpu": (0, 0), "default": (1, 0)}
    assert await ledger.balance(conn, account, is_live=True) == Balance(960, 40)
    await _assert_sound(conn)


async def test_the_next_engine_makes_it_at_once_and_it_is_paid_for_once(conn, account):
    submitted = await _submitted(conn, account)
    await finish(conn, (await _claimed(conn, "gpu")).id, 1, DOWN, at=NOON)

    assert await _claimed(conn, "gpu") is None
    job = await _claimed(conn, "default")
    ended = (await finish(conn, job.id, 2, a_success(job), at=after(5))).job

    assert (ended.id, ended.state, ended.attempt) == (submitted.id, State.SUCCEEDED, 2)
    assert [one.engine for one in ended.tried] == ["studio"]
    assert await ledger.balance(conn, account, is_live=True) == Balance(960, 0)
    assert await _lanes(conn) == {"gpu": (0, 0), "default": (0, 0)}


async def test_the_last_engine_has_its_whole_budget_and_then_the_job_has_failed(conn, account):
    await _submitted(conn, account)
    await finish(conn, (await _claimed(conn, "gpu")).id, 1, DOWN, at=NOON)
    moment = 0
    for attempt in (2, 3, 4):
        moment += 60
        job = await _claimed(conn, "default", at=after(moment))
        ended = (await finish(conn, job.id, attempt, EngineFailed("It broke."), at=after(moment))).job

    assert (ended.state, ended.failure.code) == (State.FAILED, "engine_failed")
    assert [one.engine for one in ended.tried] == ["studio", "animatic", "animatic", "animatic"]
    assert await ledger.balance(conn, account, is_live=True) == Balance(1000, 0)
    await _assert_sound(conn)


async def test_what_may_have_been_ordered_elsewhere_ends_the_job_with_a_refund(conn, account):
    await _submitted(conn, account)
    job = await _claimed(conn, "gpu")

    ended = (await finish(conn, job.id, 1, UpstreamUnresolved("Its answer was lost."), at=NOON)).job

    assert (ended.state, ended.failure.code) == (State.FAILED, "upstream_timeout")
    assert await ledger.balance(conn, account, is_live=True) == Balance(1000, 0)


async def test_a_lost_worker_leaves_the_job_and_its_memory_with_the_same_engine(conn, account):
    await _submitted(conn, account)
    job = await _claimed(conn, "gpu")
    assert await remember(conn, job.id, 1, {"id": "cgt-1"})

    await reap(conn, at=after(LEASE_S + 1))
    job = await _claimed(conn, "gpu", at=after(60))

    assert (job.leg, job.memory, job.attempt) == (0, {"id": "cgt-1"}, 2)
    assert not await remember(conn, job.id, 1, {"id": "late"})
    assert (await jobs.find(conn, job.id)).memory == {"id": "cgt-1"}


async def test_a_job_can_be_cancelled_in_its_second_lane(conn, account):
    submitted = await _submitted(conn, account)
    await finish(conn, (await _claimed(conn, "gpu")).id, 1, DOWN, at=NOON)

    await cancel(conn, account, submitted.id, is_live=True)

    assert await _lanes(conn) == {"gpu": (0, 0), "default": (0, 0)}
    assert await ledger.balance(conn, account, is_live=True) == Balance(1000, 0)
    await _assert_sound(conn)


async def _is_there(conn, pool, state=WorkerState.READY):
    await workers.heartbeat(conn, f"w-{pool}", [pool], {}, None, state=state, at=after(31))


async def test_a_job_whose_engine_nobody_serves_goes_to_the_next_one(conn, account):
    submitted = await _submitted(conn, account)
    await _is_there(conn, "gpu", WorkerState.QUARANTINED)

    assert await pass_on(conn, at=after(29)) == 0
    assert await pass_on(conn, at=after(31)) == 1

    job = await _claimed(conn, "default", at=after(31))
    assert (job.id, job.leg, job.tried) == (submitted.id, 1, (Try("studio", "unavailable", after(31)),))
    assert await _lanes(conn) == {"gpu": (0, 0), "default": (0, 1)}
    await _assert_sound(conn)


async def test_a_job_waits_for_an_engine_that_is_served_or_the_last_one(conn, account):
    await _submitted(conn, account)
    await _submitted(conn, account, route=(HERE,))
    await _is_there(conn, "gpu")

    assert await pass_on(conn, at=after(31)) == 0
    assert await _lanes(conn) == {"gpu": (1, 0), "default": (1, 0)}


@pytest.mark.parametrize(
    ("said", "moved_at_s"),
    [
        ({"desired": 1, "failing": 0}, 601),  # its model may take long to load
        ({"desired": 1, "failing": 1}, 31),
        ({"desired": 0, "failing": 0}, 31),
        ({"desired": 1, "failing": 0, "pool": "default"}, 31),
    ],
)
async def test_a_job_waits_longer_for_a_worker_that_a_fleet_is_about_to_start(conn, account, said, moved_at_s):
    await _submitted(conn, account, request=a_request(expires_after_s=3600))
    await fleet.tell(conn, "f", leader="h", backend="local", pools=[{"pool": "gpu"} | said])

    assert await pass_on(conn, at=after(moved_at_s - 2)) == 0
    assert await pass_on(conn, at=after(moved_at_s)) == 1


async def test_a_retry_that_still_waits_for_its_time_is_not_passed_on(conn, account):
    job = await _submitted(conn, account)
    await conn.execute("update job set run_at = %s where id = %s", (after(60), job.id))

    assert await pass_on(conn, at=after(31)) == 0


async def test_jobs_that_cross_between_two_lanes_in_both_directions_never_wait_for_each_other(open_connection):
    one, other = await open_connection(), await open_connection()
    account = (await create_account(one, name="Ada", credits=100_000)).id
    for _ in range(ROUNDS):
        there = (await submit(one, _ordered(account, STUDIO, HERE), answer_of=answer_of)).job
        back = (await submit(one, _ordered(account, HERE, STUDIO), answer_of=answer_of)).job
        await claim(one, pools=["gpu"], worker="w", lease_s=LEASE_S)
        await claim(one, pools=["default"], worker="w", lease_s=LEASE_S)

        crossed = await asyncio.wait_for(
            asyncio.gather(finish(one, there.id, 1, DOWN), finish(other, back.id, 1, DOWN)), 30
        )

        assert [each.job.pool for each in crossed] == ["default", "gpu"]
        for job in (there, back):
            await cancel(one, account, job.id, is_live=True)
    await _assert_sound(one)


def _ordered(account, *route):
    return an_order(account, pool=route[0].pool, route=route)
