"""A cancel in every stage: final and paid back in its own commit, the slot free soon, and nothing comes after it."""

import asyncio
from dataclasses import replace

import pytest
from obstore.store import LocalStore
from workbench import engines, until
from world import FUNDS, picture

from seedbed.blobs.store import Blobs
from seedbed.core.credits import Balance
from seedbed.core.job import State

pytestmark = pytest.mark.server


class SlowSource:
    """A host that takes a connection and never says a word."""

    async def __aenter__(self):
        self.calls = 0
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_):
        self._server.close()
        await self._server.wait_closed()

    async def _take(self, reader, writer):
        self.calls += 1
        await reader.read()  # until the other side gives up
        await reader.read()
        writer.close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/a.jpg"


class SlowBlobs(Blobs):
    """Takes the bytes, and then for ever to say so, the first time."""

    def __init__(self, store):
        super().__init__(store)
        self.hangs = 0

    async def put_file(self, key, path, **named):
        await super().put_file(key, path, **named)
        if not self.hangs:
            self.hangs += 1
            await asyncio.sleep(600)


async def open_lanes(world):
    async with world.pool.connection() as conn:
        rows = await conn.execute("select * from lane where running + queued > 0")
        return await rows.fetchall()


async def cancelled(world, job_id):
    """Cancel, and check what must be so in the same commit."""
    await world.cancel(job_id)

    job = await world.job(job_id)
    assert (job.state, job.refunded_credits) == (State.CANCELLED, job.charged_credits)
    assert await world.balance() == Balance(FUNDS, 0)
    assert await open_lanes(world) == []


async def nothing_came_after(world, job_id):
    job = await world.job(job_id)
    assert (job.state, job.output, job.failures) == (State.CANCELLED, None, 0)
    assert not [key for key in world.stored() if job_id in key]


async def test_while_it_waits(world):
    job_id = await world.submit()

    await cancelled(world, job_id)

    async with world.worker():
        assert (await world.ended(await world.submit())).state is State.SUCCEEDED
    await nothing_came_after(world, job_id)


async def test_while_its_references_are_fetched(world):
    async with SlowSource() as source, world.worker():
        job_id = await world.submit(references=picture(source.url))
        await until(lambda: source.calls)
        await cancelled(world, job_id)
        following = await world.ended(await world.submit())

    assert following.state is State.SUCCEEDED
    await nothing_came_after(world, job_id)


async def test_while_it_is_rendered(world):
    world.settings = replace(world.settings, lease_s=600, engine_grace_s=20)

    async with world.worker("EndlessOnce"):
        job_id = await world.submit()
        await world.rendering(job_id)
        before = engines()
        await cancelled(world, job_id)
        following = await world.ended(await world.submit(prompt="next"))
        assert engines() == before

    assert following.state is State.SUCCEEDED
    await nothing_came_after(world, job_id)


async def test_while_its_file_is_made_what_was_promised(world):
    world.settings = replace(world.settings, engine_grace_s=0.2)

    async with world.worker("NeverFinishesOnce"):
        job_id = await world.submit()
        await world.until(job_id, lambda job: job.progress and job.progress.stage == "finishing")
        await cancelled(world, job_id)
        following = await world.ended(await world.submit(prompt="next"))

    assert following.state is State.SUCCEEDED
    await nothing_came_after(world, job_id)


async def test_while_it_is_stored(world):
    world.blobs_folder.mkdir(exist_ok=True)
    world.blobs = SlowBlobs(LocalStore(world.blobs_folder))

    async with world.worker():
        job_id = await world.submit()
        await until(lambda: world.blobs.hangs)
        await cancelled(world, job_id)
        following = await world.ended(await world.submit())

    assert following.state is State.SUCCEEDED
    await nothing_came_after(world, job_id)
