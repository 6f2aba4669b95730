"""What the command line asks about the account's webhooks: secrets, deliveries, addresses, and what has ended.

These are coroutines for the SDK's clients to run (`client.run(secret(client.service))`), as the SDK's own are.
They stand here because looking after webhooks is work at a terminal; a program verifies them and needs no more.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

from seedbed_client import Page, WebhookEvent
from seedbed_client.exchange import ROOT, Call, Service

WEBHOOKS = f"{ROOT}/webhooks"


@dataclass(frozen=True, slots=True)
class RetiringSecret:
    secret: str = field(repr=False)
    retires_at: datetime


@dataclass(frozen=True, slots=True)
class Secrets:
    """What signs now, the current one first; `retiring` says until when each of the others does."""

    secrets: tuple[str, ...] = field(repr=False)
    retiring: tuple[RetiringSecret, ...] = ()


@dataclass(frozen=True, slots=True)
class WebhookAttempt:
    number: int
    at: datetime
    latency_ms: int
    status: int | None = None
    excerpt: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDelivery:
    id: str
    request_id: str
    event: str
    address: str
    state: str
    stopped_because: str | None = None
    next_at: datetime | None = None
    attempts: tuple[WebhookAttempt, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpoint:
    """An address that only fails (`is_off` False), or to which nothing is sent any more."""

    address: str
    is_off: bool
    failing_since: datetime
    failures: int
    off_because: str | None = None
    last_status: int | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    events: tuple[WebhookEvent, ...]
    cursor: str


async def secret(service: Service) -> Secrets:
    return await service.ask(Call(path=f"{WEBHOOKS}/secret"), Secrets)


async def rotate(service: Service, *, overlap_s: int | None = None) -> Secrets:
    """Make a new secret. The old one signs besides for a while, by default as long as the service allows."""
    body = None if overlap_s is None else {"overlapSeconds": overlap_s}
    return await service.ask(Call(method="POST", path=f"{WEBHOOKS}/secret", body=body), Secrets)


async def deliveries(
    service: Service,
    *,
    request_id: str | None = None,
    states: Sequence[str] = (),
    limit: int = 20,
    cursor: str | None = None,
) -> Page[WebhookDelivery]:
    """List deliveries, the newest jobs' first."""
    params = {"requestId": request_id, "state": list(states), "limit": limit, "cursor": cursor}
    return await service.ask_page(Call(path=f"{WEBHOOKS}/deliveries", params=params), WebhookDelivery)


async def redeliver(service: Service, delivery_id: str) -> WebhookDelivery:
    """Send a webhook again at once, with the same webhook-id."""
    path = f"{WEBHOOKS}/deliveries/{quote(delivery_id, safe='')}/redeliver"
    call = Call(method="POST", path=path, key=str(uuid.uuid4()))
    return service.shown(WebhookDelivery, (await service.ask_json(call)).get("delivery", {}))


async def endpoints(service: Service) -> tuple[WebhookEndpoint, ...]:
    return (await service.ask_page(Call(path=f"{WEBHOOKS}/endpoints"), WebhookEndpoint)).items


async def switch_on(service: Service, url: str) -> str:
    """Let webhooks be sent there again, and return the address. Idempotent."""
    call = Call(method="POST", path=f"{WEBHOOKS}/endpoints/switch-on", body={"url": url}, is_repeatable=True)
    return str((await service.ask_json(call))["address"])


async def heard_after(
    service: Service, after: str | None = None, *, since: str | None = None, wait_s: int = 0
) -> Heard:
    """Return what has ended after the cursor or since the moment (RFC 3339); without both, only a cursor of now."""
    params = {"after": after, "since": since, "wait": wait_s}
    return await service.ask(Call(path=f"{WEBHOOKS}/listen", params=params, hold_s=wait_s), Heard)
