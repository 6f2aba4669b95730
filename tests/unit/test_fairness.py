"""What a clip costs an engine and its lane, whose turn it is, and how long a queue takes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.core.fairness import Rival, correction_ms, estimate_ms, eta_s, jobs_ahead, lane_weight, rank_at
from seedbed.core.request import GenerationRequest
from seedbed.core.sizes import AspectRatio, Resolution


def _estimate(**wishes):
    return estimate_ms(GenerationRequest(**{"model": "seedance-2.0", "prompt": "x", "seed": 1} | wishes))


def test_a_clip_costs_by_its_pixels_and_frames():
    assert _estimate() == 3011  # 1280 * 720 * 121 frames, 27 ms a million
    assert _estimate(duration_s=10) == pytest.approx(2 * _estimate(), rel=0.01)
    assert _estimate(resolution=Resolution.P1080) == pytest.approx(2.25 * _estimate(), rel=0.001)


@pytest.mark.parametrize("resolution", Resolution)
def test_the_ratio_hardly_matters(resolution):
    estimates = [_estimate(resolution=resolution, aspect_ratio=ratio) for ratio in (None, *AspectRatio)]

    assert max(estimates) <= 1.06 * min(estimates)


@pytest.mark.parametrize(
    ("ahead_in_lane", "others", "expected"),
    [
        (0, [], 0),  # alone and next
        (3, [], 3),
        (0, [Rival(5)], 1),  # one turn of the other may come first
        (2, [Rival(5), Rival(1)], 6),  # three turns of the long lane, the only one of the short
        (1, [Rival(50, Fraction(4))], 9),  # a live lane has four turns for each of a test lane
        (4, [Rival(50, Fraction(1, 4))], 6),
    ],
)
def test_other_lanes_take_turns(ahead_in_lane, others, expected):
    assert jobs_ahead(ahead_in_lane=ahead_in_lane, rivals=others) == expected


@pytest.mark.parametrize(("ahead", "workers", "expected"), [(0, 1, 0), (3, 1, 9), (3, 0, 9), (4, 2, 6)])
def test_more_workers_shorten_the_wait(ahead, workers, expected):
    assert eta_s(ahead=ahead, typical_ms=3000, workers=workers) == expected


@pytest.mark.parametrize(
    ("took_s", "charged_ms"),
    [(3, 3000), (1, 1000), (0, 0), (12, 12_000), (13, 12_000), (86_400, 12_000), (-5, 0)],
    ids=["as estimated", "sooner", "at once", "four times", "a little more", "frozen for a day", "a clock set back"],
)
def test_a_lane_is_charged_what_an_attempt_took_within_bounds(took_s, charged_ms):
    assert 3000 + correction_ms(estimate_ms=3000, took=timedelta(seconds=took_s)) == charged_ms


@given(st.integers(1, 10**7), st.timedeltas(timedelta(-1), timedelta(9)), st.timedeltas(timedelta(0), timedelta(9)))
def test_a_longer_attempt_is_never_charged_less(estimate, took, longer):
    assert correction_ms(estimate_ms=estimate, took=took) <= correction_ms(estimate_ms=estimate, took=took + longer)


NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(("later", "comes_first"), [(timedelta(minutes=89), True), (timedelta(minutes=91), False)])
def test_the_highest_priority_overtakes_what_came_up_to_ninety_minutes_before(later, comes_first):
    assert (rank_at(NOON + later, priority=9) < rank_at(NOON, priority=0)) is comes_first


def test_among_equals_the_earlier_comes_first():
    assert rank_at(NOON, priority=3) < rank_at(NOON + timedelta(microseconds=1), priority=3)


def test_test_mode_gets_a_share_and_the_smaller_one():
    assert 0 < lane_weight(is_live=False) < lane_weight(is_live=True)


def test_where_no_worker_is_the_load_of_its_engine_comes_first() -> None:
    assert eta_s(ahead=0, typical_ms=30_000, workers=0, load_ms=95_500) == 96
    assert eta_s(ahead=2, typical_ms=30_000, workers=0, load_ms=95_500) == 156
    assert eta_s(ahead=2, typical_ms=30_000, workers=1, load_ms=95_500) == 60
