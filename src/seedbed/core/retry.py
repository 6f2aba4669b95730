"""When to try again: pure tables and functions of what happened so far, with chance passed in.

Sources: CONTRACT 1.11 (webhooks), ARCHITECTURE "State" (jobs).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from seedbed.core.errors import JobFailure
from seedbed.core.job import Job
from seedbed.core.remote_order import is_open

MAX_JOB_FAILURES = 3
MAX_JOB_KILLS = 2
PASS_ON_AFTER_S = 30.0  # how long a job waits for an engine that nobody serves, if its route has another one
PASS_ON_FROM_FLEET_S = 600.0  # ... while a fleet starts a worker of that engine, whose model may take long to load
JOB_BACKOFF_BASE = timedelta(seconds=2)
JOB_BACKOFF_CAP = timedelta(minutes=10)

# The wait before each attempt, counted from the attempt before. The first attempt is at once.
WEBHOOK_WAITS = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
# Three tries, and then the receiver has to ask for the task itself.
ARK_CALLBACK_WAITS = (timedelta(0), timedelta(seconds=5), timedelta(seconds=15))
WEBHOOK_JITTER = 0.1
WEBHOOK_RETRY_AFTER_CAP = timedelta(hours=24)


def job_backoff(failures: int, *, kills: int = 0) -> timedelta | None:
    """Return how long a job waits after its n-th failure (1-based), or None if it has failed for good.

    `kills` counts those that cost an engine its process: after two, the fault is taken to be the job's.
    """
    if failures >= MAX_JOB_FAILURES or kills >= MAX_JOB_KILLS:
        return None
    growth: int = 4 ** (failures - 1)
    return min(JOB_BACKOFF_CAP, JOB_BACKOFF_BASE * growth)


@dataclass(frozen=True, slots=True)
class Again:
    """A job is tried again: after this wait, by the engine at that place of its route, with what it failed there."""

    leg: int
    wait: timedelta
    failures: int
    kills: int


def after_failure(job: Job, failure: JobFailure) -> Again | None:
    """Return how a processing job goes on after a failure, or None if it has failed for good.

    The next engine of its route is better than the same once more; only the last one is tried again and again. But
    while a remote service may have the job's order, nobody else is given it: it would be made, and billed, twice.
    """
    if failure.may_fall_back and job.leg + 1 < len(job.route) and not is_open(job.memory):
        return Again(job.leg + 1, timedelta(0), failures=0, kills=0)
    failures, kills = job.failures + 1, job.kills + failure.costs_child
    wait = job_backoff(failures, kills=kills) if failure.is_retryable else None
    return None if wait is None else Again(job.leg, wait, failures, kills)


def webhook_wait(
    attempts: int,
    *,
    chance: float,
    retry_after: timedelta | None = None,
    waits: Sequence[timedelta] = WEBHOOK_WAITS,
) -> timedelta | None:
    """Return the wait after that many failed attempts (>= 1), or None if there is none left.

    `chance` in 0..1 spreads the wait by up to a tenth, so that a receiver that comes back is not hit by all at once.
    A receiver's Retry-After lengthens the wait up to a day, and never shortens it.
    """
    if attempts >= len(waits):
        return None
    wait = waits[attempts] * (1 + WEBHOOK_JITTER * chance)
    return max(wait, min(retry_after or timedelta(0), WEBHOOK_RETRY_AFTER_CAP))
