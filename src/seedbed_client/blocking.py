"""The blocking client. Not for several threads at a time; give each its own."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any, Concatenate, ParamSpec, TypeVar, Unpack

import httpx

from seedbed_client import account, downloads, events, videos
from seedbed_client.exchange import Answer, Effect, Emit, Now, Pause, Read, Send, Service, Steps, Stream, final, take
from seedbed_client.transport import FOREIGN, Options, lost, must_trust_env, prepared, service_of

P = ParamSpec("P")
T = TypeVar("T")


class Seedbed:
    """Close it, or use it in a `with` block. An `http_client` that you give stays yours to close.

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
        self.videos, self.assets, self.models = Videos(self), Assets(self), Models(self)
        self.credits = Credits(self)

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
