"""Calls and answers as values, and when to send one again. Nothing here touches a socket or a clock.

What a method takes is a coroutine, and all that takes time in it is done by three functions of its client. Those of the
blocking client never suspend it, so that it runs through in one go: the clients share everything but these three.
"""

from __future__ import annotations

import io
import random
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import httpx

from seedbed_client.errors import ApiError, ConnectionFailed, IdempotencyInFlight, class_of
from seedbed_client.values import Page, read

T = TypeVar("T")
Stream = AsyncGenerator[T, None]
Tell = Callable[[int, int | None], object]  # bytes done, and of how many if that is known

Trouble = ApiError | ConnectionFailed

ROOT = "/api/open/v1"
GENERATIONS = f"{ROOT}/video/generations"
LONGEST_PAUSE_S = 60.0
_FIRST_PAUSE_S, _BACKOFF_CAP_S = 0.25, 8.0
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL)
_PASSING = frozenset({408, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """`path` may be a whole URL, `key` is the Idempotency-Key. What is None among `params` is left out.

    `hold_s` is how long the service may keep us waiting.
    """

    method: str = "GET"
    path: str
    params: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    file: Path | None = None
    tell: Tell | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    key: str | None = None
    is_repeatable: bool = False
    hold_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Service:
    """Whom to call, as whom, how patiently, and by what: functions that do what takes time.

    `send` sends a call, once, and raises ConnectionFailed; the answer is to be read within its block. `now_s` is a
    clock that never goes back.
    """

    base_url: str
    api_key: str | None = field(repr=False)
    send: Callable[[Service, Call], AbstractAsyncContextManager[httpx.Response]] = field(repr=False)
    pause: Callable[[float], Awaitable[None]] = field(repr=False)
    now_s: Callable[[], float] = field(repr=False)
    timeout_s: float = 60.0
    max_retries: int = 3
    idempotent_posts: bool = True

    async def ask(self, call: Call, kind: type[T]) -> T:
        """Send a call until there is an answer to keep, and return what it shows.

        Raises ApiError and ConnectionFailed, as all of these do.
        """
        return self.shown(kind, await self.ask_json(call))

    async def ask_page(self, call: Call, kind: type[T]) -> Page[T]:
        body = await self.ask_json(call)
        return Page(tuple(self.shown(kind, item) for item in body.get("data") or ()), body.get("cursor"))

    async def ask_json(self, call: Call) -> dict[str, Any]:
        answer = await self.exchange(call)
        body = json_of(answer)
        if not body:
            raise ConnectionFailed(self.base_url, f"it answered {answer.status_code} without JSON")
        return body

    async def exchange(self, call: Call) -> httpx.Response:
        """Send a call until there is an answer to keep, and return all of it."""
        tried = 0
        while True:
            try:
                async with self.open(call) as answer:
                    await answer.aread()
                return answer
            except (ApiError, ConnectionFailed) as error:
                await self.rest(call, error, tried=tried)
                tried += 1

    @asynccontextmanager
    async def open(self, call: Call) -> AsyncIterator[httpx.Response]:
        """Send a call, once, and let its good answer be read within the block."""
        async with self.send(self, call) as answer:
            if answer.is_error:
                await answer.aread()
                raise error_of(answer)
            yield answer

    async def rest(self, call: Call, error: Trouble, *, tried: int) -> None:
        """Wait until a call is to be sent again. Raises the error if it is not to be."""
        pause = pause_s(self, call, error, tried=tried, chance=random.random())
        if pause is None:
            raise error
        await self.pause(pause)

    def shown(self, kind: type[T], body: Any) -> T:
        try:
            return read(kind, body)
        except ValueError as exc:
            raise ConnectionFailed(self.base_url, f"its answer is not what was asked for ({exc})") from exc


def path_of(request_id: str, below: str = "") -> str:
    return f"{GENERATIONS}/{quote(request_id, safe='')}{below}"


def pause_s(service: Service, call: Call, error: Trouble, *, tried: int, chance: float) -> float | None:
    """Return how long to wait before a call is sent again, or None not to. `chance`: 0.0 .. 1.0.

    A call is sent again only if nothing was done the first time, or doing it twice is the same as once.
    """
    is_safe = call.is_repeatable or call.method == "GET" or (call.key is not None and service.idempotent_posts)
    if isinstance(error, ConnectionFailed):
        asked_s, is_passing, was_done = None, True, error.was_sent
    else:
        asked_s, was_done = error.retry_after_s, error.status != 429
        is_passing = error.status in _PASSING or isinstance(error, IdempotencyInFlight)
    if not is_passing or (was_done and not is_safe) or tried >= service.max_retries:
        return None
    if asked_s is not None:
        return asked_s * (1 + chance / 10) if asked_s <= LONGEST_PAUSE_S else None
    return min(_FIRST_PAUSE_S * 2.0**tried, _BACKOFF_CAP_S) * (1 + chance) / 2


def json_of(answer: httpx.Response) -> dict[str, Any]:
    """Return the JSON object that an answer is, or an empty one if it is none: that is no answer of this API."""
    with suppress(ValueError):
        if isinstance(body := answer.json(), dict):
            return body
    return {}


def error_of(answer: httpx.Response) -> ApiError:
    """Return what an answer says went wrong, whoever wrote it: the service, or a proxy in front of it."""
    said = json_of(answer).get("error")
    error: Mapping[str, Any] = said if isinstance(said, dict) else {}
    status = answer.status_code
    code, message = str(error.get("code", status)), str(error.get("message", f"The service answered {status}"))
    request_id, wait_s = answer.headers.get("x-request-id"), retry_after_s(answer.headers)
    kind = class_of(ApiError, code, status)
    return kind(
        message, status=status, code=code, param=error.get("param"), request_id=request_id, retry_after_s=wait_s
    )


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of a Retry-After. A date counts from the answer's own."""
    said = headers.get("retry-after", "")
    if said.isdecimal():
        return float(said)
    try:
        wait = parsedate_to_datetime(said) - parsedate_to_datetime(headers.get("date", ""))
    except (ValueError, TypeError):
        return None
    return max(0.0, wait.total_seconds())


@contextmanager
def prepared(service: Service, call: Call) -> Iterator[dict[str, Any]]:
    """Give the arguments of a request, and translate what httpx raises within the block.

    The API key is for the service itself, and for no bucket that a result lies in. A file is read from its start.
    """
    url = call.path if urlsplit(call.path).scheme else service.base_url + call.path
    headers = dict(call.headers) | ({"Idempotency-Key": call.key} if call.key else {})
    if service.api_key and urlsplit(url)[:2] == urlsplit(service.base_url)[:2]:
        headers["Authorization"] = f"Bearer {service.api_key}"
    with _Told(call.file, call.tell) if call.file else nullcontext() as file:
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
