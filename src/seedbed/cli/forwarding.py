"""Hands an event that was heard on to an address, as the service itself would have sent it: same body, same headers."""

from __future__ import annotations

import time
from dataclasses import dataclass
from types import TracebackType
from urllib.parse import urlsplit

import httpx

from seedbed_client import WebhookEvent

TIMEOUT_S = 15.0
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Forwarded:
    """What the receiver said. `status` is None if no answer came, and then `error` says why."""

    status: int | None
    latency_ms: int
    error: str | None = None


class Forwarder:
    """One receiver. Close it, or use it in a `with` block. Follows no redirect, like the service."""

    def __init__(self, url: str, *, timeout_s: float = TIMEOUT_S, transport: httpx.BaseTransport | None = None) -> None:
        is_local = urlsplit(url).hostname in _LOOPBACK
        self._url = url
        self._http = httpx.Client(timeout=timeout_s, transport=transport, trust_env=not is_local)

    def __enter__(self) -> Forwarder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._http.close()

    def forward(self, event: WebhookEvent) -> Forwarded:
        """Send the event once. What goes wrong is an outcome, not an exception."""
        began_s = time.monotonic()
        status, error = None, None
        try:
            with self._http.stream("POST", self._url, content=event.body.encode(), headers=event.headers) as answer:
                status = answer.status_code
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            error = str(exc) or type(exc).__name__
        return Forwarded(status, round((time.monotonic() - began_s) * 1000), error)
