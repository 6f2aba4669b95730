"""Work done many times by several at once, and how long each took."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field


@dataclass
class Samples:
    """What was measured in one or in several rounds. A round is as long as its slowest worker."""

    rounds_ms: list[list[float]] = field(default_factory=list)
    walls_s: list[float] = field(default_factory=list)

    def add(self, other: Samples) -> None:
        self.rounds_ms += other.rounds_ms
        self.walls_s += other.walls_s

    def figures(self) -> dict[str, float]:
        """Return the medians over the rounds: a round that something else disturbed decides nothing."""
        rates = [len(times) / wall for times, wall in zip(self.rounds_ms, self.walls_s, strict=True)]
        return {
            "per_s": round(statistics.median(rates), 1),
            "p50_ms": round(statistics.median(cut(times, 50) for times in self.rounds_ms), 2),
            "p99_ms": round(statistics.median(cut(times, 99) for times in self.rounds_ms), 2),
            "p99_least_ms": round(min(cut(times, 99) for times in self.rounds_ms), 2),
            "samples": sum(map(len, self.rounds_ms)),
        }


def cut(times: list[float], percent: int) -> float:
    return statistics.quantiles(times, n=100, method="inclusive")[percent - 1] if len(times) > 1 else times[0]


async def repeated(work: Callable[[], Awaitable[object]], *, times: int, at_once: int) -> Samples:
    """Do it so many times, several at once."""
    left, took_ms = iter(range(times)), list[float]()

    async def one_after_the_other() -> None:
        for _ in left:
            began_s = time.perf_counter()
            await work()
            took_ms.append(1000 * (time.perf_counter() - began_s))

    began_s = time.perf_counter()
    await asyncio.gather(*(one_after_the_other() for _ in range(at_once)))
    return Samples([took_ms], [time.perf_counter() - began_s])
