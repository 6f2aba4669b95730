"""The clients: a blocking one, and one for asyncio. Each only performs effects; what their methods do is shared.

A method is declared once. Found at a blocking client it returns its result, at the other one something to await.
"""

from __future__ import annotations

import asyncio
import functools
import time
import types
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, ExitStack, closing
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, Unpack, overload

import httpx

from seedbed_client import account, downloads, events, videos
from seedbed_client.exchange import Answer, Effect, Emit, Now, Pause, Read, Send, Service, Steps, Stream, final, take
from seedbed_client.transport import FOREIGN, Options, lost, must_trust_env, prepared, service_of

P = ParamSpec("P")
T = TypeVar("T")
C = TypeVar("C", bound="Seedbed | AsyncSeedbed")


class Seedbed:
    """The blocking client. Not for several threads at a time; give each its own.

    Close it, or use it in a `with` block. An `http_client` that you give stays yours to close.

    Without `api_key` and `base_url`, SEEDBED_CLIENT_KEY and SEEDBED_CLIENT_URL say them, and a service on this machine
    is the last guess. `timeout_s` (60) is for each step of a call, `max_retries` (3) for a call that got no answer or
    was told to come again. `idempotent_posts=False` is for a service that does not know Idempotency-Key: an order whose
    answer was lost is then not sent again, for it might be paid twice.
    """

    def __init__(
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        *,
        http_client: httpx.Client | None = None,
        **options: Unpack[Options],
    ) -> None:
        self.service = service_of(api_key, base_url, **options)
        self._is_ours = http_client is None
        self._http = http_client or httpx.Client(trust_env=must_trust_env(self.service.base_url))
        self.videos, self.assets, self.models, self.credits = Videos(self), Assets(self), Models(self), Credits(self)

    def __enter__(self) -> Seedbed:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._is_ours:
            self._http.close()

    def run(self, steps: Steps[T]) -> T:
        """Take steps to their end and return the result."""
        [result] = self.iterate(final(steps))
        return result

    def iterate(self, steps: Stream[T]) -> Iterator[T]:
        """Take steps and yield what they emit."""
        came: Any = None
        with closing(steps), ExitStack() as opened:
            while (effect := take(steps, came)) is not None:
                if isinstance(effect, Emit):
                    came = None
                    yield effect.value
                else:
                    came = self._perform(effect, opened)

    def _perform(self, effect: Effect, opened: ExitStack) -> Any:
        try:
            match effect:
                case Pause(seconds):
                    return time.sleep(seconds)
                case Now():
                    return time.monotonic()
                case Read(answer):
                    return next(answer.chunks, b"")
                case Send():
                    return self._send(effect, opened)
        except FOREIGN as exc:
            return lost(self.service, exc)

    def _send(self, effect: Send, opened: ExitStack) -> Answer:
        opened.close()
        with prepared(self.service, effect.call) as request:
            sent = self._http.build_request(**request)
            response = self._http.send(sent, stream=True, follow_redirects=effect.is_open)
        opened.callback(response.close)
        if effect.is_open and response.is_success:
            return Answer(response.status_code, response.headers, chunks=response.iter_bytes())
        return Answer(response.status_code, response.headers, response.read())


class AsyncSeedbed:
    """`Seedbed` for asyncio, with the same arguments. Close it, or use it in an `async with` block."""

    def __init__(
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        *,
        http_client: httpx.AsyncClient | None = None,
        **options: Unpack[Options],
    ) -> None:
        self.service = service_of(api_key, base_url, **options)
        self._is_ours = http_client is None
        self._http = http_client or httpx.AsyncClient(trust_env=must_trust_env(self.service.base_url))
        self.videos, self.assets, self.models, self.credits = Videos(self), Assets(self), Models(self), Credits(self)

    async def __aenter__(self) -> AsyncSeedbed:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        if self._is_ours:
            await self._http.aclose()

    async def run(self, steps: Steps[T]) -> T:
        """Take steps to their end and return the result."""
        [result] = [value async for value in self.iterate(final(steps))]
        return result

    async def iterate(self, steps: Stream[T]) -> AsyncIterator[T]:
        """Take steps and yield what they emit."""
        came: Any = None
        with closing(steps):
            async with AsyncExitStack() as opened:
                while (effect := take(steps, came)) is not None:
                    if isinstance(effect, Emit):
                        came = None
                        yield effect.value
                    else:
                        came = await self._perform(effect, opened)

    async def _perform(self, effect: Effect, opened: AsyncExitStack) -> Any:
        try:
            match effect:
                case Pause(seconds):
                    return await asyncio.sleep(seconds)
                case Now():
                    return time.monotonic()
                case Read(answer):
                    return await anext(answer.chunks, b"")
                case Send():
                    return await self._send(effect, opened)
        except FOREIGN as exc:
            return lost(self.service, exc)

    async def _send(self, effect: Send, opened: AsyncExitStack) -> Answer:
        await opened.aclose()
        with prepared(self.service, effect.call) as request:
            sent = self._http.build_request(**request)
            response = await self._http.send(sent, stream=True, follow_redirects=effect.is_open)
        opened.push_async_callback(response.aclose)
        if effect.is_open and response.is_success:
            return Answer(response.status_code, response.headers, chunks=response.aiter_bytes())
        return Answer(response.status_code, response.headers, await response.aread())


class Part(Generic[C]):
    """Some methods of a client."""

    def __init__(self, client: C) -> None:
        self.client = client


class Method(Generic[P, T]):
    """A method that takes the steps of a function to their end."""

    def __init__(self, step: Callable[Concatenate[Service, P], Steps[T]]) -> None:
        self._step = step

    @overload
    def __get__(self, part: Part[Seedbed], kind: object) -> Callable[P, T]: ...
    @overload
    def __get__(self, part: Part[AsyncSeedbed], kind: object) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, part: Any, kind: object) -> Any:
        return self if part is None else _bound(part.client.service, part.client.run, self._step)


class Emitting(Generic[P, T]):
    """A method that yields what a function emits."""

    def __init__(self, step: Callable[Concatenate[Service, P], Stream[T]]) -> None:
        self._step = step

    @overload
    def __get__(self, part: Part[Seedbed], kind: object) -> Callable[P, Iterator[T]]: ...
    @overload
    def __get__(self, part: Part[AsyncSeedbed], kind: object) -> Callable[P, AsyncIterator[T]]: ...
    def __get__(self, part: Any, kind: object) -> Any:
        return self if part is None else _bound(part.client.service, part.client.iterate, self._step)


def _bound(service: Service, take: Callable[[Any], Any], step: Callable[..., Any]) -> Any:
    def method(service: Service, /, *args: Any, **kwargs: Any) -> Any:
        return take(step(service, *args, **kwargs))

    return types.MethodType(functools.update_wrapper(method, step), service)


class Videos(Part[C]):
    create = Method(videos.create)
    estimate = Method(videos.estimate)
    rerun = Method(videos.rerun)
    get = Method(videos.get)
    list = Method(videos.page)
    list_all = Emitting(videos.every)
    cancel = Method(videos.cancel)
    wait = Method(videos.wait)
    events = Emitting(events.events)
    download = Method(downloads.download)


class Assets(Part[C]):
    upload = Method(account.upload)


class Models(Part[C]):
    list = Method(account.list_models)


class Credits(Part[C]):
    get = Method(account.credit_balance)
