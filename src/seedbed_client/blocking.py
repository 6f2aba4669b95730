"""The blocking client. Not for several threads at a time; give each its own."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, TypeVar

import httpx

from seedbed_client import account, downloads, events, videos, webhooks
from seedbed_client.errors import ConnectionFailed
from seedbed_client.exchange import Answer, Effect, Emit, Now, Pause, Read, Send, Service, Steps, Stream
from seedbed_client.transport import CHUNK_BYTES, final, lost, must_trust_env, prepared, service_of

P = ParamSpec("P")
T = TypeVar("T")


class Seedbed:
    """Close it, or use it in a `with` block. An `http_client` that you give stays yours to close.

    Without `api_key` and `base_url`, SEEDBED_CLIENT_KEY and SEEDBED_CLIENT_URL say them, and a service on this machine
    is the last guess. `idempotent_posts=False` is for a service that does not know Idempotency-Key: an order whose
    answer was lost is then not sent again, for it might be paid twice.
    """

    def __init__(
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        *,
        timeout_s: float = 60.0,
        max_retries: int = 3,
        http_client: httpx.Client | None = None,
        idempotent_posts: bool = True,
    ) -> None:
        self.service = service_of(
            api_key, base_url, timeout_s=timeout_s, max_retries=max_retries, idempotent_posts=idempotent_posts
        )
        self._is_ours = http_client is None
        self._http = http_client or httpx.Client(trust_env=must_trust_env(self.service.base_url))
        self.videos, self.assets, self.models = Videos(self), Assets(self), Models(self)
        self.credits, self.webhooks = Credits(self), Webhooks(self)

    def __enter__(self) -> Seedbed:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        if self._is_ours:
            self._http.close()

    def run(self, steps: Steps[T]) -> T:
        """Take steps to their end and return the result."""
        result: list[T] = list(self.iterate(final(steps)))
        return result[0]

    def iterate(self, steps: Stream[T]) -> Iterator[T]:
        """Take steps and yield what they emit."""
        with closing(steps), closing(_Line(self._http, self.service)) as line:
            advance, came = steps.send, None
            while True:
                try:
                    effect = advance(came)
                except StopIteration:
                    return
                if isinstance(effect, Emit):
                    yield effect.value
                    advance, came = steps.send, None
                    continue
                try:
                    advance, came = steps.send, line.perform(effect)
                except ConnectionFailed as exc:
                    advance, came = steps.throw, exc


class _Line:
    """Performs the effects of one call after another. At most one answer is open."""

    def __init__(self, http: httpx.Client, service: Service) -> None:
        self._http, self._service = http, service
        self._open: httpx.Response | None = None
        self._chunks: Iterator[bytes] = iter(())

    def perform(self, effect: Effect) -> Any:
        match effect:
            case Pause(seconds):
                return time.sleep(seconds)
            case Now():
                return time.monotonic()
            case Send():
                return self._send(effect)
            case Read():
                with lost(self._service):
                    return next(self._chunks, b"")

    def _send(self, effect: Send) -> Answer:
        self.close()
        with lost(self._service), prepared(self._service, effect.call) as request:
            response = self._http.send(
                self._http.build_request(**request), stream=True, follow_redirects=effect.is_open
            )
            self._open = response
            if effect.is_open and response.is_success:
                self._chunks = response.iter_bytes(CHUNK_BYTES)
                return Answer(response.status_code, response.headers)
            body = response.read()
        self.close()
        return Answer(response.status_code, response.headers, body)

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
        self._open, self._chunks = None, iter(())


def _call(step: Callable[Concatenate[Service, P], Steps[T]]) -> Callable[Concatenate[_Part, P], T]:
    """Make a method that takes the steps of a function to their end."""

    def method(part: _Part, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return part.client.run(step(part.client.service, *args, **kwargs))

    return functools.update_wrapper(method, step)


def _stream(step: Callable[Concatenate[Service, P], Stream[T]]) -> Callable[Concatenate[_Part, P], Iterator[T]]:
    """Make a method that yields what a function emits."""

    def method(part: _Part, /, *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
        return part.client.iterate(step(part.client.service, *args, **kwargs))

    return functools.update_wrapper(method, step)


class _Part:
    def __init__(self, client: Seedbed) -> None:
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


class Webhooks(_Part):
    secret = _call(webhooks.secret)
    rotate = _call(webhooks.rotate)
    deliveries = _call(webhooks.deliveries)
    redeliver = _call(webhooks.redeliver)
    endpoints = _call(webhooks.endpoints)
    switch_on = _call(webhooks.switch_on)
    listen = _call(webhooks.listen)
