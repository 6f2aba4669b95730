"""A store that is killed, restarted or frozen under its readers and writers: they wait, go on, or say so."""

from __future__ import annotations

import asyncio
import os

import pytest
from weed_admin import unfinished_uploads

from seedbed.blobs import bucket, reading, store
from seedbed.blobs.store import PART_BYTES, open_blobs
from seedbed.core.errors import NotFound, Unavailable

VIDEO = "jobs/req_1/1/result.mp4"
LARGE = os.urandom(12 * PART_BYTES)


@pytest.fixture
def large(tmp_path):
    (tmp_path / "large").write_bytes(LARGE)
    return tmp_path / "large"


async def begun(server) -> None:
    """Return when an upload in parts is on its way."""
    async with asyncio.timeout(20):
        while not await asyncio.to_thread(unfinished_uploads, server.endpoint):  # noqa: ASYNC110 - the store is asked
            await asyncio.sleep(0.01)


async def test_a_store_killed_during_an_upload_leaves_nothing_to_see_and_takes_the_next_try(blobs, server, large):
    uploading = asyncio.create_task(blobs.put_file(VIDEO, large))
    await begun(server)
    server.kill()
    with pytest.raises(Unavailable):
        await uploading
    server.start()

    with pytest.raises(NotFound):
        await blobs.head(VIDEO)
    await blobs.put_file(VIDEO, large)

    assert b"".join([chunk async for chunk in blobs.get_range(VIDEO, 0, len(LARGE))]) == LARGE


async def test_an_upload_outlives_a_quick_restart_of_the_store(blobs, server, large):
    uploading = asyncio.create_task(blobs.put_file(VIDEO, large))
    await begun(server)
    server.kill()
    await asyncio.to_thread(server.start)
    try:
        await uploading
    except Unavailable:  # it was down for longer than a part is tried for
        await blobs.put_file(VIDEO, large)

    assert b"".join([chunk async for chunk in blobs.get_range(VIDEO, 0, len(LARGE))]) == LARGE


async def test_a_frozen_store_is_waited_for(blobs, server, large):
    uploading = asyncio.create_task(blobs.put_file(VIDEO, large))
    await begun(server)
    server.freeze()
    await asyncio.sleep(1)
    assert not uploading.done()
    server.thaw()

    await uploading

    assert (await blobs.head(VIDEO)).size_bytes == len(LARGE)


async def test_a_store_that_stays_frozen_is_given_up_and_what_was_sent_is_not_seen(blobs, server, large, monkeypatch):
    monkeypatch.setattr(store, "UPLOAD_S", 2.0)
    uploading = asyncio.create_task(blobs.put_file(VIDEO, large))
    await begun(server)
    server.freeze()

    with pytest.raises(Unavailable):
        await uploading
    server.thaw()
    monkeypatch.undo()

    with pytest.raises(NotFound):
        await blobs.head(VIDEO)


async def test_a_download_goes_on_where_it_stopped_when_the_store_was_killed(blobs, server, large):
    await blobs.put_file(VIDEO, large)
    got = bytearray()
    stream = blobs.get_range(VIDEO, 0, len(LARGE))
    got += await anext(stream)

    server.kill()
    restarting = asyncio.create_task(asyncio.to_thread(server.start))
    async for chunk in stream:
        got += chunk
    await restarting

    assert bytes(got) == LARGE


async def test_a_download_that_nobody_can_go_on_with_ends(blobs, server, large, monkeypatch):
    monkeypatch.setattr(reading, "RESUME_S", 1.0)
    await blobs.put_file(VIDEO, large)
    stream = blobs.get_range(VIDEO, 0, len(LARGE))
    await anext(stream)
    server.kill()

    with pytest.raises(Unavailable):
        async for _ in stream:
            pass


async def test_a_reader_slower_than_a_request_may_last_gets_everything(url, tmp_path, large, monkeypatch):
    monkeypatch.setattr(bucket, "REQUEST_S", 1.0)
    blobs = open_blobs(url, tmp_path)
    await blobs.put_file(VIDEO, large)
    got = bytearray()

    async for chunk in blobs.get_range(VIDEO, 0, len(LARGE)):
        got += chunk
        if len(got) in (len(chunk), 20 * len(chunk)):
            await asyncio.sleep(1.5)

    assert bytes(got) == LARGE
