"""Find out whether a webhook is to be sent now, and with which secrets it is signed. Sends nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from seedbed.core.callbacks import is_old_news
from seedbed.core.job import Job
from seedbed.core.webhooks import DeliveryState, address_of
from seedbed.store import accounts, deliveries, endpoints, jobs
from seedbed.store.database import Connection, moment
from seedbed.store.deliveries import Delivery


@dataclass(frozen=True, slots=True)
class DueAttempt:
    """An attempt to be made: what is told, and the secrets that sign at that moment."""

    delivery: Delivery
    job: Job
    at: datetime
    secrets: tuple[str, ...] = field(repr=False)


async def begin_attempt(
    conn: Connection, delivery_id: str, *, entropy: bytes, at: datetime | None = None
) -> DueAttempt | None:
    """Return the attempt that is due, or None: it was made already, another moment was set, its address is off, or what
    it tells is old news.

    A delivery whose address was switched off after it was scheduled is stopped here, and old news is given up.
    `entropy` is for an account that has no secret yet.
    """
    now = await moment(conn, at)
    delivery = await deliveries.get(conn, delivery_id)
    if delivery is None or not is_due(delivery, at=now):
        return None
    job = await jobs.find(conn, delivery.job_id)
    if job is None or await _is_stopped(conn, delivery, job):
        return None
    if is_old_news(delivery.event, tries=delivery.attempts - delivery.restarted_after, now=job.state):
        async with conn.transaction():
            if await deliveries.lock(conn, delivery_id):
                await deliveries.give_up(conn, delivery_id)
        return None
    signing = await accounts.webhook_secrets(conn, job.account_id, is_live=job.is_live, entropy=entropy, at=now)
    return DueAttempt(delivery, job, now, tuple(secret.secret for secret in signing))


def is_due(delivery: Delivery, *, at: datetime) -> bool:
    return delivery.state is DeliveryState.PENDING and delivery.next_at is not None and delivery.next_at <= at


async def _is_stopped(conn: Connection, delivery: Delivery, job: Job) -> bool:
    reason = await endpoints.stop_reason(conn, job.account_id, address_of(delivery.url), is_live=job.is_live)
    if reason is None:
        return False
    async with conn.transaction():
        locked = await deliveries.lock(conn, delivery.id)
        if locked and locked.delivery.state is DeliveryState.PENDING:
            await deliveries.stop(conn, delivery.id, reason)
    return True
