"""The lease: beats while all is well, and the three ways to lose it."""

import asyncio

import pytest
from workbench import WAIT_S

from seedbed.core.engine import Stage
from seedbed.core.errors import Unavailable
from seedbed.worker.lease import Lease, Loss


class Database:
    """Answers beats as it is told to: True, False, or an outage (None)."""

    def __init__(self, *answers: bool | None) -> None:
        self.answers = list(answers)
        self.beats: list[tuple[Stage, float]] = []
        self.heard = asyncio.Event()

    async def beat(self, stage: Stage, fraction: float) -> bool:
        self.beats.append((stage, fraction))
        self.heard.set()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer is None:
            raise Unavailable("away")
        return answer


async def loss_of(lease: Lease) -> Loss:
    async with asyncio.timeout(WAIT_S):
        return await lease.keep()


async def test_a_beat_without_a_row_ends_the_job():
    assert await loss_of(Lease(Database(True, False).beat, lease_s=0.3)) is Loss.GONE


async def test_a_database_that_stays_away_ends_the_job():
    database = Database(True, None)

    assert await loss_of(Lease(database.beat, lease_s=0.3)) is Loss.UNHEARD
    assert len(database.beats) > 2


async def test_a_short_outage_is_ridden_out():
    database = Database(True, None, None, True, False)

    assert await loss_of(Lease(database.beat, lease_s=2)) is Loss.GONE
    assert len(database.beats) == 5


async def test_a_database_that_never_answers_counts_as_away():
    async def hang(_stage, _fraction):
        await asyncio.sleep(3600)

    assert await loss_of(Lease(hang, lease_s=0.3)) is Loss.UNHEARD


async def test_a_beat_that_takes_long_to_be_cancelled_does_not_hold_up_the_end():
    is_over, has_ended = asyncio.Event(), asyncio.Event()

    async def lead_nowhere(_stage, _fraction):
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            await is_over.wait()
            has_ended.set()
            raise

    assert await loss_of(Lease(lead_nowhere, lease_s=0.3)) is Loss.UNHEARD

    is_over.set()
    async with asyncio.timeout(WAIT_S):
        await has_ended.wait()


async def test_word_of_a_cancel_makes_the_beat_come_at_once():
    database = Database(True, False)
    lease = Lease(database.beat, lease_s=36_000)
    keeping = asyncio.create_task(loss_of(lease))
    await database.heard.wait()

    lease.look()

    assert await keeping is Loss.GONE


async def test_progress_is_told_soon_and_only_the_newest():
    database = Database(True)
    lease = Lease(database.beat, lease_s=36_000)
    keeping = asyncio.create_task(lease.keep())
    await database.heard.wait()
    database.heard.clear()

    for percent in range(100):
        lease.report(Stage.RENDERING, percent / 100)
    async with asyncio.timeout(WAIT_S):
        await database.heard.wait()
    keeping.cancel()

    assert database.beats == [(Stage.FETCHING, 0.0), (Stage.RENDERING, 0.99)]


@pytest.mark.parametrize("stage", list(Stage))
async def test_every_stage_can_be_told(stage):
    database = Database(False)
    lease = Lease(database.beat, lease_s=10)
    lease.report(stage, 0.5)

    await loss_of(lease)

    assert database.beats == [(stage, 0.5)]
