"""Downloads one file that somebody else's URL names, through the guard, within bytes and seconds.

Nothing that the server says is trusted: not its length (only to refuse early), not its type, not where it redirects to.
Messages are ours alone: of the answer they hold the status at most, and of the URL nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import httpx

from seedbed.core.faults import Fault, MediaFault
from seedbed.core.openings import Opened
from seedbed.core.urls import UrlFault, check_url
from seedbed.outbound.guard import STRAIGHT, Resolve, Way, guarded_client, resolve_by_system

MAX_REDIRECTS = 3
REDIRECTS = (301, 302, 303, 307, 308)
NOT_A_URL = "it redirects to something that is not a URL"
REQUEST_HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was downloaded. `content_type` is what the server called it; it decides nothing."""

    size_bytes: int
    sha256: str
    content_type: str | None


async def fetch(
    url: str,
    into: Path,
    *,
    limit_bytes: int,
    deadline_s: float,
    opened: Sequence[Opened] = (),
    resolve: Resolve = resolve_by_system,
    way: Way = STRAIGHT,
) -> Fetched:
    """Download into a file that must not exist yet; it is removed when the download fails.

    Raises MediaFault: forbidden, unreachable (also 404 and time-outs), too large, invalid.
    """
    try:
        async with asyncio.timeout(deadline_s), guarded_client(opened=opened, resolve=resolve, way=way) as client:
            return await _follow(client, url, into, limit_bytes=limit_bytes, opened=opened)
    except TimeoutError as exc:
        raise MediaFault(Fault.UNREACHABLE, f"the download was not done within {deadline_s:g} s") from exc
    except httpx.TimeoutException as exc:
        raise MediaFault(Fault.UNREACHABLE, "the server did not answer in time") from exc
    except httpx.HTTPError as exc:
        # httpx looks at where a redirect leads even if it is not to follow it, and says it in these words.
        if "in location header" in str(exc):
            raise MediaFault(Fault.FORBIDDEN, NOT_A_URL) from exc
        raise MediaFault(Fault.UNREACHABLE, _why(exc)) from exc


async def _follow(
    client: httpx.AsyncClient, url: str, into: Path, *, limit_bytes: int, opened: Sequence[Opened]
) -> Fetched:
    for hop in range(MAX_REDIRECTS + 1):
        try:
            check_url(url, opened=opened)
            async with client.stream("GET", url, headers=REQUEST_HEADERS) as response:
                if response.status_code not in REDIRECTS:
                    return await _receive(response, into, limit_bytes=limit_bytes)
                url = _next_url(response)
        except (UrlFault, httpx.InvalidURL) as exc:
            raise _forbidden(exc, is_redirected=hop > 0) from exc
        client.cookies.clear()
    raise MediaFault(Fault.UNREACHABLE, f"it redirects more than {MAX_REDIRECTS} times; use the final URL")


async def _receive(response: httpx.Response, into: Path, *, limit_bytes: int) -> Fetched:
    if response.status_code != 200:
        raise MediaFault(Fault.UNREACHABLE, f"the server answered {response.status_code}; 200 is needed")
    # The body is read as it came: a decoder would turn one small chunk of a gzip bomb into all of our memory.
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise MediaFault(Fault.INVALID, "the server compressed the file although it was asked not to")
    announced = response.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit_bytes:
        raise _too_large(limit_bytes)
    return await _store(response, into, limit_bytes=limit_bytes)


async def _store(response: httpx.Response, into: Path, *, limit_bytes: int) -> Fetched:
    digest = hashlib.sha256()
    size_bytes = 0
    with _new_file(into) as file:
        async for chunk in response.aiter_raw():
            size_bytes += len(chunk)
            if size_bytes > limit_bytes:
                raise _too_large(limit_bytes)
            digest.update(chunk)
            file.write(chunk)  # at most some 64 kB to a local disk: too little to be worth a thread
    return Fetched(size_bytes, digest.hexdigest(), response.headers.get("content-type"))


@contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    """Open a new file for writing, and leave none behind when the writing fails."""
    with path.open("xb") as file, ExitStack() as undo:
        undo.callback(path.unlink)
        yield file
        undo.pop_all()


def _next_url(response: httpx.Response) -> str:
    location = response.headers.get("location")
    if not location:
        raise MediaFault(Fault.UNREACHABLE, f"the server answered {response.status_code} without saying where to go")
    try:
        following = response.url.join(location)
    except httpx.InvalidURL as exc:
        raise MediaFault(Fault.FORBIDDEN, NOT_A_URL) from exc
    if following.scheme not in ("http", "https"):  # refused here, because `check_url` would name it
        raise MediaFault(Fault.FORBIDDEN, "it redirects to another scheme than https")
    return str(following)


def _forbidden(exc: Exception, *, is_redirected: bool) -> MediaFault:
    """Say what was wrong. Where it redirects to is part of an answer that may not be the caller's to see."""
    reason = str(exc) if isinstance(exc, UrlFault) else "is not a URL that can be called"
    where = "it redirects to a URL that" if is_redirected else "its URL"
    return MediaFault(Fault.FORBIDDEN, f"{where} {reason}")


def _too_large(limit_bytes: int) -> MediaFault:
    return MediaFault(Fault.TOO_LARGE, f"the file is larger than {limit_bytes} bytes")


def _why(exc: httpx.HTTPError) -> str:
    match exc:
        case httpx.ConnectError():
            return f"no connection could be made: {exc}" if "host name" in str(exc) else "no connection could be made"
        case httpx.ProxyError():
            return "the outgoing proxy of this service did not let the request through"
        case httpx.RemoteProtocolError() | httpx.ReadError():
            return "the server broke the connection off or did not speak HTTP"
        case _:
            return "the download failed"
