"""Write down what came of a webhook's attempt, together with all that follows from it, in one commit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from seedbed.core.callbacks import callback_of
from seedbed.core.webhooks import (
    DeliveryState,
    Sequel,
    StopReason,
    address_of,
    is_accepted,
    reason_to_switch_off,
    sequel,
)
from seedbed.store import attempts, deliveries, endpoints
from seedbed.store.attempts import Attempt
from seedbed.store.database import Connection, moment
from seedbed.store.deliveries import Delivery, Owned


@dataclass(frozen=True, slots=True)
class Recorded:
    """The delivery as it is now, and why its address was switched off by this very attempt, if it was."""

    delivery: Delivery
    switched_off: StopReason | None = None


@dataclass(frozen=True, slots=True)
class _Off:
    """Why an address is switched off; `is_news` if it was on until now."""

    reason: StopReason
    is_news: bool


async def record_attempt(
    conn: Connection,
    delivery_id: str,
    attempt: Attempt,
    *,
    chance: float,
    retry_after: timedelta | None = None,
    at: datetime | None = None,
) -> Recorded | None:
    """Log the attempt, move the delivery, count for or against its address, and schedule what comes next.

    `chance` in 0..1 is the jitter's. Idempotent: the same attempt (by its moment) is recorded once. None: the delivery
    was erased meanwhile.
    """
    async with conn.transaction():
        owned = await deliveries.lock(conn, delivery_id)
        if owned is None:
            return None
        if not await attempts.insert(conn, delivery_id, owned.delivery.attempts + 1, attempt):
            return Recorded(owned.delivery)
        now = await moment(conn, at)
        off = await _count(conn, owned, attempt.status, at=now)
        follows = _what_follows(owned, attempt, off, chance=chance, retry_after=retry_after)
        next_at = now + follows.wait if follows.wait is not None else None
        recorded = await deliveries.record(
            conn,
            delivery_id,
            status=attempt.status,
            latency_ms=attempt.latency_ms,
            state=follows.state,
            stopped_because=off.reason if off and follows.state is DeliveryState.STOPPED else None,
            next_at=next_at,
            at=now,
        )
        if next_at is not None:
            await deliveries.schedule(conn, delivery_id, next_at)
        return Recorded(recorded, switched_off=off.reason if off and off.is_news else None)


def _what_follows(
    owned: Owned, attempt: Attempt, off: _Off | None, *, chance: float, retry_after: timedelta | None
) -> Sequel:
    delivery = owned.delivery
    follows = sequel(
        attempt.status,
        tries=delivery.attempts + 1 - delivery.restarted_after,
        chance=chance,
        retry_after=retry_after,
        delivered=delivery.state is DeliveryState.DELIVERED,
        waits=callback_of(owned.dialect).waits,
    )
    return Sequel(DeliveryState.STOPPED) if off and follows.state is not DeliveryState.DELIVERED else follows


async def _count(conn: Connection, owned: Owned, status: int | None, *, at: datetime) -> _Off | None:
    """Count the attempt for its address, and return whether that is switched off now."""
    address, account_id, is_live = address_of(owned.delivery.url), owned.account_id, owned.is_live
    if is_accepted(status):
        await endpoints.forget_failures(conn, account_id, address, is_live=is_live)
        return None
    endpoint = await endpoints.count_failure(conn, account_id, address, is_live=is_live, status=status, at=at)
    if endpoint.off_because:
        return _Off(endpoint.off_because, is_news=False)
    reason = reason_to_switch_off(status, failing_since=endpoint.failing_since, at=at)
    if reason is None:
        return None
    await endpoints.switch_off(conn, account_id, address, is_live=is_live, reason=reason, at=at)
    return _Off(reason, is_news=True)
