"""What a worker does when the job, the lease, the database or the worker itself goes away."""

import asyncio
import signal
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psutil
import pytest
from obstore.store import LocalStore
from workbench import HERE, engines, until
from world import FUNDS, PRICE

from seedbed.actions.claim import claim
from seedbed.actions.reap import reap
from seedbed.blobs.store import Blobs
from seedbed.core.credits import Balance
from seedbed.core.errors import Unavailable
from seedbed.core.job import State
from seedbed.worker.attempt import Bench
from seedbed.worker.health import Health
from seedbed.worker.host import EngineHost, EngineLimits
from seedbed.worker.loop import sources_of
from seedbed.worker.slot import Slot
from seedbed.worker.sweeping import sweep_leftovers, sweep_once
from seedbed.worker.switchboard import Switchboard

pytestmark = pytest.mark.server


async def test_a_cancelled_job_is_let_go_and_the_engine_kept(world):
    world.settings = replace(world.settings, lease_s=600, engine_grace_s=20)  # no beat comes but by the notice
    job_id = await world.submit()

    async with world.worker("EndlessOnce"):
        await world.rendering(job_id)
        before = engines()
        await world.cancel(job_id)
        await world.ended(await world.submit(prompt="next"))
        after = engines()

    job = await world.job(job_id)
    assert (job.state, job.refunded_credits, job.output) == (State.CANCELLED, PRICE, None)
    assert after == before
    assert not [key for key in world.stored() if job_id in key]


async def test_an_engine_that_ignores_a_cancel_is_replaced(world):
    world.settings = replace(world.settings, engine_grace_s=0.1)
    job_id = await world.submit(prompt="deaf")

    async with world.worker("DeafOnce"):
        await world.rendering(job_id)
        before = engines()
        await world.cancel(job_id)
        following = await world.ended(await world.submit())
        after = engines()

    assert following.state is State.SUCCEEDED
    assert not before & after


async def test_a_worker_that_lost_its_lease_writes_nothing(world):
    job_id = await world.submit()

    async with world.worker("Endless") as stopping:
        await world.rendering(job_id)
        await reaped(world, hours=1)
        stopping.set()
        await until(lambda: not engines())

    job = await world.job(job_id)
    assert (job.state, job.failures, job.output) == (State.QUEUED, 1, None)
    assert world.stored() == []


async def test_stopping_hands_the_job_back_without_a_failure(world):
    job_id = await world.submit()

    async with world.worker("Endless"):
        await world.rendering(job_id)
    handed_back = await world.job(job_id)
    async with world.worker("Fast"):
        job = await world.ended(job_id)

    assert (handed_back.state, handed_back.failures) == (State.QUEUED, 0)
    assert (job.state, job.attempt, job.failures) == (State.SUCCEEDED, 2, 0)
    assert not engines()


async def test_hurrying_hands_the_job_back_before_its_grace_is_over(world):
    job_id, hurry = await world.submit(), asyncio.Event()

    async with world.worker("Endless", stop_grace_s=600, hurry=hurry) as stopping:
        await world.rendering(job_id)
        stopping.set()
        hurry.set()

    handed_back = await world.job(job_id)
    assert (handed_back.state, handed_back.failures) == (State.QUEUED, 0)
    assert not engines()


async def test_stopping_lets_a_job_end_that_needs_little_time(world):
    job_id = await world.submit()

    async with world.worker("Slow", stop_grace_s=30):
        await world.rendering(job_id)

    assert (await world.job(job_id)).state is State.SUCCEEDED


async def test_a_killed_worker_leaves_no_process_and_its_job_to_another(world):
    job_id = await world.submit()
    worker = await lone_worker(world, "Frozen", lease_s=600)
    await world.rendering(job_id)
    family = psutil.Process(worker.pid).children(recursive=True)

    worker.send_signal(signal.SIGKILL)
    await worker.wait()

    assert family
    await until(lambda: not any(is_running(child) for child in family))
    await reaped(world, hours=1)
    async with world.worker("Fast"):
        job = await world.ended_at_last(job_id)
    assert (job.state, job.attempt, job.failures) == (State.SUCCEEDED, 2, 1)
    assert world.stored() == [f"jobs/{job_id}/2/result.mp4"]


async def test_broken_connections_cost_no_job(world):
    job_id = await world.submit()

    async with world.worker("Slow"):
        await world.rendering(job_id)
        await world.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'seedbed worker'"
        )
        job = await world.ended(job_id)

    assert (job.state, job.attempt, job.failures) == (State.SUCCEEDED, 1, 0)


@pytest.mark.parametrize("stage", ["rendering", "storing"])
async def test_a_worker_that_was_frozen_beyond_its_lease_writes_nothing_and_works_on(
    world, tmp_path, monkeypatch, stage
):
    """Frozen over its job, it wakes when another worker has done it; frozen while it stores, it stores too late."""
    monkeypatch.setenv("FAKE_GATE", str(tmp_path / "gate"))
    job_id = await world.submit()
    worker = await lone_worker(world, "Gated", lease_s=6)
    frozen = psutil.Process(worker.pid)
    await world.rendering(job_id)
    if stage == "rendering":
        frozen.suspend()
        (tmp_path / "gate").touch()
    else:
        (world.blobs_folder / "freeze").mkdir(parents=True)
        (tmp_path / "gate").touch()
        await until(lambda: frozen.status() == psutil.STATUS_STOPPED)
    await reaped(world, hours=1)
    async with world.worker("Fast"):
        done = await world.ended_at_last(job_id)

    frozen.resume()
    next_id = await world.submit()
    following = await world.ended_at_last(next_id)
    worker.kill()
    await worker.wait()

    assert (done.attempt, done.failures, await world.job(job_id)) == (2, 1, done)
    assert (following.state, following.attempt) == (State.SUCCEEDED, 1)
    assert world.stored() == sorted([f"jobs/{job_id}/2/result.mp4", f"jobs/{next_id}/1/result.mp4"])


class Refusing(Blobs):
    async def delete_prefix(self, prefix):
        raise Unavailable(f"away: {prefix}")


class LateBlobs(Blobs):
    """Stores, and then lets something happen before it says so."""

    def __init__(self, store, meanwhile):
        super().__init__(store)
        self.meanwhile = meanwhile

    async def put_file(self, key, path, **named):
        await super().put_file(key, path, **named)
        await self.meanwhile(key.split("/")[1])


async def test_bytes_that_were_stored_too_late_are_deleted(world):
    world.blobs_folder.mkdir(exist_ok=True)
    world.blobs = LateBlobs(LocalStore(world.blobs_folder), world.cancel)
    job_id = await world.submit()

    async with world.worker():
        await world.ended(job_id)
        await until(lambda: not world.stored())
        following = await world.until(await world.submit(), lambda job: job.state is State.CANCELLED)

    assert (await world.job(job_id)).state is State.CANCELLED
    assert following.output is None


async def test_a_finish_whose_answer_was_lost_keeps_its_bytes(world, tmp_path):
    job_id = await world.submit()
    async with world.worker():
        job = await world.ended(job_id)
    sources = sources_of(world.settings, world.pool, world.blobs)
    bench = Bench(EngineHost("fake_engines:Fast", EngineLimits()), sources, tmp_path)
    event = asyncio.Event()
    slot = Slot(
        bench=bench, pool=world.pool, switchboard=Switchboard(), worker="w", pools=["default"], lease_s=1, poll_s=1,
        stopping=event, hurry=event, health=Health(None, None, suspect_after=2, on_change=lambda: None),
    )  # fmt: skip

    await slot._sweep(job)

    assert world.stored() == [f"jobs/{job_id}/1/result.mp4"]


async def test_bytes_that_no_job_names_are_swept_and_the_others_kept(world):
    job_id = await world.submit()
    async with world.worker():
        await world.ended(job_id)
    kept = f"jobs/{job_id}/1/result.mp4"
    await world.blobs.put_bytes(f"jobs/{job_id}/7/result.mp4", b"left behind by a killed worker")
    await world.blobs.put_bytes("jobs/req_gone/1/result.mp4", b"of a job that is in no row")

    await sweep_once(world.pool, world.blobs)
    at_once = world.stored()
    await sweep_once(world.pool, world.blobs, at=datetime.now(UTC) + timedelta(days=2))

    assert at_once == [kept, "jobs/req_gone/1/result.mp4"]
    assert world.stored() == [kept]


async def test_bytes_of_a_killed_worker_are_swept_without_reading_the_store(world):
    job_id = await world.submit()
    async with world.pool.connection() as conn:
        await claim(conn, pools=["default"], worker="killed", lease_s=10)
    await world.blobs.put_bytes(f"jobs/{job_id}/1/result.mp4", b"stored, and then killed before the finish")

    swept = [await sweep_leftovers(world.pool, world.blobs, at=in_hours(0.5))]
    await reaped(world, hours=1)
    swept += [await sweep_leftovers(world.pool, world.blobs, at=in_hours(1))]
    leased = world.stored()
    swept += [await sweep_leftovers(world.pool, world.blobs, at=in_hours(1.1))]

    assert swept == [0, 0, 1]
    assert leased == [f"jobs/{job_id}/1/result.mp4"]
    assert world.stored() == []


async def test_a_store_that_is_away_is_swept_later(world):
    job_id = await world.submit()
    async with world.worker("Endless"):
        await world.rendering(job_id)
        await world.cancel(job_id)
    away = Refusing(LocalStore(world.blobs_folder))

    swept = await sweep_leftovers(world.pool, away, at=in_hours(1))
    again = await sweep_leftovers(world.pool, world.blobs, at=in_hours(1.1))

    assert (swept, again) == (0, 1)


async def test_credits_are_whole_after_a_lost_worker_gave_up_for_good(world):
    job_id = await world.submit()

    for _ in range(3):
        async with world.worker("Endless"):
            await world.rendering(job_id)
            await reaped(world, hours=1)
        await world.execute("update job set run_at = created_at where id = %s and state = 'queued'", job_id)

    job = await world.job(job_id)
    assert (job.state, job.failure.code) == (State.FAILED, "worker_lost")
    assert await world.balance() == Balance(FUNDS, 0)


async def lone_worker(world, engine: str, *, lease_s: float) -> asyncio.subprocess.Process:
    """Start a worker in a process of its own, tied to nobody."""
    facts = (world.url, str(world.blobs_folder), f"fake_engines:{engine}", str(lease_s))
    return await asyncio.create_subprocess_exec(sys.executable, str(HERE / "lone_worker.py"), *facts)


def in_hours(hours: float) -> datetime:
    return datetime.now(UTC) + timedelta(hours=hours)


async def reaped(world, *, hours: float) -> None:
    async with world.pool.connection() as conn:
        await reap(conn, at=datetime.now(UTC) + timedelta(hours=hours))


def is_running(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
