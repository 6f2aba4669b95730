"""What the durable core promises, written a second time: plain dictionaries and the rules of core, no database.

The state machine asks this model first and PostgreSQL after, and both must say the same.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from seedbed.actions.submit import Order
from seedbed.core.credits import LEGS, Balance, Bucket, TransferKind, topup_for_test_mode
from seedbed.core.errors import (
    IdempotencyMismatch,
    JobFailure,
    NotCancellable,
    NotFound,
    QueueFull,
    WorkerLost,
)
from seedbed.core.fairness import correction_ms, estimate_ms, lane_weight, rank_at
from seedbed.core.job import Job, State, move
from seedbed.core.retry import job_backoff
from seedbed.store.accounts import MAX_SIGNING_SECRETS


@dataclass(frozen=True, slots=True)
class Tenant:
    account_id: int
    is_live: bool


@dataclass(frozen=True, slots=True)
class Secret:
    """It signs until it retires; None: it is the current one."""

    text: str
    retires_at: datetime | None


@dataclass(slots=True)
class Entry:
    job: Job
    number: int
    run_at: datetime
    lease_until: datetime | None = None

    @property
    def tenant(self) -> Tenant:
        return Tenant(self.job.account_id, self.job.is_live)

    @property
    def lane(self) -> tuple[Tenant, str]:
        return self.tenant, self.job.pool

    @property
    def rank(self) -> tuple[datetime, int]:
        return rank_at(self.job.created_at, priority=self.job.request.priority), self.number


@dataclass(slots=True)
class Model:
    running_limit: int
    queue_limit: int
    key_running_limits: dict[int, int] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)
    vtimes: dict[tuple[Tenant, str], int] = field(default_factory=dict)
    balances: dict[Tenant, Balance] = field(default_factory=lambda: defaultdict(Balance))
    buckets: dict[Bucket, int] = field(default_factory=lambda: defaultdict(int))
    resolutions: dict[str, list[TransferKind]] = field(default_factory=lambda: defaultdict(list))
    secrets: dict[Tenant, list[Secret]] = field(default_factory=lambda: defaultdict(list))
    answers: dict[tuple[Tenant, str], tuple[bytes, str, datetime]] = field(default_factory=dict)

    def give(self, tenant: Tenant, amount: int) -> Balance:
        self._transfer(tenant, TransferKind.TOPUP if amount > 0 else TransferKind.ADJUST, abs(amount))
        return self.balances[tenant]

    def submit(self, order: Order, at: datetime) -> tuple[str, bool]:
        """Return the job's id and whether it is a replay."""
        tenant = Tenant(order.account_id, order.is_live)
        said = order.idempotency and self.answers.get((tenant, order.idempotency.key))
        if said and said[2] > at:
            if said[0] != order.idempotency.digest:
                raise IdempotencyMismatch
            return said[1], True
        if self.count(State.QUEUED, tenant=tenant) >= self.queue_limit:
            raise QueueFull(limit_jobs=self.queue_limit, retry_after_s=1)
        limit = order.key_queue_limit_jobs
        if limit is not None and self.count(State.QUEUED, key=order.api_key_id) >= limit:
            raise QueueFull(limit_jobs=limit, retry_after_s=1)
        self._hold(tenant, order.price_credits)
        self._enter((tenant, order.pool))
        self.entries[order.job_id] = Entry(_new_job(order, at), len(self.entries), run_at=at)
        if order.idempotency:
            self.answers[tenant, order.idempotency.key] = (
                order.idempotency.digest,
                order.job_id,
                at + timedelta(days=7),
            )
        return order.job_id, False

    def claimable(self, pool: str, at: datetime) -> set[str]:
        """Return the ids of which a claim must give one: the best jobs of the lanes that have waited longest."""
        best: dict[tuple[Tenant, str], Entry] = {}
        for entry in sorted(self.entries.values(), key=lambda e: e.rank):
            is_due = entry.job.state is State.QUEUED and entry.run_at <= at < entry.job.deadline_at
            has_place = self.count(State.PROCESSING, lane=entry.lane) < self.running_limit
            if is_due and has_place and self.has_place_for_key(entry.job.api_key_id) and entry.job.pool == pool:
                best.setdefault(entry.lane, entry)
        least = min((self.vtimes[lane] for lane in best), default=0)
        return {entry.job.id for lane, entry in best.items() if self.vtimes[lane] == least}

    def claim(self, job_id: str, lease: timedelta, at: datetime) -> None:
        entry = self.entries[job_id]
        entry.job = move(entry.job, State.PROCESSING, at=at)
        entry.lease_until = at + lease
        self._charge(entry.lane, estimate_ms(entry.job.request))

    def has_place_for_key(self, key: int | None) -> bool:
        limit = None if key is None else self.key_running_limits.get(key)
        return limit is None or self.count(State.PROCESSING, key=key) < limit

    def beat(self, job_id: str, attempt: int, lease: timedelta, at: datetime) -> bool:
        entry = self._held(job_id, attempt)
        if entry:
            entry.lease_until = at + lease
        return entry is not None

    def finish(self, job_id: str, attempt: int, failure: JobFailure | None, at: datetime) -> State | None:
        entry = self._held(job_id, attempt)
        if entry is None:
            return None
        if failure is None:
            self._end(entry, State.SUCCEEDED, at)
        else:
            self._fail(entry, failure, at)
        return entry.job.state

    def hand_back(self, job_id: str, attempt: int, at: datetime) -> bool:
        entry = self._held(job_id, attempt)
        if entry:
            self._requeue(entry, at)
        return entry is not None

    def cancel(self, tenant: Tenant, job_id: str, at: datetime) -> None:
        entry = self.entries.get(job_id)
        if entry is None or entry.tenant != tenant:
            raise NotFound("")
        if entry.job.state is State.CANCELLED:
            return
        if entry.job.state.is_final:
            raise NotCancellable(entry.job.state)
        self._end(entry, State.CANCELLED, at)

    def reap(self, at: datetime) -> None:
        for entry in self.entries.values():
            if not entry.job.state.is_final and entry.job.deadline_at <= at:
                self._end(entry, State.FAILED, at)
            elif entry.lease_until and entry.lease_until <= at:
                self._fail(entry, WorkerLost(""), at)

    def rotate(self, tenant: Tenant, text: str, overlap: timedelta, at: datetime) -> list[Secret]:
        """Return the secrets that sign now: the new one, then those that retire, the last to retire first."""
        living = [known for known in self.secrets[tenant] if known.retires_at is None or known.retires_at > at]
        retiring = [Secret(known.text, min(known.retires_at or at + overlap, at + overlap)) for known in living]
        retiring.sort(key=lambda known: known.retires_at, reverse=True)
        self.secrets[tenant] = [Secret(text, None), *retiring]
        return [known for known in self.secrets[tenant] if known.retires_at != at][:MAX_SIGNING_SECRETS]

    def count(
        self,
        state: State,
        *,
        tenant: Tenant | None = None,
        lane: tuple[Tenant, str] | None = None,
        key: int | None = None,
    ) -> int:
        return sum(
            e.job.state is state
            and (tenant is None or e.tenant == tenant)
            and (lane is None or e.lane == lane)
            and (key is None or e.job.api_key_id == key)
            for e in self.entries.values()
        )

    def _held(self, job_id: str, attempt: int) -> Entry | None:
        entry = self.entries[job_id]
        is_held = entry.job.state is State.PROCESSING and entry.job.attempt == attempt
        return entry if is_held else None

    def _hold(self, tenant: Tenant, price: int) -> None:
        topup = 0 if tenant.is_live else topup_for_test_mode(self.balances[tenant], price)
        if topup:
            self._transfer(tenant, TransferKind.TOPUP, topup)
        if price:
            self._transfer(tenant, TransferKind.HOLD, price)

    def _transfer(self, tenant: Tenant, kind: TransferKind, amount: int) -> None:
        self.balances[tenant] = self.balances[tenant].after(kind, amount)
        self.buckets[LEGS[kind].source] -= amount
        self.buckets[LEGS[kind].target] += amount

    def _enter(self, lane: tuple[Tenant, str]) -> None:
        busy = [known for known in self.vtimes if known[1] == lane[1] and self._is_busy(known)]
        if lane not in busy:
            clock = min((self.vtimes[known] for known in busy), default=self._clock_elsewhere())
            self.vtimes[lane] = max(self.vtimes.get(lane, 0), clock)

    def _clock_elsewhere(self) -> int:
        busy = [vtime for lane, vtime in self.vtimes.items() if self._is_busy(lane)]
        return min(busy, default=max(self.vtimes.values(), default=0))

    def _is_busy(self, lane: tuple[Tenant, str]) -> bool:
        return self.count(State.QUEUED, lane=lane) + self.count(State.PROCESSING, lane=lane) > 0

    def _charge(self, lane: tuple[Tenant, str], engine_ms: int) -> None:
        """Like SQL, cut a quotient towards zero."""
        share_ms = abs(engine_ms) // lane_weight(is_live=lane[0].is_live)
        self.vtimes[lane] = max(0, self.vtimes[lane] + (share_ms if engine_ms > 0 else -share_ms))

    def _correct(self, entry: Entry, at: datetime) -> None:
        if entry.job.state is State.PROCESSING:
            estimated_ms = estimate_ms(entry.job.request)
            self._charge(entry.lane, correction_ms(estimate_ms=estimated_ms, took=at - entry.job.claimed_at))

    def _fail(self, entry: Entry, failure: JobFailure, at: datetime) -> None:
        kills = entry.job.kills + failure.costs_child
        entry.job = replace(entry.job, failures=entry.job.failures + 1, kills=kills)
        wait = job_backoff(entry.job.failures, kills=kills) if failure.is_retryable else None
        if wait is None:
            self._end(entry, State.FAILED, at)
        else:
            self._requeue(entry, at)
            entry.run_at = at + wait

    def _requeue(self, entry: Entry, at: datetime) -> None:
        self._correct(entry, at)
        entry.job = move(entry.job, State.QUEUED, at=at)
        entry.lease_until = None

    def _end(self, entry: Entry, to: State, at: datetime) -> None:
        self._correct(entry, at)
        entry.job = move(entry.job, to, at=at)
        entry.lease_until = None
        kind = TransferKind.CAPTURE if to is State.SUCCEEDED else TransferKind.RELEASE
        if entry.job.charged_credits:
            self._transfer(entry.tenant, kind, entry.job.charged_credits)
            self.resolutions[entry.job.id].append(kind)


def _new_job(order: Order, at: datetime) -> Job:
    request = order.accepted.request
    return Job(
        id=order.job_id,
        account_id=order.account_id,
        is_live=order.is_live,
        dialect=order.dialect,
        pool=order.pool,
        state=State.QUEUED,
        request=request,
        aspect_ratio=request.aspect_ratio,
        charged_credits=order.price_credits,
        api_key_id=order.api_key_id,
        created_at=at,
        deadline_at=at + timedelta(seconds=request.expires_after_s),
    )
