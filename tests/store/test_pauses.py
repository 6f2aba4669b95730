"""Pools whose jobs are held back: nothing of them is claimed, and nothing else changes."""

from __future__ import annotations

import pytest

from seedbed.actions.claim import claim
from seedbed.actions.create_account import create_account
from seedbed.actions.finish import finish
from seedbed.actions.pass_on import pass_on
from seedbed.actions.pause_pool import pause_pool, resume_pool
from seedbed.actions.reap import reap
from seedbed.actions.submit import submit
from seedbed.core.job import State
from seedbed.core.operators import Operator
from seedbed.core.retry import PASS_ON_AFTER_S
from seedbed.core.routing import Step
from seedbed.store import lanes, operations
from seedbed.store.database import many
from store.orders import LEASE_S, NOON, a_request, a_success, after, an_order, answer_of

pytestmark = pytest.mark.server
BY = Operator("key 7", key_id=7, request_id="abc")


@pytest.fixture
async def account(conn):
    return (await create_account(conn, name="Ada", credits=10_000, at=NOON)).id


async def _submitted(conn, account, *, pool="default", **wishes):
    return (await submit(conn, an_order(account, pool=pool, **wishes), answer_of=answer_of, at=NOON)).job


async def _claimed(conn, *pools, at=NOON):
    claimed = await claim(conn, pools=pools or ["default"], worker="w", lease_s=LEASE_S, at=at)
    return claimed and claimed.job


async def _recorded(conn) -> list[str]:
    rows = await many(conn, "select action from operator_action where subject like 'pool/%%' order by number", {})
    return [row["action"] for row in rows]


async def test_a_paused_pool_gives_no_jobs_and_others_do(conn, account):
    await _submitted(conn, account)
    other = await _submitted(conn, account, pool="gpu")
    await pause_pool(conn, "default", reason="a bad driver", by=BY, at=NOON)

    assert await _claimed(conn) is None
    assert not await lanes.any_waiting(conn, ["default"])
    assert (await _claimed(conn, "default", "gpu")).id == other.id


async def test_a_job_in_progress_ends_in_peace_and_new_ones_wait(conn, account):
    first = await _submitted(conn, account)
    running = await _claimed(conn)
    await pause_pool(conn, "default", reason="a bad driver", by=BY, at=NOON)

    finished = await finish(conn, running.id, running.attempt, a_success(running), at=after(5))
    waiting = await _submitted(conn, account)

    assert (finished.job.id, finished.job.state, waiting.state) == (first.id, State.SUCCEEDED, State.QUEUED)


async def test_after_resuming_the_job_is_claimed(conn, account):
    job = await _submitted(conn, account)
    await pause_pool(conn, "default", reason="a bad driver", by=BY, at=NOON)

    assert [await resume_pool(conn, "default", by=BY), await resume_pool(conn, "default", by=BY)] == [True, False]

    assert (await _claimed(conn)).id == job.id
    assert await _recorded(conn) == ["pool.paused", "pool.resumed"]


async def test_pausing_again_changes_the_reason_alone(conn):
    await pause_pool(conn, "gpu", reason="first", by=BY, at=NOON)
    again = await pause_pool(conn, "gpu", reason="second", by=BY, at=after(60))

    assert (again.reason, again.since) == ("second", NOON)
    assert await operations.pauses(conn) == {"gpu": again}


async def test_a_lane_that_somebody_waited_for_is_looked_at_again(conn, account):
    await _submitted(conn, account)
    lane = await lanes.next_ready(conn, ["default"], at=NOON)
    await pause_pool(conn, "default", reason="a bad driver", by=BY, at=NOON)

    assert await lanes.lock_if_ready(conn, lane) is None


async def test_what_waits_in_a_paused_pool_expires_in_time_and_is_not_passed_on(conn, account):
    route = (Step(engine="gpu", pool="default"), Step(engine="animatic", pool="other"))
    await _submitted(conn, account, route=route, request=a_request(expires_after_s=3600))
    await pause_pool(conn, "default", reason="a bad driver", by=BY, at=NOON)

    assert await pass_on(conn, at=after(PASS_ON_AFTER_S + 60)) == 0
    assert (await reap(conn, at=after(3601))).expired == 1
