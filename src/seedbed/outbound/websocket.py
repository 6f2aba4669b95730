"""Listens to what a server that the operator has named tells over a WebSocket, for as long as somebody wants to know.

Nothing may depend on it: what is told shortens waits and makes progress finer, and whoever listens can ask as well. So
a connection that breaks, or never comes, is tried again in the background and is nobody's failure.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from urllib.parse import urlsplit

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from seedbed.outbound.guard import USER_AGENT, public_tls
from seedbed.outbound.upstream import BEAT_S, Beat, pause

OPEN_S = 10.0
CLOSE_S = 1.0
RECEIVE_S = 0.2  # how soon the thread notices that it is to end
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 15.0
MAX_MESSAGE_BYTES = 4_000_000


class Listener:
    """Hears one server between entering and leaving it. `hear` is called in a thread of its own, and must not raise.

    `url` begins with http:// or https://, as all of the server's addresses do; `headers` go to it alone.
    """

    def __init__(self, url: str, *, headers: Mapping[str, str], hear: Callable[[str | bytes], None]) -> None:
        self._url = "ws" + url.removeprefix("http")
        parts = urlsplit(url)
        self._is_secure = parts.scheme == "https"
        self._address = (parts.hostname, parts.port or (443 if self._is_secure else 80))
        self._headers = dict(headers)
        self._hear = hear
        self._open = threading.Event()
        self._ended = threading.Event()

    def __enter__(self) -> Listener:
        threading.Thread(target=self._run, name="listener", daemon=True).start()
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._ended.set()

    def wait_until_open(self, beat: Beat, *, patience_s: float) -> bool:
        """Return whether the server is heard, at the latest after that time. Raises Stop from `beat`."""
        until_s = time.monotonic() + patience_s
        while not self._open.is_set() and time.monotonic() < until_s:
            pause(BEAT_S, beat)
        return self._open.is_set()

    def _run(self) -> None:
        wait_s = FIRST_WAIT_S
        while not self._ended.is_set():
            # A server that is away, speaks no WebSocket, or says something that is none: all of it may pass.
            with suppress(OSError, ValueError, WebSocketException), self._connected() as socket:
                self._open.set()
                wait_s = FIRST_WAIT_S
                self._listen(socket)
            self._open.clear()
            self._ended.wait(wait_s)
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)

    def _connected(self) -> ClientConnection:
        return connect(
            self._url,
            address=self._address,  # said outright, it forbids redirects elsewhere, which our headers would go along
            ssl=public_tls() if self._is_secure else None,
            additional_headers=self._headers,
            user_agent_header=USER_AGENT,
            compression=None,
            proxy=None,
            open_timeout=OPEN_S,
            close_timeout=CLOSE_S,
            max_size=MAX_MESSAGE_BYTES,
        )

    def _listen(self, socket: ClientConnection) -> None:
        while not self._ended.is_set():
            with suppress(TimeoutError):
                self._hear(socket.recv(timeout=RECEIVE_S))
