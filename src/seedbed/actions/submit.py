"""Accept a priced request: the job, its hold, its place in the queue and its stored answer, in one commit.

Does not wake a worker: that is `wake`, after the commit, because a NOTIFY inside it would serialise all submits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from seedbed.core.credits import Purse, check_cap, month_of
from seedbed.core.errors import InvalidRequest, QueueFull, Unavailable
from seedbed.core.fairness import QUEUE_FULL_RETRY_S, estimate_ms
from seedbed.core.job import Job, Leg, State
from seedbed.core.rehearsal import Rehearsal, rehearse
from seedbed.core.request import Accepted
from seedbed.core.urls import ASSET_SCHEME
from seedbed.store import assets, idempotency, jobs, kept_references, lanes, ledger, spending
from seedbed.store.database import Connection, moment
from seedbed.store.idempotency import IdempotencyClaim, StoredAnswer
from seedbed.store.lanes import lane_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An accepted request with everything that was decided about it. `job_id` comes from `make_job_id`."""

    account_id: int
    is_live: bool
    dialect: str
    accepted: Accepted
    price_credits: int
    pool: str  # of the first engine of the route
    job_id: str
    idempotency: IdempotencyClaim | None = None
    queue_limit_jobs: int
    running_limit_jobs: int
    api_key_id: int | None = None
    test_queue_s: int = 0  # how long a test-mode job stays in the queue, at least
    key_queue_limit_jobs: int | None = None  # None: only the account's. The key's running limit is read at the claim
    key_cap_credits: int | None = None  # what the key may charge in a month; None: as much as the account has
    is_unlimited: bool = False  # the account is given what it cannot pay
    route: tuple[Leg, ...] = ()  # the engines that take the request, in order; none: whichever the pool has
    rerun_of: str | None = None  # a job with the same references in the same order: what is kept of them is used


@dataclass(frozen=True, slots=True)
class Submitted:
    """`answer` is the body to send, if the request bore an Idempotency-Key: the first one's, byte for byte."""

    job: Job
    is_replay: bool
    answer: StoredAnswer | None


async def submit(
    conn: Connection, order: Order, *, answer_of: Callable[[Job], bytes], at: datetime | None = None
) -> Submitted:
    """Create the job, or return the one that the same Idempotency-Key created before.

    Raises InsufficientCredits, SpendingCapReached, QueueFull, IdempotencyMismatch, IdempotencyInFlight, InvalidRequest
    for an asset that is not the account's, and in test mode whatever the prompt asks for. Nothing is stored then.
    """
    async with conn.transaction():
        now = await moment(conn, at)
        replayed = await _replay(conn, order, at=now)
        if replayed:
            return replayed
        rehearsal = _rehearsed(order)
        job = _new_job(order, rehearsal, at=now)
        await _enter_lane(conn, order, job)
        job = await jobs.insert(conn, job, run_at=max(rehearsal.run_at(now), _earliest(order, at=now)))
        await _pin_assets(conn, order, at=now)
        if order.rerun_of is not None:
            await kept_references.take_over(conn, job.id, order.rerun_of, at=now)
        await _hold(conn, order, job, at=now)
        return Submitted(job, is_replay=False, answer=await _remember(conn, order, job, answer_of, at=now))


async def _replay(conn: Connection, order: Order, *, at: datetime) -> Submitted | None:
    if order.idempotency is None:
        return None
    answer = await idempotency.replay(conn, order.idempotency, order.account_id, is_live=order.is_live, at=at)
    if answer is None:
        return None
    job = await jobs.find(conn, answer.job_id) if answer.job_id else None
    if job is None:
        raise Unavailable("The job of this Idempotency-Key is being erased; try again shortly.")
    return Submitted(job, is_replay=True, answer=answer)


def _rehearsed(order: Order) -> Rehearsal:
    rehearsal = rehearse(order.accepted.request.prompt, is_live=order.is_live) or Rehearsal()
    refusal = rehearsal.refusal(price_credits=order.price_credits, queue_limit_jobs=order.queue_limit_jobs)
    if refusal:
        raise refusal
    return rehearsal


def _earliest(order: Order, *, at: datetime) -> datetime:
    return at if order.is_live else at + timedelta(seconds=order.test_queue_s)


def _new_job(order: Order, rehearsal: Rehearsal, *, at: datetime) -> Job:
    request = order.accepted.request
    return Job(
        id=order.job_id,
        account_id=order.account_id,
        is_live=order.is_live,
        dialect=order.dialect,
        pool=order.pool,
        route=order.route,
        state=State.QUEUED,
        request=request,
        aspect_ratio=request.aspect_ratio,
        charged_credits=order.price_credits,
        api_key_id=order.api_key_id,
        estimate_ms=estimate_ms(request),
        warnings=order.accepted.warnings,
        created_at=at,
        deadline_at=rehearsal.deadline(at, usual=at + timedelta(seconds=request.expires_after_s)),
    )


async def _enter_lane(conn: Connection, order: Order, job: Job) -> None:
    queued = await lanes.enter(conn, lane_of(job), max_running=order.running_limit_jobs)
    if queued > order.queue_limit_jobs:
        raise QueueFull(limit_jobs=order.queue_limit_jobs, retry_after_s=QUEUE_FULL_RETRY_S)
    limit_jobs = order.key_queue_limit_jobs
    if order.api_key_id is None or limit_jobs is None:
        return
    if await jobs.has_queued(conn, order.api_key_id, limit_jobs=limit_jobs):
        raise QueueFull(limit_jobs=limit_jobs, retry_after_s=QUEUE_FULL_RETRY_S, whose="API key")


async def _pin_assets(conn: Connection, order: Order, *, at: datetime) -> None:
    references = order.accepted.request.references
    wanted = {r.name: r.url.removeprefix(ASSET_SCHEME) for r in references if r.url.startswith(ASSET_SCHEME)}
    if not wanted:
        return
    pinned = await assets.pin(
        conn, order.job_id, list(wanted.values()), account_id=order.account_id, is_live=order.is_live, at=at
    )
    for name, asset_id in wanted.items():
        if asset_id not in pinned:
            raise InvalidRequest(f"{name}: there is no such asset, or it has expired; upload it again.", param=name)


async def _hold(conn: Connection, order: Order, job: Job, *, at: datetime) -> None:
    """Set the price aside. Most orders take no other statement than the hold's own.

    What a key has charged is written under the lock of the balance, so no two orders can pass the cap together.
    """
    purse = Purse(is_test=not job.is_live, is_unlimited=order.is_unlimited)
    if order.key_cap_credits is not None or not purse.runs_dry:
        balance = await ledger.lock_balance(conn, job.account_id, is_live=job.is_live)
        await _check_cap(conn, order, at=at)
        topup_credits = purse.topup(balance, job.charged_credits)
        if topup_credits:
            note = "test mode" if purse.is_test else "unlimited"
            await ledger.give(conn, job.account_id, topup_credits, is_live=job.is_live, note=note, at=at)
    await ledger.hold(conn, job, at=at)


async def _check_cap(conn: Connection, order: Order, *, at: datetime) -> None:
    if order.api_key_id is None or order.key_cap_credits is None or not order.price_credits:
        return
    charged_credits = await spending.charged(conn, order.api_key_id, month=month_of(at))
    check_cap(order.key_cap_credits, charged_credits=charged_credits, price_credits=order.price_credits, at=at)


async def _remember(
    conn: Connection, order: Order, job: Job, answer_of: Callable[[Job], bytes], *, at: datetime
) -> StoredAnswer | None:
    if order.idempotency is None:
        return None
    answer = StoredAnswer(job.id, answer_of(job))
    await idempotency.remember(conn, order.idempotency, order.account_id, is_live=order.is_live, answer=answer, at=at)
    return answer
