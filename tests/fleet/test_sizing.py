"""How many workers a pool should have: tables of cases, and what holds for any history."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.core.fleet_sizing import (
    Decision,
    Demand,
    PoolSpec,
    Seat,
    SlotState,
    Supply,
    decide,
    free_numbers,
    may_go,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def pool(least: int = 0, most: int = 8, **more) -> PoolSpec:
    return PoolSpec(name="gpu", engine="wan", min_workers=least, max_workers=most, **more)


@pytest.mark.parametrize(
    ("spec", "demand", "supply", "workers"),
    [
        (pool(2, 2), Demand(), Supply(), 2),
        (pool(2, 2), Demand(queued=100, job_s=30), Supply(ready=2), 2),
        (pool(), Demand(), Supply(), 0),
        (pool(1), Demand(), Supply(), 1),
        (pool(keep_warm=True), Demand(), Supply(), 1),
        (pool(), Demand(queued=1), Supply(), 1),
        # 10 jobs of 30 s in 60 s: 5 workers, whose last job begins within the target
        (pool(), Demand(queued=10, job_s=30), Supply(), 5),
        (pool(slots=2), Demand(queued=10, job_s=30), Supply(), 3),
        (pool(), Demand(queued=1000, job_s=30), Supply(), 8),
        # without knowledge of a job each is taken to last as long as the target, so each wants a worker
        (pool(), Demand(queued=3), Supply(), 3),
        # no more workers than jobs, however long these take
        (pool(), Demand(queued=2, job_s=3600), Supply(), 2),
        (pool(), Demand(running=3), Supply(ready=3), 3),
        (pool(slots=2), Demand(running=3), Supply(ready=2), 2),
        # the estimate says one, but the oldest has waited too long: one more
        (pool(), Demand(queued=4, job_s=1, oldest_wait_s=61), Supply(ready=2), 3),
        # ... and not another one while that is on its way
        (pool(), Demand(queued=4, job_s=1, oldest_wait_s=61), Supply(ready=1, starting=1), 2),
    ],
)
def test_the_size_fits_what_there_is_to_do(spec: PoolSpec, demand: Demand, supply: Supply, workers: int) -> None:
    assert decide(spec, demand, supply, before=None, at=NOON).workers == workers


def test_a_pool_shrinks_only_after_its_cool_down() -> None:
    spec = pool(cool_down_s=300)
    busy = decide(spec, Demand(queued=5), Supply(), before=None, at=NOON)

    sizes, decision = [], busy
    for after_s in (1, 150, 299, 300):
        decision = decide(spec, Demand(), Supply(ready=5), before=decision, at=NOON + timedelta(seconds=after_s))
        sizes.append(decision.workers)

    assert sizes == [5, 5, 5, 0]


def test_a_new_leader_stops_nothing_at_once() -> None:
    decision = decide(pool(cool_down_s=300), Demand(), Supply(ready=4), before=None, at=NOON)

    assert decision.workers == 4
    assert decision.reason == "cools down from 4 to 0: nothing to do"


MOMENTS = st.tuples(
    st.integers(0, 40),  # queued
    st.integers(0, 8),  # running
    st.floats(0, 500),  # oldest wait
    st.none() | st.floats(0.1, 500),  # job
    st.integers(0, 8),  # ready
    st.integers(0, 3),  # starting
    st.floats(0.5, 200),  # seconds since the last look
)


@given(st.lists(MOMENTS, min_size=1, max_size=30), st.integers(0, 3), st.integers(0, 6), st.integers(1, 3))
def test_any_history_keeps_the_bounds_and_never_flaps(history, least: int, more: int, slots: int) -> None:
    spec = pool(least, least + more, cool_down_s=100, slots=slots)
    at, decision, peaks = NOON, None, []

    for queued, running, oldest_wait_s, job_s, ready, starting, later_s in history:
        at += timedelta(seconds=later_s)
        demand = Demand(queued=queued, running=running, oldest_wait_s=oldest_wait_s, job_s=job_s)
        decision = decide(spec, demand, Supply(ready=ready, starting=starting), before=decision, at=at)
        wanted = decision.wants[-1].workers
        peaks.append((at, wanted))

        assert spec.floor <= decision.workers <= spec.max_workers
        assert decision.workers >= min(1, spec.max_workers) or not queued
        assert decision.workers >= max(want for when, want in peaks if when > at - timedelta(seconds=100))
        assert len(decision.wants) <= spec.max_workers + 2


def test_a_decision_remembers_no_more_than_it_needs() -> None:
    decision = Decision(0, "")
    for second in range(1000):
        decision = decide(pool(), Demand(), Supply(), before=decision, at=NOON + timedelta(seconds=second))

    assert len(decision.wants) == 1


def seat(number: int, state: SlotState, *, is_busy: bool = False, up_s: float = 1000) -> Seat:
    since = None if state is SlotState.STARTING else NOON - timedelta(seconds=up_s)
    return Seat(slot=f"gpu-{number}", number=number, state=state, is_busy=is_busy, since=since)


def test_the_useless_go_first_then_the_idle_and_never_the_busy() -> None:
    seats = [
        seat(0, SlotState.READY),
        seat(1, SlotState.READY),
        seat(2, SlotState.READY, is_busy=True),
        seat(3, SlotState.STARTING),
        seat(4, SlotState.UNFIT),
    ]

    assert [gone.number for gone in may_go(pool(), seats, 9, at=NOON)] == [4, 3, 1, 0]
    assert [gone.number for gone in may_go(pool(), seats, 2, at=NOON)] == [4, 3]
    assert may_go(pool(), seats, -1, at=NOON) == []


def test_an_engine_that_was_just_loaded_stays() -> None:
    seats = [seat(0, SlotState.READY, up_s=59), seat(1, SlotState.READY, up_s=60)]

    assert [gone.number for gone in may_go(pool(min_residency_s=60), seats, 2, at=NOON)] == [1]


def test_new_slots_get_the_lowest_free_numbers() -> None:
    assert free_numbers([0, 2, 3], 3) == [1, 4, 5]
