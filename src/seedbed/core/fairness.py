"""Whose turn it is: what a lane is charged for engine time, the rank of a job in it, and the guess how long one waits.

Between lanes, the one that was given the least engine time is served next. It is charged the estimate when a job is
claimed and the truth when the attempt is over. Only the ratio of two estimates matters, so one figure serves all
engines. Inside a lane, priority is a head start and no privilege: a job that has waited longer overtakes it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from seedbed.core.models import DEFAULT_ASPECT_RATIO
from seedbed.core.request import GenerationRequest
from seedbed.core.sizes import size_of
from seedbed.core.timeline import frame_count

# The embedded engine on two cores: about 3 s for 121 frames of 720p.
MS_PER_MEGAPIXEL = 27
QUEUE_FULL_RETRY_S = 10
# A frozen worker may hold a job for as long as its lease lives, again and again: its lane must not pay for all of that.
MOST_ESTIMATES = 4
PRIORITY_WORTH = timedelta(minutes=10)
# A flexible job is asked for at half the price and waits for all others: those that come within a day after it, too.
FLEXIBLE_DELAY = timedelta(days=1)
# Test mode costs its owner nothing. Against as many live lanes it gets a fifth of the engines, and is never starved.
LIVE_WEIGHT = 4
TEST_WEIGHT = 1


def estimate_ms(request: GenerationRequest) -> int:
    """Return the engine time that a request is likely to take, at least 1 ms.

    A ratio that is not known yet counts as the default one: the areas of one resolution differ by a twentieth at most.
    """
    size = size_of(request.resolution, request.aspect_ratio or DEFAULT_ASPECT_RATIO)
    pixels = size.width_px * size.height_px * frame_count(request.duration_s)
    return max(1, round(pixels * MS_PER_MEGAPIXEL / 1_000_000))


def correction_ms(*, estimate_ms: int, took: timedelta) -> int:
    """Return what a lane is charged on top of the estimate (below zero: given back) once an attempt is over.

    The whole charge is the time from claim to end, at least nothing and at most four estimates.
    """
    taken_ms = took // timedelta(milliseconds=1)
    return min(max(0, taken_ms), MOST_ESTIMATES * estimate_ms) - estimate_ms


def rank_at(created_at: datetime, *, priority: int, is_flexible: bool = False) -> datetime:
    """Return the moment by which a job is ordered in its lane, the earliest first: each step is worth ten minutes.

    It never changes, and so it ages: a job of priority 0 comes before every one of priority 9 that is submitted more
    than ninety minutes after it. That of a flexible job lies in the future until it has waited for a day, and until
    then its lane is served after all others.
    """
    return created_at - priority * PRIORITY_WORTH + (FLEXIBLE_DELAY if is_flexible else timedelta(0))


def lane_weight(*, is_live: bool) -> int:
    """Return how much engine time a lane may take for each unit that it is charged."""
    return LIVE_WEIGHT if is_live else TEST_WEIGHT


@dataclass(frozen=True, slots=True)
class Rival:
    """Another lane with jobs waiting; `weight` is that of lane_weight, over the weight of our own.

    `count` lanes stand alike: asked for all of them at once, the answer comes sooner.
    """

    queued: int
    weight: Fraction = Fraction(1)
    count: int = 1


def jobs_ahead(*, ahead_in_lane: int, rivals: Sequence[Rival]) -> int:
    """Return how many jobs will be claimed before one that has `ahead_in_lane` before it in its own lane.

    Fair share serves lanes in turn: each other lane gets as many turns as ours, by its weight, until ours is up, or as
    many as it needs.
    """
    return ahead_in_lane + sum(r.count * min(r.queued, math.ceil((ahead_in_lane + 1) * r.weight)) for r in rivals)


def eta_s(*, ahead: int, typical_ms: int, workers: int, load_ms: int = 0) -> int:
    """Return the seconds until a job with so many before it is likely to begin, with at least one worker assumed.

    If there is none, its engine must be loaded first, which last took `load_ms`.
    """
    return math.ceil((ahead * typical_ms / max(1, workers) + (0 if workers else load_ms)) / 1000)
