"""Delivers webhooks: procrastinate hands out the attempts, we make them, and their outcome decides what follows.

An attempt may be made twice if a worker dies at the wrong moment; the receiver knows it by the same `webhook-id`.
"""

from __future__ import annotations

import asyncio
import functools
import random
import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import structlog
from procrastinate import App, PsycopgConnector, RetryStrategy
from procrastinate.connector import Notify
from procrastinate.exceptions import ConnectorException

from seedbed.actions.begin_attempt import DueAttempt, begin_attempt
from seedbed.actions.postpone_attempt import postpone_attempt
from seedbed.actions.record_attempt import Recorded, record_attempt
from seedbed.core.callbacks import callback_of
from seedbed.core.signing import SECRET_BYTES, signature_headers
from seedbed.core.urls import host_of
from seedbed.core.webhooks import THROTTLED, is_accepted, webhook_body
from seedbed.outbound.crowd import Crowd
from seedbed.outbound.guard import Way
from seedbed.outbound.webhooks import Answer, post_webhook
from seedbed.settings import Settings
from seedbed.store import deliveries
from seedbed.store.attempts import Attempt
from seedbed.store.database import Pool, borrow, connect_pool
from seedbed.store.listening import Notice
from seedbed.worker.beside import beside
from seedbed.worker.forcing_webhooks import force_sending, forced_wait_s
from seedbed.worker.patience import TRANSIENT, patiently
from seedbed.worker.switchboard import Switchboard
from seedbed.worker.turns import Receiver, Turns
from seedbed.worker.ways import way_out

log = structlog.get_logger()

AT_ONCE = 64  # attempts; they wait for others nearly all their time. Who gets the places: `worker.turns`
TO_AN_ADDRESS = 32
POLL_S = 5.0
TASK_CONNECTIONS = 4
RESTART_S = 2.0
RESCUE_EVERY_S = 30.0
STOPPING_S = 2.0
# What a receiver does is no fault but an answer. This is for ours, such as a database that is away or a shutdown.
AFTER_OUR_OWN_FAULT = RetryStrategy(max_attempts=100, linear_wait=10)


async def deliver_webhooks(url: str, pool: Pool, settings: Settings, switchboard: Switchboard) -> None:
    """Make attempts as they fall due, until cancelled. A database that is away is waited for."""
    while True:
        try:
            await _run(url, pool, settings, switchboard)
        except Exception as exc:
            if _is_passing(exc):
                log.warning("deliverer.waits", reason=type(exc).__name__)
            else:
                log.exception("deliverer.failed")
        # A cancel that was swallowed on the way (see worker.beside) must not begin it all again.
        if (me := asyncio.current_task()) and me.cancelling():
            raise asyncio.CancelledError
        await asyncio.sleep(RESTART_S)


def _is_passing(exc: Exception) -> bool:
    """Whether only the database was away. What runs beside something else fails in a group."""
    if isinstance(exc, ExceptionGroup):
        return all(_is_passing(each) for each in exc.exceptions)
    return isinstance(exc, (*TRANSIENT, ConnectorException))


async def _run(url: str, pool: Pool, settings: Settings, switchboard: Switchboard) -> None:
    app = App(connector=_Connector(url, switchboard))
    turns = Turns()

    @app.task(name=deliveries.TASK, queue=deliveries.QUEUE, retry=AFTER_OUR_OWN_FAULT)
    async def attempt(delivery_id: str) -> None:
        await make_attempt(pool, settings, delivery_id, turns=turns)

    async with app.open_async(), beside(_rescue(app)):
        await app.run_worker_async(
            queues=[deliveries.QUEUE],
            name="webhooks",
            concurrency=AT_ONCE,
            fetch_job_polling_interval=POLL_S,
            shutdown_graceful_timeout=STOPPING_S,
            install_signal_handlers=False,
            delete_jobs="successful",  # what became of an attempt stands in the delivery
        )


class _Connector(PsycopgConnector):
    """Procrastinate's connections, opened as ours are, and its notices, heard on the one that this process has for all.

    What was said while nobody listened is found by the next poll.
    """

    def __init__(self, url: str, switchboard: Switchboard) -> None:
        super().__init__(pool_factory=functools.partial(_task_pool, url))
        self._switchboard = switchboard

    async def listen_notify(self, on_notification: Notify, channels: Iterable[str]) -> None:
        heard = asyncio.Queue[Notice]()
        with self._switchboard.tuned(channels, heard.put_nowait):
            while True:
                notice = await heard.get()
                await on_notification(channel=notice.channel, payload=notice.payload)


def _task_pool(url: str, **_: object) -> Any:
    """Return a pool for procrastinate, which names the type of its rows itself, cursor by cursor."""
    return connect_pool(url, min_size=1, max_size=TASK_CONNECTIONS, name="tasks")


async def _rescue(app: App) -> None:
    """Let attempts be made again whose worker died over them."""
    while True:
        for stalled in await app.job_manager.get_stalled_jobs(queue=deliveries.QUEUE):
            log.warning("delivery.rescued", task=stalled.id)
            await app.job_manager.retry_job(stalled)
        await asyncio.sleep(RESCUE_EVERY_S)


async def make_attempt(pool: Pool, settings: Settings, delivery_id: str, *, turns: Turns) -> None:
    """Post the webhook once if it is due, and write down what came of it with all that follows."""
    async with borrow(pool) as conn:
        due = await begin_attempt(conn, delivery_id, entropy=secrets.token_bytes(SECRET_BYTES))
    if due is None:
        return
    receiver = Receiver(due.job.account_id, host_of(due.delivery.url) or "")
    wait_s = forced_wait_s(due) or turns.wait_s(receiver, delivery_id)
    if wait_s:
        await patiently(pool, lambda conn: postpone_attempt(conn, delivery_id, timedelta(seconds=wait_s)))
        return
    with turns.taken(receiver, delivery_id):
        answer = await force_sending(due, functools.partial(_post, settings=settings))
    if answer.status in THROTTLED or (answer.retry_after and not is_accepted(answer.status)):
        turns.rest(receiver, answer.retry_after)
    attempt = Attempt(
        at=due.at,
        status=answer.status,
        latency_ms=answer.latency_ms,
        excerpt=answer.excerpt,
        is_private=answer.is_private,
        error=answer.error,
    )
    chance = random.random()
    recorded = await patiently(
        pool,
        lambda conn: record_attempt(conn, delivery_id, attempt, chance=chance, retry_after=answer.retry_after),
    )
    _tell(recorded, attempt, receiver)


async def _post(due: DueAttempt, settings: Settings) -> Answer:
    body = webhook_body(due.job, base_url=settings.base_url, event=due.delivery.event)
    headers = signature_headers(
        due.secrets, message_id=due.delivery.id, timestamp_unix_s=int(due.at.timestamp()), body=body
    )
    return await post_webhook(
        due.delivery.url,
        body=body,
        headers=headers,
        timeout_s=callback_of(due.job.dialect).timeout_s(settings.webhook_timeout_s),
        opened=settings.open_networks,
        way=_way(settings),
    )


@functools.cache
def _way(settings: Settings) -> Way:
    """Return the way out, with an address's line of our own.

    Many receivers may stand behind one address. In the line that downloads use, a few dead ones would make the others'
    attempts wait until they count as failures; who may go is decided by `turns` before.
    """
    return replace(way_out(settings), crowd=Crowd(TO_AN_ADDRESS))


def _tell(recorded: Recorded | None, attempt: Attempt, receiver: Receiver) -> None:
    """Write the log. Of an address only the host: a path, too, may be a secret."""
    if recorded is None:
        return
    delivery = recorded.delivery
    log.info(
        "delivery.attempted",
        delivery=delivery.id,
        job_id=delivery.job_id,
        host=receiver.host,
        status=attempt.status,
        error=attempt.error,
        latency_ms=attempt.latency_ms,
        state=delivery.state.value,
    )
    if recorded.switched_off:
        reason = recorded.switched_off.value
        log.warning("webhook.switched_off", account_id=receiver.account_id, host=receiver.host, reason=reason)
