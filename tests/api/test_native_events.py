"""Events of a generation: the present first, then whatever changes, then the end."""

from __future__ import annotations

import asyncio

import pytest
from customers import GENERATIONS
from streams import opened

from seedbed.actions.beat import beat
from seedbed.actions.hand_back import hand_back
from seedbed.api.event_stream import EventStream, Streams
from seedbed.api.live import LiveFeed
from seedbed.core.engine import Stage
from seedbed.core.errors import ContentRejected, Unavailable
from seedbed.core.keys import Mode


def events_of(job_id: str) -> str:
    return f"{GENERATIONS}/{job_id}/events"


async def report(customer, job, fraction: float) -> None:
    async with customer.pool.connection() as conn:
        await beat(conn, job.id, job.attempt, lease_s=60, stage=Stage.RENDERING, fraction=fraction)


async def test_a_generation_is_told_from_the_queue_to_its_end(ada, blobs):
    job_id = await ada.new_job()
    async with opened(ada, events_of(job_id)) as stream:
        name, first_id, view = await stream.event()
        assert (name, view["status"]) == ("state", "queued")
        assert (await stream.event("queue"))[2]["position"] >= 1

        job = await ada.take()
        name, second_id, view = await stream.event("state")
        assert view["status"] == "processing"
        await report(ada, job, 0.25)
        name, third_id, progress = await stream.event("progress")
        assert progress == {"stage": "rendering", "fraction": 0.25}

        await ada.cancel(job_id)
        name, last_id, view = await stream.event("end")
        assert view == await ada.show(job_id)
        assert await stream.is_over()
    assert len({first_id, second_id, third_id, last_id}) == 4


async def test_the_stream_is_one_that_no_proxy_keeps_back(ada):
    async with opened(ada, events_of(await ada.new_job())) as stream:
        await stream.event()

        assert stream.headers["content-type"] == "text/event-stream"
        assert stream.headers["cache-control"] == "no-store"
        assert "content-length" not in stream.headers


async def test_an_id_is_that_of_the_etag(ada):
    job_id = await ada.new_job()
    await report(ada, await ada.take(), 0.5)

    async with opened(ada, events_of(job_id)) as stream:
        _, id_, _ = await stream.event()

    assert (await ada.get(f"{GENERATIONS}/{job_id}")).headers["ETag"] == f'W/"{id_}"'


@pytest.mark.parametrize("last", ["1", "99999999999999999999", "2.rendering.0.9", "?", "é", "x" * 5000])
async def test_whoever_comes_back_is_told_the_present_whatever_it_was_told_before(ada, last):
    job_id = await ada.new_job()
    await ada.take()

    async with opened(ada, events_of(job_id), headers={"Last-Event-ID": last}) as stream:
        name, _, view = await stream.event()

    assert (name, view["status"]) == ("state", "processing")


async def test_the_end_of_a_final_generation_is_told_at_once_and_once(ada):
    job_id = await ada.new_job()
    await ada.fail(ContentRejected("not allowed"))

    async with opened(ada, events_of(job_id)) as stream:
        name, id_, view = await stream.event()
        assert (name, view["error"]["code"]) == ("end", "content_rejected")
        assert await stream.is_over()
    async with opened(ada, events_of(job_id), headers={"Last-Event-ID": id_}) as again:
        assert await again.is_over()
    assert again.status == 204


async def test_a_generation_that_goes_back_into_the_queue_is_told_so(ada):
    job_id = await ada.new_job()
    job = await ada.take()
    async with opened(ada, events_of(job_id)) as stream:
        await stream.event("state")

        async with ada.pool.connection() as conn:
            await hand_back(conn, job_id, job.attempt)

        assert (await stream.event("state"))[2]["status"] == "queued"
        assert (await stream.event("queue"))[2]["position"] >= 1


async def test_all_who_follow_are_told(ada):
    job_id = await ada.new_job()
    async with opened(ada, events_of(job_id)) as one, opened(ada, events_of(job_id)) as two:
        await one.event("state")
        await two.event("state")

        await ada.cancel(job_id)

        for stream in (one, two):
            assert (await stream.event("end"))[2]["status"] == "cancelled"


async def test_while_nothing_happens_a_comment_is_sent(ada, pool):
    await ada.new_job()
    live = LiveFeed(pool, stopping=asyncio.Event())
    answer = EventStream(live, Streams(), await ada.take(), lambda _: b"", heartbeat_s=0.01)

    async with opened(ada, "/", app=answer) as stream:
        assert await stream.block() == {"retry": "2000"}
        assert await stream.block() == {"": "still here"}


async def test_following_many_generations_takes_two_connections(serve, enrol, api_database):
    from contextlib import AsyncExitStack

    from seedbed.store.database import connect_pool

    async with connect_pool(api_database, min_size=1, max_size=1, name="narrow") as narrow, AsyncExitStack() as all_:
        ada = await enrol(client=serve(pool=narrow))
        jobs = [await ada.new_job() for _ in range(20)]
        streams = [await all_.enter_async_context(opened(ada, events_of(job_id))) for job_id in jobs]
        for stream in streams:
            await stream.event("state")
        async with ada.pool.connection() as conn:
            cursor = await conn.execute(
                "select count(*) as listening from pg_stat_activity where application_name = 'seedbed api notices'"
            )
            assert (await cursor.fetchone())["listening"] == 1

        await asyncio.gather(*(ada.cancel(job_id) for job_id in jobs))

        assert {(await stream.event("end"))[2]["status"] for stream in streams} == {"cancelled"}


async def test_nobody_follows_the_generation_of_another_account_or_mode(ada, enrol):
    job_id = await ada.new_job()

    for stranger in (await enrol(), await enrol(mode=Mode.TEST, account_id=ada.account_id)):
        assert (await stranger.get(events_of(job_id))).status_code == 404
    assert (await ada.get(events_of("req_x"))).status_code == 404


def test_one_account_cannot_have_all_the_streams():
    streams = Streams(most=3, most_an_account=2)

    with streams.taken(1), streams.taken(1):
        with pytest.raises(Unavailable), streams.taken(1):
            pass
        with streams.taken(2), pytest.raises(Unavailable), streams.taken(3):
            pass
    with streams.taken(1):
        pass


async def test_to_head_only_the_headers_are_sent(ada):
    async with opened(ada, events_of(await ada.new_job()), method="HEAD") as stream:
        assert await stream.is_over()

    assert stream.headers["content-type"] == "text/event-stream"


async def test_streams_end_when_the_service_stops(pool, blobs, settings, enrol):
    import httpx

    from seedbed.api.app import create_app

    stopping = asyncio.Event()
    app = create_app(pool=pool, blobs=blobs, settings=settings, stopping=stopping)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000") as client:
        ada = await enrol(client=client)
        async with opened(ada, events_of(await ada.new_job())) as stream:
            await stream.event("state")

            stopping.set()

            while await stream.block():
                pass
