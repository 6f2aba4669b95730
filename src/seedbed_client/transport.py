"""What both clients do around httpx: settings, requests, foreign errors."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypedDict, Unpack
from urllib.parse import urlsplit

import httpx

from seedbed_client.errors import ConnectionFailed
from seedbed_client.exchange import ROOT, Call, Service, Tell

HERE = "http://127.0.0.1:8000"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
FOREIGN = (httpx.HTTPError, httpx.InvalidURL)
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL)


class Options(TypedDict, total=False):
    timeout_s: float
    max_retries: int
    idempotent_posts: bool


def service_of(api_key: str | None, base_url: str | None, **options: Unpack[Options]) -> Service:
    """Fill in from the environment what was not said. A base URL may name the dialect's root, too."""
    url = base_url or os.environ.get("SEEDBED_CLIENT_URL") or HERE
    key = api_key or os.environ.get("SEEDBED_CLIENT_KEY") or None
    return Service(url.rstrip("/").removesuffix(ROOT), key, **options)


def must_trust_env(base_url: str) -> bool:
    """A proxy from the environment must not see what stays on this machine."""
    return urlsplit(base_url).hostname not in _LOOPBACK


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


def lost(service: Service, error: Exception) -> ConnectionFailed:
    """Translate what httpx has raised."""
    was_sent = not isinstance(error, _NOT_SENT)
    failed = ConnectionFailed(service.base_url, str(error) or type(error).__name__, was_sent=was_sent)
    failed.__cause__ = error
    return failed


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
