"""What becomes of a webhook: what is sent, what an answer means, and when an address is left alone.

An address is scheme, host, port and path. The query is no part of it: it may hold secrets, and it often differs from
job to job where the receiver is one. Source: CONTRACT 1.11.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from seedbed.core.callbacks import as_told, callback_of
from seedbed.core.job import ID_PREFIX, Job, State
from seedbed.core.retry import WEBHOOK_WAITS, webhook_wait

MESSAGE_PREFIX = "msg_"
FAILING_LIMIT = timedelta(days=5)
MAX_ADDRESS_BYTES = 1000
GONE = 410
DEFAULT_PORTS = {"http": 80, "https": 443}
THROTTLED = frozenset({429, 502, 504})  # the receiver, or what stands before it, has too much to do


class DeliveryState(StrEnum):
    PENDING = "pending"  # an attempt is scheduled
    DELIVERED = "delivered"  # a 2xx answer
    EXHAUSTED = "exhausted"  # no attempt is left
    STOPPED = "stopped"  # its address is switched off; StopReason says why


class StopReason(StrEnum):
    GONE = "gone"  # the receiver said 410
    FAILING = "failing"  # nothing but failures for five days


@dataclass(frozen=True, slots=True)
class Sequel:
    """What follows from an attempt. `wait` is until the next one, and None if there is none."""

    state: DeliveryState
    wait: timedelta | None = None


def sequel(
    status: int | None,
    *,
    tries: int,
    chance: float,
    retry_after: timedelta | None,
    delivered: bool = False,
    waits: Sequence[timedelta] = WEBHOOK_WAITS,
) -> Sequel:
    """Say what follows from an attempt's status; None: no answer came. `tries` counts this attempt (>= 1).

    What is `delivered` stays so, whatever a second attempt at the same time has met with.
    """
    if delivered or is_accepted(status):
        return Sequel(DeliveryState.DELIVERED)
    if status == GONE:
        return Sequel(DeliveryState.STOPPED)
    wait = webhook_wait(tries, chance=chance, retry_after=retry_after, waits=waits)
    return Sequel(DeliveryState.EXHAUSTED if wait is None else DeliveryState.PENDING, wait)


def is_accepted(status: int | None) -> bool:
    return status is not None and 200 <= status < 300


def reason_to_switch_off(status: int | None, *, failing_since: datetime, at: datetime) -> StopReason | None:
    """Say why an address that has just failed is switched off; None if it is not."""
    if status == GONE:
        return StopReason.GONE
    return StopReason.FAILING if at - failing_since >= FAILING_LIMIT else None


def address_of(url: str) -> str:
    """Return the address of a webhook's URL, in one spelling. Raises ValueError if it is none.

    One that is too long for an index ends in its digest instead. The address of an address is itself.
    """
    parts = urlsplit(url)
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname or not url.isprintable():
        raise ValueError("not an http or https URL")
    host = parts.hostname.rstrip(".")
    host = f"[{host}]" if ":" in host else host
    port = parts.port if parts.port not in (None, DEFAULT_PORTS.get(parts.scheme)) else None
    address = f"{parts.scheme}://{host}{f':{port}' if port else ''}{parts.path or '/'}"
    if len(address.encode()) <= MAX_ADDRESS_BYTES:
        return address
    start = address.encode()[: MAX_ADDRESS_BYTES - 100].decode(errors="ignore")
    return f"{start}...{hashlib.sha256(address.encode()).hexdigest()}"


def message_id(job_id: str) -> str:
    """Return the stable webhook-id of a final job that has no delivery of its own, for those who listen."""
    return MESSAGE_PREFIX + job_id.removeprefix(ID_PREFIX)


def webhook_body(job: Job, *, base_url: str, event: State | None = None) -> bytes:
    """Return what is signed and sent: the job as its dialect's GET shows it, in the state that is told."""
    view = callback_of(job.dialect).view(as_told(job, event or job.state), base_url=base_url)
    return json.dumps(view, ensure_ascii=False, separators=(",", ":")).encode()


def switched_off_warning(reason: StopReason) -> str:
    why = "answered 410" if reason is StopReason.GONE else f"has failed for {FAILING_LIMIT.days} days"
    return f"webhookUrl was not called: its address {why} and is switched off until you switch it on again"
