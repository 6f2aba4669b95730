"""The account's webhooks through the API: secrets, deliveries, addresses, and listening for who cannot be called."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

ROOT = "/api/open/v1/webhooks"
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Secrets:
    """What signs now, the current one first; `retiring` says until when each of the others does (RFC 3339)."""

    secrets: tuple[str, ...] = field(repr=False)
    retiring: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class WebhookAttempt:
    number: int
    at: str
    status: int | None
    latency_ms: int
    excerpt: str | None
    error: str | None


@dataclass(frozen=True, slots=True)
class WebhookDelivery:
    id: str
    request_id: str
    event: str
    address: str
    state: str
    stopped_because: str | None
    next_at: str | None
    attempts: tuple[WebhookAttempt, ...]


@dataclass(frozen=True, slots=True)
class WebhookEndpoint:
    """An address that only fails (`is_off` False), or to which nothing is sent any more."""

    address: str
    is_off: bool
    off_because: str | None
    failing_since: str
    failures: int
    last_status: int | None


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """The end of a job. Send `body` with `headers` as they are, and soon: the signature holds the time."""

    id: str
    event: str
    request_id: str
    at: str
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True, slots=True)
class Heard:
    events: tuple[WebhookEvent, ...]
    cursor: str


class Webhooks:
    """`Client.webhooks`. Raises what the client raises."""

    def __init__(self, call: Callable[..., dict[str, Any]]) -> None:
        self._call = call

    def secrets(self) -> Secrets:
        return _secrets(self._call("GET", f"{ROOT}/secret", tries=_TRIES))

    def rotate(self, *, overlap_s: int | None = None) -> Secrets:
        """Make a new secret. The old one signs besides for a while, by default as long as the service allows."""
        body = {} if overlap_s is None else {"json": {"overlapSeconds": overlap_s}}
        return _secrets(self._call("POST", f"{ROOT}/secret", **body))

    def deliveries(
        self, *, request_id: str | None = None, states: Sequence[str] = (), limit: int = 20, cursor: str | None = None
    ) -> tuple[tuple[WebhookDelivery, ...], str | None]:
        """Return a page of deliveries, the newest jobs' first, and the cursor of the next page or None."""
        wanted = {"requestId": request_id, "state": list(states), "limit": limit, "cursor": cursor}
        params = {name: value for name, value in wanted.items() if value is not None}
        answer = self._call("GET", f"{ROOT}/deliveries", tries=_TRIES, params=params)
        return tuple(_delivery(body) for body in answer["data"]), answer["cursor"]

    def redeliver(self, delivery_id: str) -> WebhookDelivery:
        answer = self._call("POST", f"{ROOT}/deliveries/{quote(delivery_id, safe='')}/redeliver", tries=_TRIES)
        return _delivery(answer["delivery"])

    def endpoints(self) -> tuple[WebhookEndpoint, ...]:
        return tuple(_endpoint(body) for body in self._call("GET", f"{ROOT}/endpoints", tries=_TRIES)["data"])

    def switch_on(self, url: str) -> str:
        """Let webhooks be sent there again, and return the address. Idempotent."""
        answer = self._call("POST", f"{ROOT}/endpoints/switch-on", tries=_TRIES, json={"url": url})
        return str(answer["address"])

    def listen(self, *, after: str | None = None, since: str | None = None, wait_s: int = 0) -> Heard:
        """Return what has ended after the cursor or since the moment (RFC 3339); without both, only a cursor of now."""
        wanted = {"after": after, "since": since, "wait": wait_s}
        params = {name: value for name, value in wanted.items() if value is not None}
        answer = self._call("GET", f"{ROOT}/listen", params=params)
        return Heard(tuple(_event(body) for body in answer["events"]), answer["cursor"])


def _secrets(body: Mapping[str, Any]) -> Secrets:
    return Secrets(tuple(body["secrets"]), {old["secret"]: old["retiresAt"] for old in body["retiring"]})


def _delivery(body: Mapping[str, Any]) -> WebhookDelivery:
    return WebhookDelivery(
        id=body["id"],
        request_id=body["requestId"],
        event=body["event"],
        address=body["address"],
        state=body["state"],
        stopped_because=body["stoppedBecause"],
        next_at=body["nextAt"],
        attempts=tuple(
            WebhookAttempt(a["number"], a["at"], a["status"], a["latencyMs"], a["excerpt"], a["error"])
            for a in body["attempts"]
        ),
    )


def _endpoint(body: Mapping[str, Any]) -> WebhookEndpoint:
    return WebhookEndpoint(
        address=body["address"],
        is_off=body["isOff"],
        off_because=body["offBecause"],
        failing_since=body["failingSince"],
        failures=body["failures"],
        last_status=body["lastStatus"],
    )


def _event(body: Mapping[str, Any]) -> WebhookEvent:
    return WebhookEvent(body["id"], body["event"], body["requestId"], body["at"], body["headers"], body["body"])
