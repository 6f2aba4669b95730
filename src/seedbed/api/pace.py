"""Counts how often somebody did something lately, and refuses what is too much.

The count is this process's own: with several API processes the limit holds for each of them.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Hashable

from seedbed.core.errors import RateLimited

MAX_SUBJECTS = 10_000


class Pace:
    """At most `limit` times in any window of `window_s` seconds, for each subject."""

    def __init__(self, *, limit: int, window_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._window_s = window_s
        self._clock = clock
        self._taken: dict[Hashable, deque[float]] = {}

    def take(self, subject: Hashable) -> None:
        """Count one more. Raises RateLimited, and then counts nothing."""
        now_s = self._clock()
        self._forget(now_s)
        moments = self._taken.setdefault(subject, deque())
        while moments and moments[0] <= now_s - self._window_s:
            moments.popleft()
        if len(moments) >= self._limit:
            raise RateLimited(retry_after_s=max(1, math.ceil(moments[0] + self._window_s - now_s)))
        moments.append(now_s)

    def _forget(self, now_s: float) -> None:
        """Drop subjects whose window is over, once there are many, so that memory stays bounded."""
        if len(self._taken) >= MAX_SUBJECTS:
            over = [subject for subject, moments in self._taken.items() if moments[-1] <= now_s - self._window_s]
            for subject in over:
                del self._taken[subject]
