"""Estimates: what a clip costs an engine, and how long a queue takes."""

from __future__ import annotations

import pytest

from seedbed.core.fairness import estimate_ms, eta_s, jobs_ahead
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
        (0, [5], 1),  # one turn of the other may come first
        (2, [5, 1], 6),  # three turns of the long lane, the only one of the short
    ],
)
def test_other_lanes_take_turns(ahead_in_lane, others, expected):
    assert jobs_ahead(ahead_in_lane=ahead_in_lane, other_lanes_queued=others) == expected


@pytest.mark.parametrize(("ahead", "workers", "expected"), [(0, 1, 0), (3, 1, 9), (3, 0, 9), (4, 2, 6)])
def test_more_workers_shorten_the_wait(ahead, workers, expected):
    assert eta_s(ahead=ahead, typical_ms=3000, workers=workers) == expected
