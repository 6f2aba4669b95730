"""Measures how long an attempt is at each stage, while what it reports goes on to its lease."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from seedbed.core.engine import Stage
from seedbed.core.job import Spent
from seedbed.worker.host import OnReport


class Stopwatch:
    """Runs from the first report on. `now_s` is a clock that never goes back; by default the loop's."""

    def __init__(self, on_report: OnReport, *, now_s: Callable[[], float] | None = None) -> None:
        self._on_report = on_report
        self._now_s = now_s or asyncio.get_running_loop().time
        self._spent_s: dict[Stage, float] = {}
        self._stage: Stage | None = None
        self._since_s = 0.0

    def report(self, stage: Stage, fraction: float) -> None:
        if stage is not self._stage:
            self._turn_to(stage)
        self._on_report(stage, fraction)

    def spent(self) -> tuple[Spent, ...]:
        """Return what every stage took so far, in the order in which they began. One that came back is there once."""
        self._turn_to(self._stage)
        return tuple(Spent(stage, round(spent_s * 1000)) for stage, spent_s in self._spent_s.items())

    def _turn_to(self, stage: Stage | None) -> None:
        now_s = self._now_s()
        if self._stage is not None:
            self._spent_s[self._stage] += now_s - self._since_s
        if stage is not None:
            self._spent_s.setdefault(stage, 0.0)
        self._stage, self._since_s = stage, now_s
