"""Posts one webhook through the guard and tells what came of it; whether to try again is decided elsewhere.

Nothing a receiver does can harm us: no redirect is followed, only the beginning of its answer is read, and all has one
deadline. No outcome is an exception, because each is a line in the delivery's log.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

from seedbed.core.openings import Opened
from seedbed.core.urls import UrlFault, check_url
from seedbed.outbound.guard import STRAIGHT, Resolve, Way, guarded_client, resolve_by_system

EXCERPT_BYTES = 1024
_SECONDS = re.compile(r"\d{1,9}")


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` is None if no answer came, and then `excerpt` says why."""

    status: int | None
    latency_ms: int
    excerpt: str
    retry_after: timedelta | None = None

    @property
    def is_accepted(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """The receiver wants no more of these."""
        return self.status == 410


async def post_webhook(
    url: str,
    *,
    body: bytes,
    headers: Mapping[str, str],
    timeout_s: float,
    opened: Sequence[Opened] = (),
    resolve: Resolve = resolve_by_system,
    way: Way = STRAIGHT,
) -> Answer:
    """Send a JSON body and return the answer, or why there was none. `timeout_s` is for all of it."""
    began_s = time.monotonic()
    try:
        check_url(url, opened=opened)
        async with asyncio.timeout(timeout_s), guarded_client(opened=opened, resolve=resolve, way=way) as client:
            sent = {**headers, "Content-Type": "application/json", "Accept-Encoding": "identity"}
            async with client.stream("POST", url, content=body, headers=sent) as response:
                excerpt = await _beginning(response)
    except UrlFault as exc:
        return _no_answer(f"The URL {exc}.", began_s)
    except (TimeoutError, httpx.TimeoutException):
        return _no_answer(f"No answer came within {timeout_s:g} s.", began_s)
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        return _no_answer(f"No answer came: {_why(exc)}.", began_s)
    retry_after = parse_retry_after(response.headers.get("retry-after"), now=datetime.now(UTC))
    return Answer(response.status_code, _since_ms(began_s), excerpt, retry_after)


def parse_retry_after(text: str | None, *, now: datetime) -> timedelta | None:
    """Return the wait that a Retry-After header asks for (seconds, or an HTTP date); None if it cannot be read."""
    if text is None:
        return None
    if _SECONDS.fullmatch(text.strip()):
        return timedelta(seconds=int(text))
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(timedelta(0), moment.replace(tzinfo=moment.tzinfo or UTC) - now)


async def _beginning(response: httpx.Response) -> str:
    data = b""
    async for chunk in response.aiter_raw(EXCERPT_BYTES):
        data += chunk
        if len(data) >= EXCERPT_BYTES:
            break
    return data[:EXCERPT_BYTES].decode(errors="replace")


def _why(exc: Exception) -> str:
    match exc:
        case httpx.ConnectError():
            return "no connection could be made"
        case httpx.RemoteProtocolError() | httpx.ReadError() | httpx.WriteError():
            return "the connection was broken off"
        case _:
            return "the request failed"


def _no_answer(reason: str, began_s: float) -> Answer:
    return Answer(None, _since_ms(began_s), reason)


def _since_ms(began_s: float) -> int:
    return round((time.monotonic() - began_s) * 1000)
