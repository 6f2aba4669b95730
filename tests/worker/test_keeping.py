"""What a URL held is kept beside the making, is used instead of the URL later, and never stands in a job's way."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from world import picture

from seedbed.core.errors import Unavailable
from seedbed.core.job import State
from seedbed.core.references import Role
from seedbed.store import kept_references

pytestmark = pytest.mark.server


@asynccontextmanager
async def serving(data: bytes):
    """Serve the bytes on the loopback. Yields the URL and the list of what was asked; closed, the URL is dead."""
    asked = []

    async def answer(reader, writer):
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(data) + data)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/clip.mp4", asked


def video(url):
    return picture(url, Role.REFERENCE_VIDEO)


async def kept(world, job_id):
    async with world.pool.connection() as conn:
        return await kept_references.of_job(conn, job_id)


async def resubmitted(world, job_id, references):
    """Submit it again as a rerun does, with the worker's own copy of the job's references."""
    return await world.submit(references=references, rerun_of=job_id)


async def files_kept(world) -> list[str]:
    return sorted([entry.key async for entry in world.blobs.entries("assets")])


async def test_a_rerun_is_made_from_what_was_kept_when_its_url_is_dead(world, clip):
    async with world.worker():
        async with serving(clip.read_bytes()) as (url, asked):
            first = await world.ended(await world.submit(references=video(url)))
        second = await world.ended(await resubmitted(world, first.id, video(url)))
        fresh = await world.ended(await world.submit(references=video(url)))

    assert (first.state, second.state, fresh.state) == (State.SUCCEEDED, State.SUCCEEDED, State.FAILED)
    assert len(asked) == 1
    assert (await kept(world, first.id)) == (await kept(world, second.id))
    [asset] = (await kept(world, first.id)).values()
    assert await world.blobs.read(asset.blob_key) == clip.read_bytes()


async def test_the_same_bytes_at_two_urls_are_stored_once(world, clip):
    async with world.worker(), serving(clip.read_bytes()) as (url, _):
        first = await world.ended(await world.submit(references=video(url)))
        second = await world.ended(await world.submit(references=video(url + "?again")))

    assert (await kept(world, first.id)) == (await kept(world, second.id)) != {}
    assert len(await files_kept(world)) == 1


async def test_a_url_is_asked_again_when_the_kept_bytes_are_lost(world, clip):
    async with world.worker(), serving(clip.read_bytes()) as (url, asked):
        first = await world.ended(await world.submit(references=video(url)))
        await world.blobs.delete_prefix("assets")
        second = await world.ended(await resubmitted(world, first.id, video(url)))

    assert (second.state, len(asked)) == (State.SUCCEEDED, 2)


async def test_nothing_is_kept_when_that_is_switched_off(world, clip):
    world.settings = replace(world.settings, reference_lifetime_s=0)
    async with world.worker(), serving(clip.read_bytes()) as (url, _):
        job = await world.ended(await world.submit(references=video(url)))

    assert (job.state, await kept(world, job.id), await files_kept(world)) == (State.SUCCEEDED, {}, [])


async def test_samples_are_not_kept(world):
    async with world.worker():
        job = await world.ended(await world.submit(references=picture("https://example.com/a.jpg")))

    assert (job.state, await kept(world, job.id)) == (State.SUCCEEDED, {})


async def test_a_store_that_takes_no_copies_does_not_stand_in_the_jobs_way(world, clip, monkeypatch):
    put_file = world.blobs.put_file

    async def refuse_assets(key, path, **named):
        if key.startswith("assets/"):
            raise Unavailable("The store does not answer.")
        await put_file(key, path, **named)

    monkeypatch.setattr(world.blobs, "put_file", refuse_assets)
    async with world.worker(), serving(clip.read_bytes()) as (url, _):
        job = await world.ended(await world.submit(references=video(url)))

    assert (job.state, job.failures, await kept(world, job.id)) == (State.SUCCEEDED, 0, {})
