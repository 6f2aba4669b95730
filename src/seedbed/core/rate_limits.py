"""How much a key may take of something in a window of time, as arithmetic on one moment for each key and policy.

A quota fills again steadily, not at the stroke of a window, so there is no stroke to wait for in a crowd. All that must
be remembered is how long it takes until everything that was taken is free again: each unit adds its share of the
window, and what would go beyond the window is refused and takes nothing. Over any stretch of time a key gets its quota
once, and besides what fills again in that time. Source: the generic cell rate algorithm, ITU-T I.371.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from seedbed.core.accounts import MAX_CREDITS
from seedbed.core.errors import InvalidRequest, NotReady, RateLimited

MICROSECOND = timedelta(microseconds=1)
SECOND = timedelta(seconds=1)
MAX_COUNT = 1_000_000_000  # of requests or jobs in a key's limits: more is no limit
MAX_UPLOAD_BYTES = 10**15


class Policy(StrEnum):
    """What is counted. The values are the names of the policies in the RateLimit fields."""

    REQUESTS = "requests"  # with a key, whatever their answer, results apart
    CANCELS = "cancels"  # of jobs that are being processed: each of them has already cost engine time
    UPLOADS = "upload-bytes"  # bodies of uploads, and `data:` URIs
    QUEUE = "queue"  # jobs that wait: a count, not a rate; the queue itself keeps it


WORDS = {
    Policy.REQUESTS: "requests",
    Policy.CANCELS: "cancels of jobs that were being processed",
    Policy.UPLOADS: "uploaded bytes",
}


@dataclass(frozen=True, slots=True)
class Quota:
    """So many units in a window. Raises NotReady if that is none."""

    policy: Policy
    limit: int
    window: timedelta

    def __post_init__(self) -> None:
        if self.limit < 1:
            raise NotReady(f"The limit for {self.policy} is {self.limit}; it must be at least 1.")

    def cost(self, units: int) -> timedelta:
        """Return how long so many units take to be free again. Rounded down, so that the last unit always fits."""
        return self.window // MICROSECOND * units // self.limit * MICROSECOND


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a key has of a quota now. `taken` is how long it takes until all of the quota is free again."""

    quota: Quota
    taken: timedelta = timedelta(0)
    was_refused: bool = False

    @property
    def remaining(self) -> int:
        """Return how many units could be taken at this moment."""
        # In whole microseconds: a time span times a limit of bytes is more than a timedelta holds.
        left_us = max(self.quota.window - self.taken, timedelta(0)) // MICROSECOND
        return left_us * self.quota.limit // (self.quota.window // MICROSECOND)

    @property
    def full_after_s(self) -> int:
        """Return the seconds until the whole quota is there again."""
        return _seconds(self.taken)

    def retry_after_s(self, units: int = 1) -> int:
        """Return the seconds until so many units may be taken, at least 1."""
        return max(1, _seconds(self.taken + self.quota.cost(units) - self.quota.window))

    def refusal(self, units: int = 1) -> RateLimited:
        """Return how somebody is told that so many units were too much."""
        policy = self.quota.policy
        return RateLimited(retry_after_s=self.retry_after_s(units), policy=policy, what=WORDS[policy])

    def take(self, units: int) -> Allowance:
        """Return what is left after taking so many units, or the same, refused. The store says this in SQL."""
        taken = self.taken + self.quota.cost(units)
        if taken > self.quota.window:
            return Allowance(self.quota, self.taken, was_refused=True)
        return Allowance(self.quota, taken)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLimits:
    """What one key may do, where that differs from what the service allows to each. None: as the service says."""

    requests_per_minute: int | None = None
    upload_bytes_per_day: int | None = None
    queued_jobs: int | None = None
    running_jobs: int | None = None
    monthly_cap_credits: int | None = None  # what it may charge in a month of UTC

    def check(self) -> None:
        """Raises InvalidRequest, naming the field as callers know it, for a limit that allows nothing or everything."""
        for name, limit, most in (
            ("requestsPerMinute", self.requests_per_minute, MAX_COUNT),
            ("uploadBytesPerDay", self.upload_bytes_per_day, MAX_UPLOAD_BYTES),
            ("queuedJobs", self.queued_jobs, MAX_COUNT),
            ("runningJobs", self.running_jobs, MAX_COUNT),
            ("monthlyCapCredits", self.monthly_cap_credits, MAX_CREDITS),
        ):
            if limit is not None and not 1 <= limit <= most:
                raise InvalidRequest(f"{name} must be from 1 to {most}; got {limit}.", param=name)


NO_LIMITS = KeyLimits()


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimits:
    """What the service allows to each key that has no limits of its own. Raises NotReady if that is nothing."""

    requests_per_minute: int = 600
    cancels_per_minute: int = 30
    upload_bytes_per_day: int = 10_000_000_000

    def __post_init__(self) -> None:
        for quota in (self.requests, self.cancels, self.uploads):
            quota()

    def requests(self, own: KeyLimits = NO_LIMITS) -> Quota:
        return Quota(Policy.REQUESTS, own.requests_per_minute or self.requests_per_minute, timedelta(minutes=1))

    def cancels(self) -> Quota:
        return Quota(Policy.CANCELS, self.cancels_per_minute, timedelta(minutes=1))

    def uploads(self, own: KeyLimits = NO_LIMITS) -> Quota:
        return Quota(Policy.UPLOADS, own.upload_bytes_per_day or self.upload_bytes_per_day, timedelta(days=1))


def _seconds(span: timedelta) -> int:
    """Round up to whole seconds."""
    return -(-span // SECOND)
