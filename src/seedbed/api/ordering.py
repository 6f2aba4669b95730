"""The one path from an authenticated draft to a committed job, for every dialect.

A dialect brings what it offers and how it writes the answer. Everything that costs or protects something happens here
once: idempotency, the core's judgement, the keeping of inline media, the price, the commit and the waking of workers.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog

from seedbed.actions.submit import Order, submit
from seedbed.actions.wake import wake
from seedbed.api.allowances import note_queued
from seedbed.api.idempotency import in_flight, known_answer
from seedbed.api.media_intake import has_data, settled, shown_to_core
from seedbed.api.service import Service
from seedbed.core.errors import Unavailable
from seedbed.core.job import Job, make_job_id
from seedbed.core.offer import Offer
from seedbed.core.request import MAX_SEED, Accepted, Draft, GenerationRequest, accept
from seedbed.store.idempotency import IdempotencyClaim, StoredAnswer
from seedbed.store.keys import Principal

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Dialect:
    """`name` is kept with the job, and says what is offered; `answer_of` writes the body that answers its creation."""

    name: str
    answer_of: Callable[[Job], bytes]


@dataclass(frozen=True, slots=True)
class Ordered:
    answer: StoredAnswer
    is_replay: bool


async def order_job(
    service: Service,
    who: Principal,
    dialect: Dialect,
    draft: Draft,
    claim: IdempotencyClaim | None,
    *,
    warnings: tuple[str, ...] = (),
    rerun_of: str | None = None,
) -> Ordered:
    """Create a job, or return what answered the first request with the same Idempotency-Key.

    `rerun_of` is a job of the same account and mode with the same references in the same order, if there is one.
    Raises every Refusal of `core.request.accept` and `actions.submit`. Nothing is stored then.
    """
    known = await known_answer(service, who, claim)
    if known is not None:
        return Ordered(known, is_replay=True)
    async with in_flight(service, who, claim if has_data(draft) else None):
        accepted = await judged(service, who, service.offer(dialect.name), draft, warnings=warnings)
        async with settled(service, who, draft, accepted) as lasting:
            order = replace(_order(service, who, dialect, lasting, claim), rerun_of=rerun_of)
            return await _submitted(service, order, dialect)


async def judged(
    service: Service, who: Principal, offer: Offer, draft: Draft, *, warnings: tuple[str, ...] = ()
) -> Accepted:
    """Return the request as it would be accepted. Nothing is stored, and `data:` URIs are not looked into.

    Raises every Refusal of `core.request.accept`, and InvalidRequest for an asset that is not the account's.
    """
    shown = await shown_to_core(service, who, draft, offer=offer)
    seed = secrets.randbelow(MAX_SEED + 1)
    accepted = accept(shown, rules=service.settings.rules, chosen_seed=seed, offer=offer)
    service.deployment.route(accepted.request, is_live=who.is_live, param=offer.names.model)  # that somebody takes it
    return replace(accepted, warnings=warnings + accepted.warnings)


def price_of(service: Service, request: GenerationRequest) -> int:
    """Return what the request costs here, in whole credits."""
    return service.deployment.tariff.price(
        model=request.model,
        resolution=request.resolution,
        duration_s=request.duration_s,
        has_media=request.has_media,
        is_flexible=request.is_flexible,
    )


async def _submitted(service: Service, order: Order, dialect: Dialect) -> Ordered:
    async with service.connection() as conn:
        submitted = await submit(conn, order, answer_of=dialect.answer_of)
    job = submitted.job
    if not submitted.is_replay:
        note_queued()
        await _wake(service, job.pool)
    structlog.contextvars.bind_contextvars(credits=job.charged_credits)
    return Ordered(submitted.answer or StoredAnswer(job.id, dialect.answer_of(job)), submitted.is_replay)


async def _wake(service: Service, pool: str) -> None:
    """Tell the workers. The job is committed and paid for by now, so nothing that goes wrong here is its owner's."""
    try:
        async with service.connection() as conn:
            await wake(conn, pool)
    except Unavailable:
        log.warning("wake.lost", pool=pool)


def _order(
    service: Service, who: Principal, dialect: Dialect, accepted: Accepted, claim: IdempotencyClaim | None
) -> Order:
    route = service.deployment.route(accepted.request, is_live=who.is_live, param="model")
    return Order(
        account_id=who.account_id,
        is_live=who.is_live,
        dialect=dialect.name,
        accepted=accepted,
        price_credits=price_of(service, accepted.request),
        pool=route[0].pool,
        route=route,
        job_id=make_job_id(secrets.token_bytes(16)),
        idempotency=claim,
        queue_limit_jobs=service.settings.queue_limit_jobs,
        running_limit_jobs=service.settings.running_limit_jobs,
        api_key_id=who.key_id,
        test_queue_s=service.settings.test_queue_s,
        key_queue_limit_jobs=who.limits.queued_jobs,
        key_cap_credits=who.limits.monthly_cap_credits,
        is_unlimited=who.is_unlimited,
    )
