"""Speaks with a server that the operator has named: another service that makes videos, asked by an engine.

The engine works in a thread of its own and must notice within a moment that it is to stop, so every wait here calls its
`beat`. What is repeated is only what may be: a request that orders something is tried once, and if its answer is lost
that is said (`Unanswered`), because only the caller knows how to find out. The operator's own server is trusted to be
where it is, and in nothing else: bodies are bounded, and what its answers point at elsewhere goes through the guard.
"""

from __future__ import annotations

import asyncio
import functools
import json
import threading
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

import httpx

from seedbed.core.engine import Stop
from seedbed.core.errors import JobFailure, UpstreamFailed, UpstreamRefused
from seedbed.core.faults import Fault, MediaFault
from seedbed.core.openings import Opened
from seedbed.outbound.fetch import fetch
from seedbed.outbound.guard import USER_AGENT

T = TypeVar("T")
Beat = Callable[[], None]  # raises Stop

BEAT_S = 0.05
MAX_ANSWER_BYTES = 8_000_000
MAX_REDIRECTS = 3
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 15.0
MAX_RETRY_AFTER_S = 120.0
LONGEST_S = 600.0  # one request with its answer, however steadily the server sends a little


class Unanswered(Exception):
    """No whole answer came. `was_sent`: the server may have read the request all the same."""

    def __init__(self, reason: str, *, was_sent: bool) -> None:
        super().__init__(reason)
        self.was_sent = was_sent


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered. `headers` are by lower-case name; `text` is for logs, never for a job's owner."""

    status: int
    headers: Mapping[str, str]
    content: bytes = field(repr=False)

    @property
    def is_ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        return self.content[:2000].decode(errors="replace")

    @property
    def retry_after_s(self) -> float | None:
        return _seconds_of(self.headers.get("retry-after"))

    def members(self) -> dict[str, Any]:
        """Return the JSON object that this is. Raises UpstreamFailed if it is something else, such as a web page."""
        try:
            found = json.loads(self.content)
        except ValueError as exc:
            kind = self.headers.get("content-type", "no content type").split(";")[0][:60]
            raise UpstreamFailed(f"The remote engine answered {self.status} with {kind} instead of JSON.") from exc
        if not isinstance(found, dict):
            raise UpstreamFailed(f"The remote engine answered {self.status} with JSON that is no object.")
        return found

    def members_if_any(self) -> dict[str, Any]:
        """Return the JSON object that this is; empty for anything else."""
        try:
            return self.members()
        except UpstreamFailed:
            return {}


@dataclass(kw_only=True)
class Upstream:
    """One server. `base_url` ends without a slash; `headers` go to its origin alone. Close it after use;
    one that is let go closes itself.

    `opened` are networks that its results may lie in although they are not public.
    """

    base_url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    opened: Sequence[Opened] = ()
    timeout_s: float = 30.0

    def __post_init__(self) -> None:
        self._client = httpx.Client(
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity", **self.headers},
            timeout=self.timeout_s,
            follow_redirects=False,
            trust_env=False,
        )
        weakref.finalize(self, self._client.close)

    def close(self) -> None:
        self._client.close()

    def send(self, method: str, path: str, *, beat: Beat, deadline_s: float = LONGEST_S, **request: Any) -> Reply:
        """Send once, and return whatever is answered. `request` is as httpx takes it: json, data, files, params ...

        Raises Unanswered, and Stop from `beat`: then it is unknown what becomes of the request.
        """
        return beside(functools.partial(self._send, method, path, request), beat, deadline_s=deadline_s)

    def ask(self, method: str, path: str, *, beat: Beat, patience_s: float = 60.0, **request: Any) -> Reply:
        """Send what may be repeated, again and again until something is answered that will not pass by itself.

        Honours Retry-After. When `patience_s` is over it returns the last answer, or raises UpstreamFailed.
        """
        until_s = time.monotonic() + patience_s
        wait_s = FIRST_WAIT_S
        while True:
            reply: Reply | None = None
            try:
                reply = self.send(method, path, beat=beat, **request)
                if reply.status not in PASSING:
                    return reply
                pause_s = max(wait_s, reply.retry_after_s or 0.0)
            except Unanswered as exc:
                pause_s, reason = wait_s, str(exc)
            if time.monotonic() + pause_s > until_s:
                if reply is not None:
                    return reply
                raise UpstreamFailed(f"The remote engine cannot be reached: {reason}.")
            pause(pause_s, beat)
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)

    def download(
        self,
        url: str,
        out: Path,
        *,
        beat: Beat,
        limit_bytes: int,
        deadline_s: float = 600.0,
        patience_s: float = 0.0,
    ) -> None:
        """Bring a result into a file, which is not there if it fails. `url` may be a path or an address here, or a
        public one elsewhere.

        Only this server's own origin sees the headers. `patience_s`: how long it is asked for again where it is not
        there yet (404), not to be had now, or broke off. Raises UpstreamFailed (UpstreamRefused if it is too large),
        and Stop from `beat`.
        """
        until_s = time.monotonic() + deadline_s
        patient_until_s = min(until_s, time.monotonic() + patience_s)
        wait_s = FIRST_WAIT_S
        work = functools.partial(self._download, url, out, limit_bytes, until_s)
        while True:
            out.unlink(missing_ok=True)
            try:
                return beside(work, beat, deadline_s=max(1.0, until_s + self.timeout_s - time.monotonic()))
            except Unanswered as exc:
                if time.monotonic() + wait_s > patient_until_s:
                    out.unlink(missing_ok=True)
                    raise UpstreamFailed(f"The remote engine's video could not be downloaded: {exc}.") from exc
            except UpstreamFailed:
                out.unlink(missing_ok=True)
                raise
            pause(wait_s, beat)
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)

    def _url(self, path: str) -> str:
        return path if "://" in path else f"{self.base_url}{path}"

    def _send(self, method: str, path: str, request: Mapping[str, Any]) -> Reply:
        try:
            with self._client.stream(method, self._url(path), **request) as response:
                content = _bounded(response)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as exc:
            raise Unanswered("no connection could be made", was_sent=False) from exc
        except httpx.TimeoutException as exc:
            raise Unanswered(f"no answer came within {self.timeout_s:g} s", was_sent=True) from exc
        except httpx.HTTPError as exc:
            raise Unanswered("the connection broke before the answer was whole", was_sent=True) from exc
        except httpx.InvalidURL as exc:
            raise UpstreamFailed("The remote engine's address is none that can be called.") from exc
        return Reply(response.status_code, {k.lower(): v for k, v in response.headers.items()}, content)

    def _download(self, url: str, out: Path, limit_bytes: int, until_s: float) -> None:
        url = self._url(url)
        try:
            for _ in range(MAX_REDIRECTS + 1):
                if not _is_same_origin(url, self.base_url):
                    return self._fetch(url, out, limit_bytes, until_s)
                following = self._receive(url, out, limit_bytes, until_s)
                if following is None:
                    return None
                url = urljoin(url, following)
        except (httpx.InvalidURL, ValueError) as exc:
            raise UpstreamFailed("The remote engine's video lies at an address that is none.") from exc
        raise UpstreamFailed(f"The remote engine's result redirects more than {MAX_REDIRECTS} times.")

    def _receive(self, url: str, out: Path, limit_bytes: int, until_s: float) -> str | None:
        """Write the file, or return where it is said to be."""
        try:
            with self._client.stream("GET", url) as response:
                if response.is_redirect:
                    return str(response.headers.get("location", ""))
                if response.status_code == 404 or response.status_code in PASSING:
                    raise Unanswered(f"the server answered {response.status_code}", was_sent=True)
                if response.status_code != 200:
                    raise UpstreamFailed(f"The remote engine answered {response.status_code} instead of its video.")
                with out.open("wb") as file:
                    for chunk in response.iter_raw():
                        file.write(chunk)
                        if file.tell() > limit_bytes:
                            raise UpstreamRefused(f"The remote engine's video is larger than {limit_bytes} bytes.")
                        if time.monotonic() > until_s:
                            raise UpstreamFailed("The remote engine's video took too long to download.")
        except httpx.ConnectError as exc:
            raise Unanswered("no connection could be made", was_sent=False) from exc
        except httpx.HTTPError as exc:
            raise Unanswered("the server broke off", was_sent=True) from exc
        return None

    def _fetch(self, url: str, out: Path, limit_bytes: int, until_s: float) -> None:
        left_s = max(1.0, until_s - time.monotonic())
        try:
            asyncio.run(fetch(url, out, limit_bytes=limit_bytes, deadline_s=left_s, opened=self.opened))
        except MediaFault as fault:
            kind = UpstreamRefused if fault.fault is Fault.TOO_LARGE else UpstreamFailed
            raise kind(f"The remote engine's video cannot be fetched: {fault.reason}.") from fault


def beside(work: Callable[[], T], beat: Beat, *, deadline_s: float = float("inf")) -> T:
    """Do the work in a thread while `beat` is called. If that raises, the work is left to end by itself.

    So it is after `deadline_s`; then Unanswered is raised.
    """
    until_s = time.monotonic() + deadline_s
    outcome: list[T] = []
    faults: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(work())
        except (Unanswered, JobFailure, OSError, ValueError) as exc:
            faults.append(exc)

    thread = threading.Thread(target=run, name="upstream", daemon=True)
    thread.start()
    while thread.is_alive():
        beat()
        thread.join(BEAT_S)
        if time.monotonic() > until_s and thread.is_alive():
            raise Unanswered(f"no whole answer came within {deadline_s:g} s", was_sent=True)
    if faults:
        raise faults[0]
    return outcome[0]


def pause(wait_s: float, beat: Beat) -> None:
    """Let time pass. Raises Stop from `beat`."""
    until_s = time.monotonic() + wait_s
    while True:
        beat()
        left_s = until_s - time.monotonic()
        if left_s <= 0:
            return
        time.sleep(min(BEAT_S, left_s))


class Holding:
    """A `beat` that keeps a Stop back, for the one request whose answer must be heard: the order itself."""

    def __init__(self, beat: Beat) -> None:
        self._beat = beat
        self._stop: Stop | None = None

    def __call__(self) -> None:
        if self._stop is None:
            try:
                self._beat()
            except Stop as stop:
                self._stop = stop

    def release(self) -> None:
        """Raise the Stop that came meanwhile, if one did."""
        if self._stop is not None:
            raise self._stop


def _bounded(response: httpx.Response) -> bytes:
    content = bytearray()
    for chunk in response.iter_bytes():
        content += chunk
        if len(content) > MAX_ANSWER_BYTES:
            raise UpstreamFailed(f"The remote engine's answer is larger than {MAX_ANSWER_BYTES} bytes.")
    return bytes(content)


def _is_same_origin(url: str, base_url: str) -> bool:
    return _origin(url) == _origin(base_url)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _seconds_of(retry_after: str | None) -> float | None:
    if not retry_after:
        return None
    try:
        wait_s = float(retry_after)
    except ValueError:
        try:
            wait_s = parsedate_to_datetime(retry_after).timestamp() - time.time()
        except ValueError:
            return None
    return min(max(0.0, wait_s), MAX_RETRY_AFTER_S)
