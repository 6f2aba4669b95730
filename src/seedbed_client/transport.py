"""What both clients do around httpx: requests, and foreign errors."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from seedbed_client.errors import ConnectionFailed
from seedbed_client.exchange import Call, Service, Tell

_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL)


@contextlib.contextmanager
def prepared(service: Service, call: Call) -> Iterator[dict[str, Any]]:
    """Give the arguments of a request, and translate what httpx raises within the block.

    The API key is for the service itself, and for no bucket that a result lies in. A file is read from its start.
    """
    url = urljoin(service.base_url + "/", call.path)
    headers = dict(call.headers) | ({"Idempotency-Key": call.key} if call.key else {})
    if service.api_key and urlsplit(url)[:2] == urlsplit(service.base_url)[:2]:
        headers["Authorization"] = f"Bearer {service.api_key}"
    with _Told(call.file, call.tell) if call.file else contextlib.nullcontext() as file:
        try:
            yield {
                "method": call.method,
                "url": url,
                "params": {name: value for name, value in call.params.items() if value is not None} or None,
                "json": call.body,
                "files": {"file": (call.file.name, file)} if call.file else None,
                "headers": headers,
                "timeout": service.timeout_s + call.hold_s,
                "follow_redirects": call.method == "GET",
            }
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            was_sent = not isinstance(exc, _NOT_SENT)
            raise ConnectionFailed(service.base_url, str(exc) or type(exc).__name__, was_sent=was_sent) from exc


class _Told(io.FileIO):
    """A file that tells how much of it was read."""

    def __init__(self, path: Path, tell: Tell | None) -> None:
        super().__init__(path)
        self._tell, self._size_bytes = tell, path.stat().st_size

    def read(self, size: int | None = -1, /) -> bytes:
        chunk = super().read(size) or b""
        if self._tell and chunk:
            self._tell(self.tell(), self._size_bytes)
        return chunk
