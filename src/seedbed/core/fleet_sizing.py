"""How many workers a pool should have, and which of those that it has may go.

Growing is immediate, shrinking is slow: a pool keeps the most workers that were wanted at any time of its cool-down. So
a load that comes and goes costs idle workers, and never a load of the model for each wave.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

TARGET_WAIT_S = 60.0
COOL_DOWN_S = 300.0
MIN_RESIDENCY_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolSpec:
    """What the operator says of a pool. With `min_workers` equal to `max_workers` its size is fixed.

    `gpus`, `cpus` and `resources` are what one worker takes of a machine, for those who place workers on machines.
    """

    name: str
    engine: str
    min_workers: int
    max_workers: int
    target_wait_s: float = TARGET_WAIT_S  # how long a job may wait before it begins
    cool_down_s: float = COOL_DOWN_S
    min_residency_s: float = MIN_RESIDENCY_S  # an engine that was just loaded stays at least so long
    keep_warm: bool = False  # never without a worker, whatever `min_workers` says
    slots: int = 1  # jobs that one worker makes at a time
    gpus: float = 0.0
    cpus: float = 1.0
    resources: dict[str, float] = field(default_factory=dict)

    @property
    def floor(self) -> int:
        return max(self.min_workers, 1 if self.keep_warm else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What a pool has to do. `job_s` is what one of its last jobs took; None: none has ended yet."""

    queued: int = 0  # that more workers could begin
    running: int = 0
    waiting: int = 0  # all that are queued, those too that wait for a place under their account's limit
    oldest_wait_s: float = 0.0
    job_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """Workers that are sound, and may take jobs, and workers that are on their way."""

    ready: int = 0
    starting: int = 0


@dataclass(frozen=True, slots=True)
class Want:
    at: datetime
    workers: int


@dataclass(frozen=True, slots=True)
class Decision:
    """`workers` is the size that the pool should have. `wants` is the memory that the next decision needs."""

    workers: int
    reason: str
    wants: tuple[Want, ...] = ()


def decide(spec: PoolSpec, demand: Demand, supply: Supply, *, before: Decision | None, at: datetime) -> Decision:
    """Return how many workers the pool should have from now on.

    Always within its floor and `max_workers`. At least one if work waits and any is allowed. Never fewer than were
    wanted at any time within `cool_down_s`. Who decides for the first time takes what is there for wanted, so that a
    new leader stops nothing at once.
    """
    wanted, reason = _wanted(spec, demand, supply)
    there = Want(at, _within(spec, supply.ready + supply.starting))
    wants = _remembered((there,) if before is None else before.wants, Want(at, wanted), cool_down_s=spec.cool_down_s)
    most = _within(spec, max(want.workers for want in wants))
    return Decision(most, reason if most == wanted else f"cools down from {most} to {wanted}: {reason}", wants)


def _wanted(spec: PoolSpec, demand: Demand, supply: Supply) -> tuple[int, str]:
    if spec.floor >= spec.max_workers:
        return spec.max_workers, "fixed"
    jobs = demand.queued + demand.running
    if jobs == 0:
        return spec.floor, "nothing to do"
    busy = math.ceil(demand.running / spec.slots)
    enough = max(1, busy, _for_the_queue(spec, demand))
    reason = f"{demand.queued} waiting, {demand.running} being made"
    if demand.queued and demand.oldest_wait_s > spec.target_wait_s and supply.starting == 0:
        # The estimate was too hopeful, as the wait shows. One more at a time, each after the last has come.
        enough = max(enough, supply.ready + 1)
        reason = f"{reason}, the oldest for {demand.oldest_wait_s:.0f} s"
    useful = math.ceil(jobs / spec.slots)
    return _within(spec, min(enough, useful)), reason


def _for_the_queue(spec: PoolSpec, demand: Demand) -> int:
    """Return how many workers begin all that waits within the wait that is aimed at."""
    job_s = spec.target_wait_s if demand.job_s is None else demand.job_s
    return math.ceil(demand.queued * job_s / (spec.target_wait_s * spec.slots))


def _within(spec: PoolSpec, workers: int) -> int:
    return min(max(workers, spec.floor), spec.max_workers)


def _remembered(wants: Sequence[Want], now: Want, *, cool_down_s: float) -> tuple[Want, ...]:
    """Return the wants that can still matter: those within the cool-down for which nothing larger came later."""
    since = now.at - timedelta(seconds=cool_down_s)
    return (*(want for want in wants if want.at > since and want.workers > now.workers), now)


class SlotState(StrEnum):
    STARTING = "starting"  # its process or its engine is not there yet
    READY = "ready"
    UNFIT = "unfit"  # quarantined, or on a drained host: it takes no jobs
    LEAVING = "leaving"  # told to take no more jobs, because the pool shrinks


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """One slot of a pool, as it is seen. `since` is when its worker came; None: it has not."""

    slot: str
    number: int
    state: SlotState
    is_busy: bool = False
    since: datetime | None = None


def may_go(spec: PoolSpec, seats: Sequence[Seat], surplus: int, *, at: datetime) -> list[Seat]:
    """Return the seats to give up, at most `surplus`: first what is of no use, then what is idle, the last come first.

    One with a job in hand stays until it is idle, and an engine that was just loaded for `min_residency_s`.
    """
    resident = at - timedelta(seconds=spec.min_residency_s)
    free = [
        seat
        for seat in seats
        if not seat.is_busy and (seat.state is not SlotState.READY or _came(seat, at) <= resident)
    ]
    order = (SlotState.LEAVING, SlotState.UNFIT, SlotState.STARTING, SlotState.READY)
    free.sort(key=lambda seat: (order.index(seat.state), -seat.number))
    return free[: max(0, surplus)]


def _came(seat: Seat, at: datetime) -> datetime:
    return at if seat.since is None else seat.since


def free_numbers(taken: Sequence[int], count: int) -> list[int]:
    """Return so many numbers for new slots, the lowest that are free."""
    numbers: list[int] = []
    number = 0
    while len(numbers) < count:
        if number not in taken:
            numbers.append(number)
        number += 1
    return numbers
