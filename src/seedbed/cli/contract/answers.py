"""One server that is asked, and what it answers. The key goes to that server alone, and never into a text.

A server that asks for patience (429 with Retry-After) gets it, up to a limit. No answer at all is an answer here too:
one with a status of 0 and its trouble in words, so that one lost connection does not lose a report.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

MAX_BYTES = 4_000_000
PATIENCE_S = 120.0  # altogether for one request that is told to wait
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is an empty object where there was none that could be read as a JSON object."""

    status: int
    content: bytes
    body: dict[str, Any]
    trouble: str = ""

    @property
    def request_id(self) -> str:
        """The requestId, or an empty string."""
        found = self.body.get("requestId")
        return found if isinstance(found, str) else ""

    @property
    def charged_credits(self) -> int:
        found = self.body.get("creditsCharged")
        return found if isinstance(found, int) and not isinstance(found, bool) else 0


class Server:
    """Use it in a `with` block."""

    def __init__(
        self,
        base_url: str,
        *,
        timeout_s: float = 30.0,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._sleep = sleep
        # A proxy from the environment must not see what stays on this machine.
        is_local = urlsplit(self.base_url).hostname in _LOOPBACK
        self._http = httpx.Client(timeout=timeout_s, transport=transport, trust_env=not is_local)

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def ask(self, method: str, path: str, *, key: str | None, body: Any = None) -> Answer:
        """Send one request; `body` is sent as JSON, bytes as they are. Waits while it is told to wait."""
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        headers |= {"Content-Type": "application/json"} if content is not None else {}
        waited_s = 0.0
        while True:
            answer, pause_s = self._once(method, self.base_url + path, headers=headers, content=content)
            if answer.status != 429 or waited_s + pause_s > PATIENCE_S:
                return answer
            self._sleep(pause_s)
            waited_s += pause_s

    def first_bytes(self, url: str) -> Answer:
        """Fetch the beginning of a result, without the key, wherever it lies."""
        return self._once("GET", url, headers={"Range": "bytes=0-4095"}, content=None, follows=True)[0]

    def wait_s(self, seconds: float) -> None:
        self._sleep(seconds)

    def _once(
        self, method: str, url: str, *, headers: dict[str, str], content: bytes | None, follows: bool = False
    ) -> tuple[Answer, float]:
        """Return the answer, and after how many seconds one may ask again."""
        try:
            with self._http.stream(method, url, headers=headers, content=content, follow_redirects=follows) as response:
                received = bytearray()
                for chunk in response.iter_bytes(65_536):
                    received += chunk
                    if len(received) > MAX_BYTES:
                        break
                return Answer(response.status_code, bytes(received), _object(received)), _pause_s(response)
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            return Answer(0, b"", {}, trouble=f"no answer ({type(exc).__name__})"), 0.0


def _object(content: bytearray) -> dict[str, Any]:
    try:
        value = json.loads(bytes(content))
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _pause_s(response: httpx.Response) -> float:
    stated = response.headers.get("Retry-After", "")
    return max(1.0, float(stated)) if stated.isdigit() else 5.0
