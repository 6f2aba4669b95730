"""What processes tell each other: notices after the commit, and heartbeats."""

from __future__ import annotations

import asyncio

import pytest
from psycopg import sql

from seedbed.actions.cancel import cancel
from seedbed.actions.claim import claim
from seedbed.actions.create_account import create_account
from seedbed.actions.reap import reap
from seedbed.actions.submit import submit
from seedbed.actions.wake import wake
from seedbed.core.errors import Unavailable
from seedbed.store import workers
from seedbed.store.database import borrow, connect_pool, one
from seedbed.store.notices import CANCEL_CHANNEL, WORK_CHANNEL
from seedbed.store.workers import WorkerState
from store.orders import LEASE_S, NOON, a_request, after, an_order, answer_of

pytestmark = pytest.mark.server
DEADLINE_S = 10


async def _heard(listener):
    async for notice in listener.notifies(timeout=DEADLINE_S, stop_after=1):
        return notice.payload
    return None


async def _listening(listener, channel):
    await listener.execute(sql.SQL("listen {}").format(sql.Identifier(channel)))


async def _processing(conn):
    account = (await create_account(conn, name="Ada", credits=100)).id
    order = an_order(account, request=a_request(expires_after_s=3600))
    await submit(conn, order, answer_of=answer_of, at=NOON)
    return (await claim(conn, pools=["default"], worker="w", lease_s=LEASE_S, at=NOON)).job


async def test_waking_tells_the_pool(open_connection):
    conn, listener = await open_connection(), await open_connection()
    await _listening(listener, WORK_CHANNEL)

    await wake(conn, "default")

    assert await _heard(listener) == "default"


async def test_cancelling_a_running_job_tells_which_attempt_is_to_stop(open_connection):
    conn, listener = await open_connection(), await open_connection()
    job = await _processing(conn)
    await _listening(listener, CANCEL_CHANNEL)

    await cancel(conn, job.account_id, job.id, is_live=True)

    assert await _heard(listener) == f"{job.id}:1"


async def test_a_job_that_expires_while_it_runs_is_told_to_stop(open_connection):
    conn, listener = await open_connection(), await open_connection()
    job = await _processing(conn)
    await _listening(listener, CANCEL_CHANNEL)

    await reap(conn, at=after(3600))

    assert await _heard(listener) == f"{job.id}:1"


async def test_a_worker_is_alive_while_it_is_heard_of(conn):
    await workers.heartbeat(conn, "w1", ["default"], {"name": "animatic"}, None, at=NOON)
    await workers.heartbeat(conn, "w1", ["default"], {"name": "animatic"}, "req_1", at=after(5))

    (worker,) = await workers.alive(conn, 10, at=after(14))
    assert (worker.id, worker.pools, worker.doing, worker.seen_at) == ("w1", ("default",), "req_1", after(5))
    assert await workers.alive(conn, 10, at=after(15)) == []


async def test_a_workers_state_says_since_when_and_why(conn):
    async def beat(seconds, state, reason=None):
        await workers.heartbeat(conn, "w1", ["default"], {}, None, state=state, reason=reason, at=after(seconds))

    await beat(0, WorkerState.READY)
    await beat(5, WorkerState.QUARANTINED, "its picture is green")
    await beat(10, WorkerState.QUARANTINED, "its picture is green")

    (worker,) = await workers.alive(conn, 10, at=after(10))
    assert (worker.state, worker.state_since) == (WorkerState.QUARANTINED, after(5))
    assert worker.reason == "its picture is green"


async def test_a_worker_that_leaves_is_forgotten(conn):
    await workers.heartbeat(conn, "w1", ["default"], {}, None, at=NOON)

    await workers.leave(conn, "w1")

    assert await workers.alive(conn, 10, at=NOON) == []


async def test_a_pool_lends_connections_with_a_deadline_on_every_wait(shared_database):
    async with connect_pool(shared_database, min_size=1, max_size=1, name="test") as pool, borrow(pool) as conn:
        row = await one(
            conn, "select current_setting('statement_timeout') as a, current_setting('lock_timeout') as b", {}
        )

    assert row == {"a": "15s", "b": "5s"}
    assert conn.autocommit


async def test_a_time_out_of_the_database_is_said_to_pass(shared_database):
    async with connect_pool(shared_database, min_size=1, max_size=1, name="test") as pool:
        with pytest.raises(Unavailable):
            async with borrow(pool) as conn:
                await conn.execute("set statement_timeout = '5ms'; select pg_sleep(5)")


async def test_a_connection_lost_to_its_own_silence_is_a_lack_that_passes(shared_database):
    async def fall_silent(pool):
        async with borrow(pool) as conn, conn.transaction():
            await conn.execute("set local idle_in_transaction_session_timeout = '20ms'")
            await asyncio.sleep(0.5)
            await conn.execute("select 1")

    async with connect_pool(shared_database, min_size=1, max_size=1, name="test") as pool:
        with pytest.raises(Unavailable):
            await fall_silent(pool)
