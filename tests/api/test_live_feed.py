"""What keeps thousands of followers up to date: one question for all, places a few at a time, and parts that revive."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

from structlog.testing import capture_logs

from seedbed.actions.beat import beat
from seedbed.actions.cancel import cancel
from seedbed.api import live
from seedbed.api.live import LiveFeed
from seedbed.core.engine import Stage
from seedbed.core.job import Job, QueuePlace, State
from seedbed.store import job_states, jobs
from seedbed.store.job_states import Step


async def job_of(customer, job_id: str) -> Job:
    async with customer.pool.connection() as conn:
        return await jobs.find(conn, job_id)


async def test_of_many_jobs_only_what_has_changed_is_answered_and_whole_only_if_its_version_has(ada):
    started = [await ada.new_job() for _ in range(2)]
    running = [await ada.take() for _ in started]
    resting = await job_of(ada, await ada.new_job())
    async with ada.pool.connection() as conn:
        await beat(conn, running[0].id, running[0].attempt, lease_s=60, stage=Stage.RENDERING, fraction=0.5)
        await cancel(conn, ada.account_id, running[1].id, is_live=True)
        known = {job.id: Step(job.version, job.progress) for job in (*running, resting)} | {"req_gone": Step(1)}

        news = await job_states.changed(conn, known)

    stopped = await job_of(ada, running[1].id)
    assert news.keys() == {running[0].id, running[1].id, "req_gone"}
    assert news[running[0].id].progress.fraction == 0.5
    assert isinstance(news[running[0].id], Step)
    assert news[running[1].id] == stopped
    assert stopped.state is State.CANCELLED
    assert news["req_gone"] is None


async def test_places_are_told_a_few_at_a_time(ada, pool, monkeypatch):
    monkeypatch.setattr(live, "PLACES_PAUSE_S", 3600)
    monkeypatch.setattr(live, "PLACES_AT_ONCE", 2)
    waiting = [await job_of(ada, await ada.new_job()) for _ in range(5)]
    feed = LiveFeed(pool, stopping=asyncio.Event())

    with ExitStack() as all_:
        followers = [all_.enter_context(feed.following(job)) for job in waiting]
        told = [asyncio.create_task(follower.news(within_s=10)) for follower in followers]
        await asyncio.wait(told, return_when=asyncio.FIRST_COMPLETED)
        for task in told:
            task.cancel()
        placed = [follower for follower in followers if follower.watched.queue]

    assert len(placed) == 2


async def test_a_part_that_breaks_is_logged_and_begun_again(ada, pool, monkeypatch):
    faults = [KeyError("default"), KeyError("default")]

    async def queue_places(conn, job_ids):
        if faults:
            raise faults.pop()
        return iter([(job_id, QueuePlace(7, 70)) for job_id in job_ids])

    monkeypatch.setattr(job_states, "queue_places", queue_places)
    monkeypatch.setattr(live, "AGAIN_AFTER_S", 0.01)
    job = await job_of(ada, await ada.new_job())

    with capture_logs() as lines, LiveFeed(pool, stopping=asyncio.Event()).following(job) as follower:
        async with asyncio.timeout(10):
            while follower.watched.queue is None:
                await follower.news(within_s=1)

    assert follower.watched.queue == QueuePlace(7, 70)
    assert [line["part"] for line in lines if line["event"] == "live.broke"] == ["places", "places"]
