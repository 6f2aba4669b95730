"""A worker hears everything on one connection: new work, jobs that are to stop, and webhooks that are due."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from procrastinate.manager import get_channel_for_queues
from receiver import answer, receiving

from seedbed.core.job import State
from seedbed.store import deliveries
from seedbed.store.listening import Notice
from seedbed.store.notices import CANCEL_CHANNEL, WORK_CHANNEL
from seedbed.worker.beside import beside
from seedbed.worker.switchboard import CHANNELS, Switchboard

pytestmark = pytest.mark.server
DUE = get_channel_for_queues([deliveries.QUEUE])


async def rows(world, statement: str, *facts) -> list[dict]:
    async with world.pool.connection() as conn:
        return await (await conn.execute(statement, facts)).fetchall()


async def hearing(world) -> Counter[str]:
    """Return how many connections to the world's database hear notices, by what they are for."""
    found = await rows(
        world,
        "select application_name as name from pg_stat_activity"
        " where datname = current_database() and (application_name like '%%notices' or query ilike 'listen%%')",
    )
    return Counter(row["name"] for row in found)


async def test_a_worker_that_makes_videos_and_delivers_webhooks_listens_once(world):
    async with receiving(answer(204), answer(204)) as receiver, world.worker(kind="testcard"):
        for _ in range(2):
            job = await world.ended(await world.submit(webhook_url=receiver.url))
            assert job.state is State.SUCCEEDED
        await world.eventually(lambda: true_of(len(receiver.received) == 2))

        assert await hearing(world) == {"seedbed worker notices": 1}


async def test_all_that_a_worker_needs_to_hear_comes_over_the_one_connection(world):
    switchboard, due, stopped = Switchboard(), [], []
    async with beside(switchboard.listen(world.pool)):
        await world.eventually(lambda: is_heard(world))
        with switchboard.tuned(DUE, due.append):
            job_id = await world.submit(webhook_url="http://127.0.0.1:9/hook")
            with switchboard.watched(job_id, 0, lambda: stopped.append(job_id)):
                await world.execute("select pg_notify(%s, %s)", CANCEL_CHANNEL, f"{job_id}:0")
                await world.cancel(job_id)
                await world.eventually(lambda: true_of(due and stopped))
        switchboard.expect_work()
        await world.execute("select pg_notify(%s, 'default')", WORK_CHANNEL)
        await switchboard.work(within_s=30)

        assert {notice.channel for notice in due} == set(DUE)
        assert await hearing(world) == {"seedbed worker notices": 1}


async def test_after_a_broken_connection_webhooks_are_heard_of_again(world):
    switchboard, due = Switchboard(), []
    async with beside(switchboard.listen(world.pool)):
        await world.eventually(lambda: is_heard(world))
        with switchboard.tuned(DUE, due.append):
            await world.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name = %s",
                "seedbed worker notices",
            )
            await world.eventually(lambda: is_heard(world))
            await world.cancel(await world.submit(webhook_url="http://127.0.0.1:9/hook"))
            await world.eventually(lambda: true_of(due))


async def test_what_is_said_is_not_passed_on_to_who_has_left():
    switchboard, heard = Switchboard(), []
    with switchboard.tuned(DUE, heard.append):
        switchboard.hear(Notice(DUE[0], "1"))
    switchboard.hear(Notice(DUE[0], "2"))

    assert heard == [Notice(DUE[0], "1")]
    with pytest.raises(AssertionError), switchboard.tuned(["elsewhere"], heard.append):
        pass


async def test_one_new_job_wakes_one_idle_slot():
    switchboard, awake = Switchboard(["default"]), []
    idle = [asyncio.create_task(waits(switchboard, awake)) for _ in range(3)]
    await asyncio.sleep(0)

    switchboard.hear(Notice(WORK_CHANNEL, "default"))
    switchboard.hear(Notice(WORK_CHANNEL, "another pool"))
    await asyncio.wait(idle, timeout=0.1, return_when=asyncio.FIRST_COMPLETED)
    assert len(awake) == 1

    switchboard.hear(Notice(WORK_CHANNEL, "default"))
    await asyncio.wait(idle, timeout=0.1)
    assert len(awake) == 2
    switchboard.wake_all()
    await asyncio.gather(*idle)


async def test_a_job_that_comes_while_every_slot_looks_is_not_missed():
    switchboard = Switchboard(["default"])
    switchboard.expect_work()
    switchboard.hear(Notice(WORK_CHANNEL, "default"))

    async with asyncio.timeout(1):
        await switchboard.work(within_s=30)


async def waits(switchboard: Switchboard, awake: list[None]) -> None:
    await switchboard.work(within_s=30)
    awake.append(None)


async def is_heard(world) -> bool:
    """Whether all channels are listened to: the last one that is named is."""
    found = await rows(
        world,
        "select from pg_stat_activity where application_name = 'seedbed worker notices' and query = %s",
        f'listen "{CHANNELS[-1]}"',
    )
    return len(found) == 1


async def true_of(claim: object) -> bool:
    return bool(claim)
