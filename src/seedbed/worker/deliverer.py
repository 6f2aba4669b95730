"""Delivers webhooks: procrastinate hands out the attempts, we make them, and their outcome decides what follows.

An attempt may be made twice if a worker dies at the wrong moment; the receiver knows it by the same `webhook-id`.
"""

from __future__ import annotations

import asyncio
import json
import random
import secrets
from datetime import timedelta

import structlog
from procrastinate import App, PsycopgConnector, RetryStrategy
from procrastinate.exceptions import ConnectorException

from seedbed.core.job import Job
from seedbed.core.native_view import native_view
from seedbed.core.retry import webhook_wait
from seedbed.core.signing import SECRET_BYTES, signature_headers
from seedbed.outbound.webhooks import Answer, post_webhook
from seedbed.settings import Settings
from seedbed.store import accounts, deliveries, jobs
from seedbed.store.database import Connection, Pool, borrow, moment
from seedbed.store.deliveries import Attempt, Delivery, DeliveryState
from seedbed.worker.patience import TRANSIENT, patiently
from seedbed.worker.ways import way_out

log = structlog.get_logger()

AT_ONCE = 8
POLL_S = 5.0
RESTART_S = 2.0
RESCUE_EVERY_S = 30.0
STOPPING_S = 2.0
# What a receiver does is no fault but an answer. This is for ours, such as a database that is away or a shutdown.
AFTER_OUR_OWN_FAULT = RetryStrategy(max_attempts=100, linear_wait=10)


async def deliver_webhooks(url: str, pool: Pool, settings: Settings) -> None:
    """Make attempts as they fall due, until cancelled. A database that is away is waited for."""
    while True:
        try:
            await _run(url, pool, settings)
        except (*TRANSIENT, ConnectorException) as exc:
            log.warning("deliverer.waits", reason=type(exc).__name__)
        except Exception:
            log.exception("deliverer.failed")
        await asyncio.sleep(RESTART_S)


async def _run(url: str, pool: Pool, settings: Settings) -> None:
    app = App(connector=PsycopgConnector(conninfo=url, min_size=1, max_size=4))

    @app.task(name=deliveries.TASK, queue=deliveries.QUEUE, retry=AFTER_OUR_OWN_FAULT)
    async def attempt(delivery_id: str) -> None:
        await make_attempt(pool, settings, delivery_id)

    async with app.open_async(), asyncio.TaskGroup() as group:
        rescuing = group.create_task(_rescue(app))
        await app.run_worker_async(
            queues=[deliveries.QUEUE],
            name="webhooks",
            concurrency=AT_ONCE,
            fetch_job_polling_interval=POLL_S,
            shutdown_graceful_timeout=STOPPING_S,
            install_signal_handlers=False,
            delete_jobs="successful",  # what became of an attempt stands in the delivery
        )
        rescuing.cancel()


async def _rescue(app: App) -> None:
    """Let attempts be made again whose worker died over them."""
    while True:
        for stalled in await app.job_manager.get_stalled_jobs(queue=deliveries.QUEUE):
            log.warning("delivery.rescued", task=stalled.id)
            await app.job_manager.retry_job(stalled)
        await asyncio.sleep(RESCUE_EVERY_S)


async def make_attempt(pool: Pool, settings: Settings, delivery_id: str) -> None:
    """Post the webhook once, write down what came of it, and schedule the next attempt if there is to be one."""
    async with borrow(pool) as conn:
        delivery = await deliveries.get(conn, delivery_id)
        job = await jobs.find(conn, delivery.job_id) if delivery else None
        if delivery is None or job is None or delivery.state is not DeliveryState.PENDING:
            return
        at = await moment(conn, None)
        signers = await accounts.webhook_secrets(
            conn, job.account_id, is_live=job.is_live, entropy=secrets.token_bytes(SECRET_BYTES)
        )
    body = body_of(job, base_url=settings.base_url)
    headers = signature_headers(signers, message_id=delivery.id, timestamp_unix_s=int(at.timestamp()), body=body)
    answer = await post_webhook(
        delivery.url,
        body=body,
        headers=headers,
        timeout_s=settings.webhook_timeout_s,
        opened=settings.open_networks,
        way=way_out(settings),
    )
    await patiently(pool, lambda conn: record_answer(conn, delivery, answer, chance=random.random()))


def body_of(job: Job, *, base_url: str) -> bytes:
    return json.dumps(native_view(job, base_url=base_url), ensure_ascii=False, separators=(",", ":")).encode()


async def record_answer(conn: Connection, delivery: Delivery, answer: Answer, *, chance: float) -> Delivery:
    """Store what came of an attempt together with the task for the next one, if one follows."""
    wait = _wait(delivery, answer, chance)
    async with conn.transaction():
        next_at = await moment(conn, None) + wait if wait is not None else None
        recorded = await deliveries.record(
            conn,
            delivery.id,
            Attempt(status=answer.status, latency_ms=answer.latency_ms, excerpt=answer.excerpt),
            state=_state(answer, wait),
            next_at=next_at,
        )
        if next_at is not None:
            await deliveries.schedule(conn, delivery.id, next_at)
    log.info("delivery.attempted", delivery=delivery.id, status=answer.status, state=recorded.state.value)
    return recorded


def _wait(delivery: Delivery, answer: Answer, chance: float) -> timedelta | None:
    if answer.is_accepted or answer.is_gone:
        return None
    return webhook_wait(delivery.attempts + 1, chance=chance, retry_after=answer.retry_after)


def _state(answer: Answer, wait: timedelta | None) -> DeliveryState:
    if answer.is_accepted:
        return DeliveryState.DELIVERED
    if answer.is_gone:
        return DeliveryState.STOPPED
    return DeliveryState.EXHAUSTED if wait is None else DeliveryState.PENDING
