"""Both clients in one way: a test says what it calls, and is run with the blocking and with the asynchronous one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any

import httpx

from seedbed_client import AsyncSeedbed, Seedbed

BASE = "http://127.0.0.1:1"
KEY = "sd2_live_x"
KINDS = [Seedbed, AsyncSeedbed]


class Either:
    def __init__(self, client: Seedbed | AsyncSeedbed) -> None:
        self.client = client

    async def __call__(self, ask: Callable[[Any], Any]) -> Any:
        if isinstance(self.client, Seedbed):
            return await asyncio.to_thread(ask, self.client)
        return await ask(self.client)

    async def all(self, ask: Callable[[Any], Any]) -> list[Any]:
        """Return all that a stream emits."""
        if isinstance(self.client, Seedbed):
            return await asyncio.to_thread(lambda: list(ask(self.client)))
        return [one async for one in ask(self.client)]


class Script:
    """A service that gives answers in turn, or raises them, and remembers what it was asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self._answers = iter(answers)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer.stream, Broken):
            return answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    def either(self, kind: type, **options: Any) -> Either:
        """Return a client of this service. It waits for nothing that the service does not ask for."""
        http = httpx.Client if kind is Seedbed else httpx.AsyncClient
        return Either(kind(KEY, BASE, http_client=http(transport=httpx.MockTransport(self)), **options))


class Broken(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that comes in these pieces, and then the connection is lost, unless the body is whole."""

    def __init__(self, *pieces: bytes, is_whole: bool = False) -> None:
        self._pieces, self._is_whole = pieces, is_whole
        self.is_closed = False

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces
        if not self._is_whole:
            raise httpx.ReadError("gone")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece

    def close(self) -> None:
        self.is_closed = True

    async def aclose(self) -> None:
        self.is_closed = True


def shown(status: str = "succeeded", **facts: Any) -> httpx.Response:
    """Return the answer of GET with the documented members alone, and what is given."""
    documented = {
        "success": True,
        "requestId": "req_1",
        "status": status,
        "model": "seedance-2.0",
        "prompt": "A fox.",
        "duration": 5,
        "aspectRatio": "16:9",
        "output": {"type": "video", "url": f"{BASE}/x.mp4"} if status == "succeeded" else None,
        "error": None,
    }
    return httpx.Response(200, json=documented | facts)


def created(**facts: Any) -> httpx.Response:
    body = {"success": True, "requestId": "req_1", "status": "queued", "creditsCharged": 64}
    return httpx.Response(200, json=body | facts)


def refused(status: int, code: str, *, retry_after: str | None = None, **facts: Any) -> httpx.Response:
    headers = {"X-Request-Id": "trace-1"} | ({"Retry-After": retry_after} if retry_after else {})
    error = {"code": code, "message": "no"} | facts
    return httpx.Response(status, json={"success": False, "error": error}, headers=headers)


def events(*blocks: str, tail: Sequence[bytes] = ()) -> httpx.Response:
    """Return a stream of events that is lost after these blocks."""
    pieces = [f"{block}\n\n".encode() for block in blocks]
    return httpx.Response(200, headers={"Content-Type": "text/event-stream"}, stream=Broken(*pieces, *tail))
