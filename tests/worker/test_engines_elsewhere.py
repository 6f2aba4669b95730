"""Engines whose work goes on elsewhere: what they remember, when they cancel it, and how their faults are borne."""

from __future__ import annotations

from dataclasses import replace

import pytest
from world import FUNDS, PRICE

from seedbed.core.credits import Balance
from seedbed.core.deployment import EngineSpec
from seedbed.core.errors import NotReady
from seedbed.core.job import Leg, State
from seedbed.store import workers
from seedbed.worker.engines import load_engine, options_of

pytestmark = pytest.mark.server
STUDIO, HERE = Leg("studio", "gpu"), Leg("fake", "default")


@pytest.fixture
def gate(monkeypatch, tmp_path):
    monkeypatch.setenv("FAKE_GATE", str(tmp_path / "gate"))
    return tmp_path / "gate"


def journal_of(gate):
    path = gate.with_name("journal")
    return path.read_text().splitlines() if path.exists() else []


async def remembering(world, job_id):
    job = await world.until(job_id, lambda job: job.memory and job.progress and job.progress.stage == "rendering")
    return job.memory


async def test_what_an_engine_remembers_is_kept_before_it_goes_on(world, gate):
    job_id = await world.submit()

    async with world.worker("Remembers"):
        memory = await remembering(world, job_id)
        gate.touch()
        job = await world.ended(job_id)

    assert memory == {"id": "far-1", "orders": 1}
    assert (job.state, job.memory) == (State.SUCCEEDED, memory)


async def test_a_worker_that_stops_leaves_what_was_ordered_and_the_next_one_goes_on_with_it(world, gate):
    job_id = await world.submit()

    async with world.worker("Remembers"):
        await remembering(world, job_id)
    assert (await world.job(job_id)).state is State.QUEUED
    async with world.worker("Remembers"):
        await world.until(job_id, lambda job: job.attempt == 2 and job.memory["orders"] == 2)
        gate.touch()
        await world.ended(job_id)

    journal = journal_of(gate)
    assert journal[2] == "leaves it there"
    assert journal[3].startswith("begins with {'id': 'far-1', 'orders': 1}")
    assert journal[0].split(", ")[-1] == journal[3].split(", ")[-1]
    assert job_id.removeprefix("req_") not in journal[0]


async def test_what_is_heard_while_a_worker_stops_is_remembered_yet(world):
    job_id = await world.submit()

    async with world.worker("HearsLate"):
        await world.rendering(job_id)

    job = await world.job(job_id)
    assert (job.state, job.memory) == (State.QUEUED, {"id": "far-2"})


async def test_a_cancel_is_passed_on_for_good(world, gate):
    job_id = await world.submit()

    async with world.worker("Remembers"):
        await remembering(world, job_id)
        await world.cancel(job_id)
        await world.eventually(lambda: _says(gate, "cancels there"))

    assert await world.balance() == Balance(FUNDS, 0)


async def test_an_order_outlives_a_stopped_worker_and_is_withdrawn_once_when_its_job_was_cancelled(world, gate):
    job_id = await world.submit(route=(STUDIO, HERE))
    async with world.worker("Orders", name="studio", pool="gpu"):
        await remembering(world, job_id)
    await world.cancel(job_id)

    async with world.worker("Orders", name="studio", pool="gpu"):
        await world.eventually(lambda: _says(gate, "withdraws far-3"))
        other = await world.submit(route=(STUDIO,))
        await remembering(world, other)
        await world.cancel(other)

    async with world.worker("Orders", name="studio", pool="gpu"):
        last = await world.submit(route=(STUDIO,))
        await remembering(world, last)

    assert journal_of(gate) == ["withdraws far-3"]
    assert (await world.job(job_id)).memory == {"id": "far-3", "state": "withdrawn"}


async def _says(gate, line):
    return line in journal_of(gate)


async def test_a_remote_engine_that_is_down_falls_back_without_being_tried_out(world, gate):
    gate.with_name("answer").write_text("The server does not answer.")
    world.settings = replace(world.settings, suspect_after=1)
    job_id = await world.submit(route=(STUDIO, HERE))

    async with world.worker("Remote", name="studio", pool="gpu"), world.worker():
        job = await world.ended(job_id)
        await world.eventually(lambda: _is_quarantined(world))

    assert (job.state, job.engine) == (State.SUCCEEDED, "fake")
    assert [(one.engine, one.code) for one in job.tried] == [("studio", "upstream_failed")]
    assert await world.balance() == Balance(FUNDS - PRICE, 0)


async def test_a_remote_engine_that_is_down_and_the_only_one_gives_its_job_back(world, gate):
    gate.with_name("answer").write_text("The server does not answer.")
    world.settings = replace(world.settings, suspect_after=1)
    job_id = await world.submit()

    async with world.worker("Remote"):
        await world.eventually(lambda: _is_quarantined(world))

    job = await world.job(job_id)
    assert (job.state, job.failures, job.tried) == (State.QUEUED, 0, ())


async def _is_quarantined(world):
    async with world.pool.connection() as conn:
        found = await workers.alive(conn)
    return any(each.reason and "does not answer" in each.reason for each in found)


async def test_spent_credits_are_unavailable_to_the_owner_and_an_alarm_to_the_operator(world, gate, caplog, capsys):
    world.settings = replace(world.settings, suspect_after=99)
    job_id = await world.submit()

    async with world.worker("Spent"):
        job = await world.ended(job_id)

    assert (job.state, job.failure.code) == (State.FAILED, "unavailable")
    assert "studio.dev" not in job.failure.message
    assert "The credits at studio.dev are spent" in capsys.readouterr().out + caplog.text
    assert await world.balance() == Balance(FUNDS, 0)


async def test_an_engine_is_made_with_its_options_and_its_key_and_gets_those_of_the_request(world, monkeypatch):
    monkeypatch.setenv("STUDIO_KEY", "sesame")
    job_id = await world.submit(engine_options={"steps": 4})

    async with world.worker("Configured", options={"base_url": "http://gpu"}, key_env="STUDIO_KEY"):
        job = await world.ended(job_id)

    ticket = job.sent.pop("ticket")
    assert job.sent == {"base_url": "http://gpu", "key": "sesame", "steps": 4, "environ": False}
    assert len(ticket) == 32


async def test_a_slot_for_each_job_at_a_time(world, gate):
    job_ids = [await world.submit() for _ in range(2)]

    async with world.worker("Gated", slots=2):
        for job_id in job_ids:
            await world.rendering(job_id)
        gate.touch()
        ended = [await world.ended(job_id) for job_id in job_ids]

    assert [job.state for job in ended] == [State.SUCCEEDED] * 2


def test_an_engine_that_was_written_for_another_protocol_is_refused():
    with pytest.raises(NotReady, match="speaks protocol 2; this Seedbed speaks 1"):
        load_engine("fake_engines:OfTomorrow")


def test_a_key_that_is_not_there_is_named_and_never_looked_for_elsewhere(tmp_path):
    spec = EngineSpec(name="studio", kind="ark", pool="studio", key_env="NO_SUCH_KEY")

    with pytest.raises(NotReady, match="'studio' needs its key in the environment variable NO_SUCH_KEY"):
        options_of(spec)
    with pytest.raises(NotReady, match="No such file"):
        options_of(replace(spec, key_env=None, key_file=str(tmp_path / "key")))
    (tmp_path / "key").write_text("sesame\n")
    assert options_of(replace(spec, key_env=None, key_file=str(tmp_path / "key"))) == {"key": "sesame"}
