"""What a job is likely to cost an engine: the coin of fair share, and of the guess how long a queue will take.

A lane that was given expensive clips waits longer for its next turn than one that was given cheap ones. Only the ratio
of two estimates matters to fairness, so one figure serves all engines.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from seedbed.core.models import DEFAULT_ASPECT_RATIO
from seedbed.core.request import GenerationRequest
from seedbed.core.sizes import size_of
from seedbed.core.timeline import frame_count

# The embedded engine on two cores: about 3 s for 121 frames of 720p.
MS_PER_MEGAPIXEL = 27
QUEUE_FULL_RETRY_S = 10


def estimate_ms(request: GenerationRequest) -> int:
    """Return the engine time that a request is likely to take, at least 1 ms.

    A ratio that is not known yet counts as the default one: the areas of one resolution differ by a twentieth at most.
    """
    size = size_of(request.resolution, request.aspect_ratio or DEFAULT_ASPECT_RATIO)
    pixels = size.width_px * size.height_px * frame_count(request.duration_s)
    return max(1, round(pixels * MS_PER_MEGAPIXEL / 1_000_000))


def jobs_ahead(*, ahead_in_lane: int, other_lanes_queued: Sequence[int]) -> int:
    """Return how many jobs will be claimed before one that has `ahead_in_lane` before it in its own lane.

    Fair share serves lanes in turn: each other lane gets as many turns as ours until ours is up, or as many as it
    needs.
    """
    return ahead_in_lane + sum(min(queued, ahead_in_lane + 1) for queued in other_lanes_queued)


def eta_s(*, ahead: int, typical_ms: int, workers: int) -> int:
    """Return the seconds until a job with so many before it is likely to begin, with at least one worker assumed."""
    return math.ceil(ahead * typical_ms / 1000 / max(1, workers))
