"""The health of a slot: whose fault a failure was, when it is quarantined, and how long it waits."""

import asyncio

import pytest

from seedbed.core.engine import Stage
from seedbed.core.errors import (
    ContentRejected,
    EngineCrashed,
    EngineFailed,
    EngineKilledForMemory,
    MediaInvalid,
    StageOverran,
)
from seedbed.store.workers import WorkerState
from seedbed.worker.health import READY, Condition, Health, concerns_engine, overall

BAD = "its picture is green"


class Engine:
    """Answers self-tests as it is told to, one after the other; the last answer stays."""

    def __init__(self, *answers: str | None) -> None:
        self.answers = list(answers)
        self.tests = self.replaced = 0
        self.seen: list[WorkerState] = []

    def health(self, *, suspect_after: int = 2) -> Health:
        health = Health(
            self.test,
            self.replace,
            suspect_after=suspect_after,
            on_change=lambda: self.seen.append(health.condition.state),
        )
        return health

    async def test(self) -> str | None:
        self.tests += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    async def replace(self) -> None:
        self.replaced += 1


async def test_the_first_failure_counts_without_a_test():
    engine = Engine(BAD)

    assert not await engine.health().is_to_blame()
    assert engine.tests == 0


async def test_a_job_is_to_blame_if_the_slot_passes_the_test():
    engine = Engine(None)
    health = engine.health()

    assert [await health.is_to_blame() for _ in range(3)] == [False] * 3
    assert (engine.tests, engine.replaced, health.condition) == (2, 0, READY)


async def test_a_success_in_between_ends_the_suspicion():
    engine = Engine(BAD)
    health = engine.health()

    for _ in range(3):
        assert not await health.is_to_blame()
        health.worked()

    assert engine.tests == 0


async def test_a_slot_whose_new_process_fails_as_well_is_quarantined():
    engine = Engine(BAD)
    health = engine.health(suspect_after=1)

    assert await health.is_to_blame()
    assert health.condition == Condition(WorkerState.QUARANTINED, BAD)
    assert engine.replaced == 1
    assert engine.seen == ["testing", "ready", "testing", "ready", "quarantined"]


async def test_a_slot_whose_new_process_is_sound_works_on():
    engine = Engine(BAD, None)
    health = engine.health(suspect_after=1)

    assert await health.is_to_blame()
    assert (health.condition, health.wait_s) == (READY, 0)


async def test_a_job_that_spoils_every_process_runs_out_of_failures():
    engine = Engine(BAD, None, BAD, None, BAD, None)
    health = engine.health()

    assert [await health.is_to_blame() for _ in range(6)] == [False, True, False, True, False, True]


async def test_a_quarantined_slot_is_tested_with_growing_pauses_until_it_is_sound():
    engine = Engine(*[BAD] * 12, None)
    health = engine.health(suspect_after=1)
    await health.is_to_blame()

    pauses = []
    while not health.condition.is_ready:
        pauses.append(health.wait_s)
        await health.retest()

    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert health.wait_s == 0


async def test_jobs_that_fail_on_a_sound_slot_slow_it_down_a_little():
    health = Engine(None).health()
    pauses = []

    for _ in range(8):
        await health.is_to_blame()
        pauses.append(health.wait_s)

    assert pauses == [0, 1, 2, 4, 8, 10, 10, 10]


async def test_a_test_that_is_cancelled_leaves_the_slot_suspect():
    begun = asyncio.Event()

    async def hang() -> None:
        begun.set()
        await asyncio.sleep(600)

    engine = Engine(BAD)
    health = Health(hang, engine.replace, suspect_after=1, on_change=lambda: None)
    judging = asyncio.create_task(health.is_to_blame())
    await begun.wait()
    during = health.condition.state
    judging.cancel()
    await asyncio.gather(judging, return_exceptions=True)

    assert (during, health.condition) == (WorkerState.TESTING, READY)
    assert health.wait_s > 0


@pytest.mark.parametrize(
    ("failure", "concerns"),
    [
        (EngineFailed("x"), True),
        (EngineCrashed("x"), True),
        (EngineKilledForMemory("x"), True),
        (StageOverran(Stage.RENDERING, limit_s=1), True),
        (StageOverran(Stage.STORING, limit_s=1), False),
        (MediaInvalid("x", name="mediaUrls[0]"), False),
        (ContentRejected("x"), False),
    ],
)
def test_only_the_engines_own_failures_make_it_suspect(failure, concerns):
    assert concerns_engine(failure) is concerns


def test_a_worker_is_as_good_as_its_best_slot_and_tells_of_the_others():
    bad = Condition(WorkerState.QUARANTINED, BAD)

    assert overall([bad, READY, bad]) == Condition(WorkerState.READY, BAD)
    assert overall([bad, Condition(WorkerState.TESTING)]).state is WorkerState.TESTING
    assert overall([bad, bad]) == bad
