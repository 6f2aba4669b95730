"""Times several ways of doing a thing by turns, so that whatever else the machine does falls on all of them alike."""

from __future__ import annotations

import os
import resource
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Cost:
    wall_s: float
    cpu_s: float


def cost_of(work: Callable[[], object]) -> Cost:
    """Run it once. Counts this process, its threads, and children that have ended."""
    wall, cpu = time.perf_counter(), _cpu_s()
    work()
    return Cost(time.perf_counter() - wall, _cpu_s() - cpu)


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def by_turns(ways: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[Cost]]:
    """Run all ways once unmeasured, then `rounds` times, each round in the other direction than the last."""
    for work in ways.values():
        work()
    costs: dict[str, list[Cost]] = {name: [] for name in ways}
    for n in range(rounds):
        for name in list(ways)[:: 1 if n % 2 == 0 else -1]:
            costs[name].append(cost_of(ways[name]))
    return costs


def medians(costs: Mapping[str, list[Cost]]) -> dict[str, Cost]:
    return {
        name: Cost(statistics.median(c.wall_s for c in each), statistics.median(c.cpu_s for c in each))
        for name, each in costs.items()
    }


def ratio(costs: Mapping[str, list[Cost]], above: str, below: str) -> float:
    """Return the median over the rounds of one way's time by another's in the same round."""
    pairs = zip(costs[above], costs[below], strict=True)
    return statistics.median(a.wall_s / b.wall_s for a, b in pairs)


def load() -> float:
    return os.getloadavg()[0]
