"""The asynchronous client: the same steps as the blocking one, to be awaited, or iterated with `async for`."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, closing
from typing import Any, Concatenate, ParamSpec, TypeVar, Unpack

import httpx

from seedbed_client import account, downloads, events, videos
from seedbed_client.exchange import Answer, Effect, Emit, Now, Pause, Read, Send, Service, Steps, Stream, final, take
from seedbed_client.transport import FOREIGN, Options, lost, must_trust_env, prepared, service_of

P = ParamSpec("P")
T = TypeVar("T")


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
        self.videos, self.assets, self.models = Videos(self), Assets(self), Models(self)
        self.credits = Credits(self)

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


def _call(step: Callable[Concatenate[Service, P], Steps[T]]) -> Callable[Concatenate[_Part, P], Coroutine[Any, Any, T]]:
    """Make a method that takes the steps of a function to their end."""

    def method(part: _Part, /, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, T]:
        return part.client.run(step(part.client.service, *args, **kwargs))

    return functools.update_wrapper(method, step)


def _stream(step: Callable[Concatenate[Service, P], Stream[T]]) -> Callable[Concatenate[_Part, P], AsyncIterator[T]]:
    """Make a method that yields what a function emits."""

    def method(part: _Part, /, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[T]:
        return part.client.iterate(step(part.client.service, *args, **kwargs))

    return functools.update_wrapper(method, step)


class _Part:
    def __init__(self, client: AsyncSeedbed) -> None:
        self.client = client


class Videos(_Part):
    create = _call(videos.create)
    estimate = _call(videos.estimate)
    rerun = _call(videos.rerun)
    get = _call(videos.get)
    list = _call(videos.page)
    list_all = _stream(videos.every)
    cancel = _call(videos.cancel)
    wait = _call(videos.wait)
    events = _stream(events.events)
    download = _call(downloads.download)


class Assets(_Part):
    upload = _call(account.upload)


class Models(_Part):
    list = _call(account.list_models)


class Credits(_Part):
    get = _call(account.credit_balance)
