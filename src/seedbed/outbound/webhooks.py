"""Posts one webhook through the guard and tells what came of it; whether to try again is decided elsewhere.

Nothing a receiver does can harm us: no redirect is followed, only the beginning of its answer is read, and all has one
deadline. No outcome is an exception, because each is a line in the delivery's log.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from ipaddress import ip_address

import httpx

from seedbed.core.openings import Opened, opens
from seedbed.core.urls import UrlFault, check_url
from seedbed.outbound.guard import STRAIGHT, Resolve, Way, guarded_client, resolve_by_system

EXCERPT_BYTES = 1024
_SECONDS = re.compile(r"\d{1,9}")


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` is None if no answer came, and then `error` says why. `excerpt` is the beginning of the answer's body.

    `is_private`: the receiver stands in a network that the operator opened, so its words are not for everybody.
    """

    status: int | None
    latency_ms: int
    excerpt: str = ""
    is_private: bool = False
    error: str | None = None
    retry_after: timedelta | None = None


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
    """Send a JSON body and return the answer, or why there was none. `timeout_s` is for all of it.

    Once the status line and the headers are there, the answer counts, whatever becomes of the body: of that, what comes
    within the time and the first KiB is kept, and the rest is not received.
    """
    began_s = time.monotonic()
    heard = _Heard()
    try:
        check_url(url, opened=opened)
        door = guarded_client(opened=opened, resolve=resolve, way=way, timeout_s=timeout_s)
        async with asyncio.timeout(timeout_s), door as client:
            sent = {**headers, "Content-Type": "application/json", "Accept-Encoding": "identity"}
            async with client.stream("POST", url, content=body, headers=sent) as response:
                heard.response = response
                heard.latency_ms = _since_ms(began_s)
                await _hear_beginning(response, heard.body)
    except UrlFault as exc:
        return _no_answer(f"The URL {exc}.", began_s)
    except (TimeoutError, httpx.TimeoutException):
        if heard.response is None:
            return _no_answer(f"No answer came within {timeout_s:g} s.", began_s)
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        if heard.response is None:
            return _no_answer(f"No answer came: {_why(exc)}.", began_s)
    return _answer(heard, opened)


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


@dataclass(slots=True)
class _Heard:
    """What was received so far, kept outside the block that the deadline cuts short."""

    response: httpx.Response | None = None
    latency_ms: int = 0
    body: bytearray = field(default_factory=bytearray)


def _answer(heard: _Heard, opened: Sequence[Opened]) -> Answer:
    response = heard.response
    assert response is not None  # or why there is none was returned before
    return Answer(
        response.status_code,
        heard.latency_ms,
        heard.body[:EXCERPT_BYTES].decode(errors="replace"),
        is_private=_is_in_opened(response, opened),
        retry_after=parse_retry_after(response.headers.get("retry-after"), now=datetime.now(UTC)),
    )


async def _hear_beginning(response: httpx.Response, body: bytearray) -> None:
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) >= EXCERPT_BYTES:
            return


def _is_in_opened(response: httpx.Response, opened: Sequence[Opened]) -> bool:
    """Say whether the address that was dialled is only called because the operator opened its network."""
    if not opened:
        return False
    peer = response.extensions["network_stream"].get_extra_info("server_addr")
    if not peer:
        return True
    is_plain = response.request.url.scheme == "http"
    return any(opens(entry, ip_address(peer[0]), port=peer[1], is_plain=is_plain) for entry in opened)


def _why(exc: Exception) -> str:
    match exc:
        case httpx.ConnectError():
            return "no connection could be made"
        case httpx.RemoteProtocolError() | httpx.ReadError() | httpx.WriteError():
            return "the connection was broken off"
        case _:
            return "the request failed"


def _no_answer(reason: str, began_s: float) -> Answer:
    return Answer(None, _since_ms(began_s), error=reason)


def _since_ms(began_s: float) -> int:
    return round((time.monotonic() - began_s) * 1000)
