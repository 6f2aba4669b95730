"""Workers ride out a PostgreSQL that is shot and started again: no job is lost, made twice or paid twice."""

import asyncio
import os
import random
import signal
import time
from dataclasses import replace

import pytest
from workbench import WAIT_S
from world import FUNDS, PRICE, World

from seedbed.actions.balance import balance
from seedbed.actions.create_account import create_account
from seedbed.blobs.store import open_blobs
from seedbed.core.credits import Balance
from seedbed.core.job import State
from seedbed.settings import Settings
from seedbed.store import embedded, jobs
from seedbed.store.database import connect_pool
from seedbed.store.migrate import migrate
from seedbed.worker.patience import patiently

pytestmark = pytest.mark.server
KEPT = {"fsync": "off"}  # what the kernel was given survives the end of a process
RESTARTS = 3


@pytest.fixture
def server(data_dir):
    """The server's URL, what shoots it, and what starts it again (in the main thread, which it is tied to)."""
    running = [embedded.start(data_dir, settings=KEPT)]

    def shoot() -> None:
        os.kill(running[-1].pid, signal.SIGQUIT)  # what `pg_ctl stop -m immediate` sends
        running[-1].stop()

    def restart() -> None:
        running.append(embedded.start(data_dir, settings=KEPT))

    yield running[0].url, shoot, restart
    running[-1].stop()


async def test_jobs_survive_a_database_that_is_shot_again_and_again(server, tmp_path):
    url, shoot, restart = server
    migrate(url)
    settings = replace(Settings(home=tmp_path), lease_s=20, poll_s=0.2)
    async with connect_pool(url, min_size=1, max_size=4, name="test") as pool:
        async with pool.connection() as conn:
            account = await create_account(conn, name="customer", credits=FUNDS)
        folder = tmp_path / "blobs"
        world = World(url, pool, open_blobs(None, folder), folder, settings, account.id)
        ids = [await world.submit() for _ in range(6)]

        async with world.worker("Slow", slots=2):
            for number in range(RESTARTS):
                await _wait_for(pool, ids, at_least=number)
                await asyncio.sleep(random.uniform(0, 1))
                await asyncio.to_thread(shoot)
                restart()
            await _wait_for(pool, ids, at_least=len(ids))

        found = [await patiently(pool, lambda conn, job_id=job_id: jobs.find(conn, job_id)) for job_id in ids]
        assert [job.state for job in found] == [State.SUCCEEDED] * len(ids)
        assert sorted(world.stored()) == sorted(job.output.key for job in found)
        money = await patiently(pool, lambda conn: balance(conn, account.id, is_live=True))
        assert money == Balance(FUNDS - len(ids) * PRICE, 0)


async def _wait_for(pool, ids, *, at_least):
    """Wait until so many of the jobs have succeeded."""
    until_s = time.monotonic() + 3 * WAIT_S
    while time.monotonic() < until_s:
        found = [await patiently(pool, lambda conn, job_id=job_id: jobs.find(conn, job_id)) for job_id in ids]
        if sum(job.state is State.SUCCEEDED for job in found) >= at_least:
            return
    raise AssertionError([job.state for job in found])
