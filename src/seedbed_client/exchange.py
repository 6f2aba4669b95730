"""Requests and answers as values, and when to send one again. Nothing here touches a socket or a clock.

What a call takes is a generator of effects (`Steps`): it yields what is to be done, is sent what came of it, and
returns the result. A client only performs effects, so the blocking and the asynchronous one share everything else.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Generic, TypeVar
from urllib.parse import urljoin, urlsplit

from seedbed_client.errors import ApiError, ConnectionFailed, IdempotencyInFlight, SeedbedError, api_error_class
from seedbed_client.shapes import read
from seedbed_client.values import Page

T = TypeVar("T")
Tell = Callable[[int, int | None], object]  # bytes done, and of how many if that is known

ROOT = "/api/open/v1"
LONGEST_PAUSE_S = 60.0
_FIRST_PAUSE_S, _BACKOFF_CAP_S = 0.25, 8.0
_PASSING = frozenset({408, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Service:
    """Whom to call, as whom, and how patiently."""

    base_url: str
    api_key: str | None = field(repr=False)
    timeout_s: float = 60.0
    max_retries: int = 3
    idempotent_posts: bool = True

    def url(self, path: str) -> str:
        return urljoin(self.base_url + "/", path)

    def headers(self, url: str) -> dict[str, str]:
        """Return the key for the service itself, and nothing for a bucket that a result lies in."""
        is_ours = urlsplit(url)[:2] == urlsplit(self.base_url)[:2]
        return {"Authorization": f"Bearer {self.api_key}"} if self.api_key and is_ours else {}

    def ask(self, call: Call, kind: type[T], *, inside: str | None = None) -> Steps[T]:
        """Send a call until there is an answer to keep, and read it, or what lies `inside` a member of it.

        Raises ApiError and ConnectionFailed.
        """
        body = yield from self.ask_json(call)
        return self.shown(kind, body.get(inside) if inside else body)

    def ask_page(self, call: Call, kind: type[T]) -> Steps[Page[T]]:
        body = yield from self.ask_json(call)
        return Page(tuple(self.shown(kind, item) for item in body.get("data") or ()), body.get("cursor"))

    def ask_json(self, call: Call) -> Steps[dict[str, Any]]:
        answer = yield from self.exchange(call)
        body = answer.json()
        if body is None:
            raise ConnectionFailed(self.base_url, f"it answered {answer.status} without JSON")
        return body

    def shown(self, kind: type[T], body: Any) -> T:
        try:
            return read(kind, body)
        except ValueError as exc:
            raise ConnectionFailed(self.base_url, f"its answer is not what was asked for ({exc})") from exc

    def exchange(self, call: Call, *, is_open: bool = False) -> Steps[Answer]:
        for tried in itertools.count():
            error: SeedbedError | None
            try:
                answer: Answer = yield Send(call, is_open)
                error = error_of(answer)
            except ConnectionFailed as lost:
                error = lost
            if error is None:
                return answer
            pause = pause_s(self, call, error, tried=tried, chance=random.random())
            if pause is None:
                raise error
            yield Pause(pause)
        raise AssertionError("unreachable: the last try returns or raises")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """`path` may be a whole URL. `key` is the Idempotency-Key; `hold_s` how long the service may keep us waiting."""

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
class Answer:
    """`chunks` is what a client reads an open answer's body from, and of no use to others."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    chunks: Any = None

    def json(self) -> dict[str, Any] | None:
        try:
            found = json.loads(self.body)
        except ValueError:
            return None
        return found if isinstance(found, dict) else None


@dataclass(frozen=True, slots=True)
class Send:
    """Send a call; its answer comes back. With `is_open`, a good answer's body is left to be read."""

    call: Call
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """Read the next bytes of an open answer; none at its end. The next Send closes it."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class Pause:
    seconds: float


@dataclass(frozen=True, slots=True)
class Now:
    """Ask for the seconds of a clock that never goes back."""


@dataclass(frozen=True, slots=True)
class Emit(Generic[T]):
    """Hand something to the caller before the end."""

    value: T


Effect = Send | Read | Pause | Now
Steps = Generator[Effect, Any, T]
Stream = Generator[Effect | Emit[T], Any, None]


def take(steps: Stream[T], came: object) -> Effect | Emit[T] | None:
    """Hand over what came of the last effect, an error too, and return the next effect; None at the end."""
    try:
        return steps.throw(came) if isinstance(came, ConnectionFailed) else steps.send(came)
    except StopIteration:
        return None


def final(steps: Steps[T]) -> Stream[T]:
    """Emit the result of steps at their end."""
    yield Emit((yield from steps))


def pause_s(service: Service, call: Call, error: SeedbedError, *, tried: int, chance: float) -> float | None:
    """Return how long to wait before a call is sent again, or None not to. `chance`: 0.0 .. 1.0.

    A call is sent again only if nothing was done the first time, or doing it twice is the same as once.
    """
    is_safe = call.is_repeatable or call.method == "GET" or (call.key is not None and service.idempotent_posts)
    asked_s = None
    match error:
        case ApiError():
            asked_s = error.retry_after_s
            is_worth_it = error.status in _PASSING or isinstance(error, IdempotencyInFlight)
            is_safe = is_safe or error.status == 429
        case ConnectionFailed():
            is_worth_it = True
            is_safe = is_safe or not error.was_sent
        case _:
            return None
    if not (is_worth_it and is_safe) or tried >= service.max_retries or (asked_s or 0.0) > LONGEST_PAUSE_S:
        return None
    if asked_s is not None:
        return asked_s * (1 + chance / 10)
    return min(_FIRST_PAUSE_S * 2.0**tried, _BACKOFF_CAP_S) * (1 + chance) / 2


def error_of(answer: Answer) -> ApiError | None:
    """Return what an answer says went wrong, whoever wrote it: the service, or a proxy in front of it."""
    if answer.status < 400:
        return None
    said = (answer.json() or {}).get("error")
    error: Mapping[str, Any] = said if isinstance(said, dict) else {}
    code = str(error.get("code", answer.status))
    return api_error_class(code, answer.status)(
        str(error.get("message", f"The service answered {answer.status}")),
        status=answer.status,
        code=code,
        param=error.get("param"),
        request_id=answer.headers.get("x-request-id"),
        retry_after_s=retry_after_s(answer.headers),
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
