"""What both clients do around httpx: settings, requests, foreign errors."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx

from seedbed_client.errors import ConnectionFailed
from seedbed_client.exchange import ROOT, Call, Emit, Service, Steps, Stream, Tell

T = TypeVar("T")

CHUNK_BYTES = 1 << 18
HERE = "http://127.0.0.1:8000"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL)


def service_of(api_key: str | None, base_url: str | None, **options: Any) -> Service:
    """Fill in from the environment what was not said. A base URL may name the dialect's root, too."""
    url = base_url or os.environ.get("SEEDBED_CLIENT_URL") or HERE
    key = api_key or os.environ.get("SEEDBED_CLIENT_KEY") or None
    return Service(url.rstrip("/").removesuffix(ROOT), key, **options)


def must_trust_env(base_url: str) -> bool:
    """A proxy from the environment must not see what stays on this machine."""
    return urlsplit(base_url).hostname not in _LOOPBACK


def final(steps: Steps[T]) -> Stream[T]:
    """Emit the result of steps at their end."""
    yield Emit((yield from steps))


@contextlib.contextmanager
def prepared(service: Service, call: Call) -> Iterator[dict[str, Any]]:
    """Give the arguments of a request. A file is open while the block lasts, and read from its start each time."""
    url = service.url(call.path)
    key = {"Idempotency-Key": call.key} if call.key else {}
    request = {
        "method": call.method,
        "url": url,
        "params": call.params or None,
        "json": call.body,
        "headers": {**service.headers(url), **key, **call.headers},
        "timeout": service.timeout_s + call.hold_s,
    }
    if call.file is None:
        yield request
        return
    with _Told(call.file, call.tell) as file:
        yield request | {"files": {"file": (call.file.name, file)}}


@contextlib.contextmanager
def lost(service: Service) -> Iterator[None]:
    """Translate what httpx raises."""
    try:
        yield
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        was_sent = not isinstance(exc, _NOT_SENT)
        raise ConnectionFailed(service.base_url, str(exc) or type(exc).__name__, was_sent=was_sent) from exc


class _Told(io.FileIO):
    """A file that tells how much of it was read."""

    def __init__(self, path: Path, progress: Tell | None) -> None:
        super().__init__(path)
        self._progress, self._size_bytes = progress, path.stat().st_size

    def read(self, size: int | None = -1, /) -> bytes:
        chunk = super().read(size) or b""
        if self._progress and chunk:
            self._progress(self.tell(), self._size_bytes)
        return chunk
