"""The clients: a blocking one, and one for asyncio. What their methods do is shared; each sends and waits its own way.

A method is declared once. Found at a blocking client it returns its result, at the other one something to await.
"""

from __future__ import annotations

import asyncio
import functools
import os
import time
import types
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from contextlib import asynccontextmanager
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar, cast, overload
from urllib.parse import urlsplit

import httpx

from seedbed_client import files, videos, watching
from seedbed_client.exchange import ROOT, Call, Service, Stream, prepared

P = ParamSpec("P")
A = TypeVar("A")
B = TypeVar("B")
H = TypeVar("H", bound=httpx.Client | httpx.AsyncClient)  # which tells the clients apart


class _Client(Generic[H]):
    _http_kind: type[H]
    _send: Any  # as Service wants them
    _pause: Any

    def __init__(
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        *,
        http_client: H | None = None,
        timeout_s: float = 60.0,
        max_retries: int = 3,
        idempotent_posts: bool = True,
    ) -> None:
        key = api_key or os.environ.get("SEEDBED_CLIENT_KEY")
        url = base_url or os.environ.get("SEEDBED_CLIENT_URL") or "http://127.0.0.1:8000"
        # A proxy from the environment must not see what stays on this machine.
        is_here = urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")
        self._http, self._is_ours = http_client or self._http_kind(trust_env=not is_here), http_client is None
        by = (self._send, self._pause, time.monotonic)
        self.service = Service(url.rstrip("/").removesuffix(ROOT), key, *by, timeout_s, max_retries, idempotent_posts)
        self.videos, self.assets, self.models, self.credits = Videos(self), Assets(self), Models(self), Credits(self)


class Seedbed(_Client[httpx.Client]):
    """The blocking client. Not for several threads at a time; give each its own.

    Close it, or use it in a `with` block. An `http_client` that you give stays yours to close.

    Without `api_key` and `base_url`, SEEDBED_CLIENT_KEY and SEEDBED_CLIENT_URL say them, and a service on this machine
    is the last guess. `timeout_s` (60) is for each step of a call, `max_retries` (3) for a call that got no answer or
    was told to come again. `idempotent_posts=False` is for a service that does not know Idempotency-Key: an order whose
    answer was lost is then not sent again, for it might be paid twice.
    """

    _http_kind = httpx.Client

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._is_ours:
            self._http.close()

    def run(self, work: Coroutine[Any, Any, B]) -> B:
        """Return the result of a coroutine over this client's service."""
        return _done(work)

    async def _pause(self, seconds: float) -> None:
        time.sleep(seconds)  # noqa: ASYNC251  to block is the point: whoever awaits this is never suspended

    @asynccontextmanager
    async def _send(self, service: Service, call: Call) -> AsyncIterator[httpx.Response]:
        with prepared(service, call) as request, self._http.stream(**request) as response:
            assert isinstance(response.stream, httpx.SyncByteStream)
            yield httpx.Response(response.status_code, headers=response.headers, content=_each(response.stream))


class AsyncSeedbed(_Client[httpx.AsyncClient]):
    """`Seedbed` for asyncio, with the same arguments. Close it, or use it in an `async with` block."""

    _http_kind = httpx.AsyncClient

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        if self._is_ours:
            await self._http.aclose()

    async def run(self, work: Coroutine[Any, Any, B]) -> B:
        return await work

    _pause = staticmethod(asyncio.sleep)

    @asynccontextmanager
    async def _send(self, service: Service, call: Call) -> AsyncIterator[httpx.Response]:
        with prepared(service, call) as request:
            async with self._http.stream(**request) as response:
                yield response


async def _each(chunks: Iterable[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def _done(work: Coroutine[Any, Any, B]) -> B:
    """Run a coroutine that nothing suspends."""
    try:
        work.send(None)
    except StopIteration as end:
        return cast("B", end.value)
    raise AssertionError("unreachable: the blocking client suspends nothing")


def _emitted(stream: Stream[B]) -> Iterator[B]:
    """Yield what comes out of a stream that nothing suspends."""
    try:
        while (one := _done(anext(stream, None))) is not None:
            yield one
    finally:
        _done(stream.aclose())


class Part(Generic[H]):
    """Some methods of a client."""

    def __init__(self, client: _Client[H]) -> None:
        self.client = client


class Method(Generic[P, A, B]):
    """A function of the service as a method. Of what it returns, the blocking client gives what `finish` makes."""

    def __init__(self, step: Callable[Concatenate[Service, P], A], finish: Callable[[A], B]) -> None:
        self._step, self._finish = step, finish

    @overload
    def __get__(self, part: Part[httpx.Client], kind: object) -> Callable[P, B]: ...
    @overload
    def __get__(self, part: Part[httpx.AsyncClient], kind: object) -> Callable[P, A]: ...
    def __get__(self, part: Any, kind: object) -> Any:
        @functools.wraps(self._step)
        def finished(service: Service, /, *args: P.args, **kwargs: P.kwargs) -> B:
            return self._finish(self._step(service, *args, **kwargs))

        if part is None:
            return self
        return types.MethodType(finished if isinstance(part.client, Seedbed) else self._step, part.client.service)


class Videos(Part[H]):
    create = Method(videos.create, _done)
    estimate = Method(videos.estimate, _done)
    rerun = Method(videos.rerun, _done)
    get = Method(videos.get, _done)
    list = Method(videos.page, _done)
    list_all = Method(videos.every, _emitted)
    cancel = Method(videos.cancel, _done)
    wait = Method(watching.wait, _done)
    events = Method(watching.events, _emitted)
    download = Method(files.download, _done)


class Assets(Part[H]):
    upload = Method(files.upload, _done)


class Models(Part[H]):
    list = Method(videos.list_models, _done)


class Credits(Part[H]):
    get = Method(videos.credit_balance, _done)
