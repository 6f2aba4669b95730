"""The account's webhooks: verifying one, secrets, deliveries, addresses, and listening for who cannot be called."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote

from seedbed_client.errors import BadSignature
from seedbed_client.exchange import ROOT, Call, Service, Steps, ask, ask_json, ask_page
from seedbed_client.shapes import read
from seedbed_client.values import Generation, Page

WEBHOOKS = f"{ROOT}/webhooks"
LOOK_BACK_S = 300.0


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
class WebhookEvent:
    """The end of a job. Pass it on with `headers` and `body` as they are, and soon: the signature holds the time."""

    id: str
    event: str
    request_id: str
    at: datetime
    headers: Mapping[str, str]
    body: str

    @property
    def generation(self) -> Generation:
        """The generation as GET showed it then. Raises ValueError for the callback of another dialect."""
        return read(Generation, json.loads(self.body))


@dataclass(frozen=True, slots=True)
class Heard:
    events: tuple[WebhookEvent, ...]
    cursor: str


def verify_webhook(
    headers: Mapping[str, str],
    body: bytes | str,
    secret: str | Sequence[str],
    *,
    tolerance_s: float = LOOK_BACK_S,
    now_unix_s: float | None = None,
) -> WebhookEvent:
    """Return what a request says that the service has signed. Give the body as it came, not parsed and written again.

    Raises BadSignature. Source: Standard Webhooks 1.0.
    """
    raw = body.encode() if isinstance(body, str) else body
    given = {name.lower(): value for name, value in headers.items()}
    message_id, said_at, signatures = (given.get(f"webhook-{part}", "") for part in ("id", "timestamp", "signature"))
    if not message_id or not said_at.isdecimal():
        raise BadSignature("The headers webhook-id and webhook-timestamp are missing or broken.")
    if abs((time.time() if now_unix_s is None else now_unix_s) - int(said_at)) > tolerance_s:
        raise BadSignature(f"The webhook is older or newer than {tolerance_s:g} s.")
    signed = f"{message_id}.{said_at}.".encode() + raw
    good = [_signature(one, signed) for one in ([secret] if isinstance(secret, str) else secret)]
    if not any(hmac.compare_digest(one.encode(), two.encode()) for one in good for two in signatures.split()):
        raise BadSignature("No signature of the webhook is by one of these secrets.")
    return _event(message_id, int(said_at), {name: given[name] for name in given if name.startswith("webhook-")}, raw)


def secret(service: Service) -> Steps[Secrets]:
    return (yield from ask(service, Call(path=f"{WEBHOOKS}/secret"), Secrets))


def rotate(service: Service, *, overlap_s: int | None = None) -> Steps[Secrets]:
    """Make a new secret. The old one signs besides for a while, by default as long as the service allows."""
    body = None if overlap_s is None else {"overlapSeconds": overlap_s}
    return (yield from ask(service, Call(method="POST", path=f"{WEBHOOKS}/secret", body=body), Secrets))


def deliveries(
    service: Service,
    *,
    request_id: str | None = None,
    states: Sequence[str] = (),
    limit: int = 20,
    cursor: str | None = None,
) -> Steps[Page[WebhookDelivery]]:
    """List deliveries, the newest jobs' first."""
    wanted = {"requestId": request_id, "state": list(states), "limit": limit, "cursor": cursor}
    params = {name: value for name, value in wanted.items() if value is not None}
    return (yield from ask_page(service, Call(path=f"{WEBHOOKS}/deliveries", params=params), WebhookDelivery))


def redeliver(service: Service, delivery_id: str) -> Steps[WebhookDelivery]:
    """Send a webhook again at once, with the same webhook-id."""
    path = f"{WEBHOOKS}/deliveries/{quote(delivery_id, safe='')}/redeliver"
    call = Call(method="POST", path=path, key=str(uuid.uuid4()))
    return (yield from ask(service, call, WebhookDelivery, inside="delivery"))


def endpoints(service: Service) -> Steps[tuple[WebhookEndpoint, ...]]:
    return (yield from ask_page(service, Call(path=f"{WEBHOOKS}/endpoints"), WebhookEndpoint)).items


def switch_on(service: Service, url: str) -> Steps[str]:
    """Let webhooks be sent there again, and return the address. Idempotent."""
    call = Call(method="POST", path=f"{WEBHOOKS}/endpoints/switch-on", body={"url": url}, is_repeatable=True)
    return str((yield from ask_json(service, call))["address"])


def listen(service: Service, *, after: str | None = None, since: str | None = None, wait_s: int = 0) -> Steps[Heard]:
    """Return what has ended after the cursor or since the moment (RFC 3339); without both, only a cursor of now."""
    wanted = {"after": after, "since": since, "wait": wait_s}
    params = {name: value for name, value in wanted.items() if value is not None}
    return (yield from ask(service, Call(path=f"{WEBHOOKS}/listen", params=params, hold_s=wait_s), Heard))


def _signature(secret: str, signed: bytes) -> str:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError as exc:
        raise BadSignature("The secret is not a whsec_... of this service.") from exc
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def _event(message_id: str, said_at: int, headers: Mapping[str, str], raw: bytes) -> WebhookEvent:
    try:
        told = json.loads(raw)
        subject = told.get("requestId") or told["id"]
        return WebhookEvent(
            message_id, told["status"], subject, datetime.fromtimestamp(said_at, UTC), headers, raw.decode()
        )
    except (ValueError, AttributeError, KeyError) as exc:
        raise BadSignature("The webhook is signed, but it is not about a generation.") from exc
