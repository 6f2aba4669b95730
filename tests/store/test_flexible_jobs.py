"""Flexible jobs: behind everybody else in their lane and in their pool, until they have waited for a day."""

from __future__ import annotations

import psycopg
import pytest

from seedbed.actions.claim import claim
from seedbed.actions.create_account import create_account
from seedbed.actions.submit import submit
from seedbed.core.fairness import FLEXIBLE_DELAY
from store.orders import LEASE_S, NOON, a_request, after, an_order, answer_of

pytestmark = pytest.mark.server
DAY_S = FLEXIBLE_DELAY.total_seconds()


async def _account(conn, name):
    return (await create_account(conn, name=name, credits=10_000, at=NOON)).id


async def _submitted(conn, account, *, at=NOON, is_flexible=False, **wishes):
    order = an_order(account, request=a_request(is_flexible=is_flexible, **wishes))
    return (await submit(conn, order, answer_of=answer_of, at=at)).job.id


async def _claimed(conn, *, at=NOON):
    claimed = await claim(conn, pools=["default"], worker="w", lease_s=LEASE_S, at=at)
    return claimed and claimed.job.id


async def test_in_its_lane_a_flexible_job_waits_for_what_comes_within_a_day(conn):
    ada = await _account(conn, "Ada")
    flexible = await _submitted(conn, ada, is_flexible=True, priority=0)
    later = await _submitted(conn, ada, at=after(DAY_S - 1))
    next_day = await _submitted(conn, ada, at=after(DAY_S + 1))

    order = [await _claimed(conn, at=after(DAY_S + 2)) for _ in range(3)]

    assert order == [later, flexible, next_day]


async def test_a_lane_with_flexible_jobs_alone_comes_after_all_others(conn):
    ada, bob = await _account(conn, "Ada"), await _account(conn, "Bob")
    flexible = await _submitted(conn, ada, is_flexible=True)
    usual = [await _submitted(conn, bob) for _ in range(3)]

    order = [await _claimed(conn) for _ in range(4)]

    assert order == [*usual, flexible]


async def test_a_flexible_job_that_has_waited_for_a_day_shares_like_all_others(conn):
    ada, bob = await _account(conn, "Ada"), await _account(conn, "Bob")
    usual = [await _submitted(conn, bob, at=after(DAY_S)) for _ in range(2)]
    flexible = await _submitted(conn, ada, is_flexible=True)

    order = [await _claimed(conn, at=after(DAY_S + 1)) for _ in range(3)]

    assert order.index(flexible) < 2
    assert set(order) == {*usual, flexible}


async def test_a_flexible_job_is_not_begun_while_another_lane_that_is_ready_is_held(open_connection):
    holder, worker = await open_connection(), await open_connection()
    ada, bob = await _account(holder, "Ada"), await _account(holder, "Bob")
    await _submitted(holder, ada, is_flexible=True)
    await _submitted(holder, bob)

    async with holder.transaction():
        await holder.execute("select from lane where account_id = %(bob)s for update", {"bob": bob})
        await worker.execute("set lock_timeout = '100ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            await _claimed(worker)
