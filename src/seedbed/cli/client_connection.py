"""One client's HTTP connection, bounded where uvicorn leaves it open: the head's size and time, and a stalled reader.

uvicorn with httptools keeps a connection that never says anything, reads a head of any length in memory, and waits for
ever for a client that does not read. A proxy in front bounds the same things earlier (docs/behind-a-proxy.md); these
limits are wider, for those who have none.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from seedbed.cli.open_files import most_connections

HEAD_S = 15.0  # from the first byte of a request, or from the connection, to the end of its headers
MAX_TARGET_BYTES = 8_192
MAX_HEADERS = 100
MAX_HEAD_BYTES = 65_536  # as soon as so much has come without an end; one of half as much that came whole is taken
STALLED_S = 60.0  # for a client to read what was sent, about 64 kB
MAX_CONNECTIONS = 10_000  # or fewer, if the system does not allow so many open files

_MALFORMED = "The request is not valid HTTP/1.1."


class _TooMuch(Exception):
    """The head is larger than anybody needs. Raised in a callback of the parser, it ends the parsing."""


class ClientConnection(HttpToolsProtocol):
    """Refuses with the envelope of the service, and closes what is too slow without a word."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_timer: asyncio.TimerHandle | None = None
        self._stall_timer: asyncio.TimerHandle | None = None
        self._head_bytes = 0  # of a head that has not ended
        self._header_bytes = 0
        self._is_in_head = False
        self._why_refused = _MALFORMED

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn narrows it
        super().connection_made(transport)
        if len(self.connections) > min(MAX_CONNECTIONS, most_connections()):
            self._refuse(503, "unavailable", "Too many connections are open; try again shortly.")
        else:
            self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_timer = self._stall_timer = _stopped(self._head_timer, self._stall_timer)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        super().data_received(data)
        self._head_bytes = self._head_bytes + len(data) if self._is_in_head else 0
        if self.transport.is_closing():
            return
        if self._head_bytes > MAX_HEAD_BYTES:
            self._why_refused = f"The request's head is longer than {MAX_HEAD_BYTES} bytes."
            self.send_400_response(self._why_refused)
        elif self._is_idle():
            # Not only a head that has begun: blank lines between requests, and a body that nobody wanted, count too.
            self._expect_head()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_in_head = True
        self._header_bytes = 0

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > MAX_TARGET_BYTES:
            raise self._too_much(f"The request's target is longer than {MAX_TARGET_BYTES} bytes.")

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._header_bytes += len(name) + len(value)
        if len(self.headers) > MAX_HEADERS:
            raise self._too_much(f"The request has more than {MAX_HEADERS} headers.")
        if self._header_bytes > MAX_HEAD_BYTES // 2:
            raise self._too_much(f"The request's headers are longer than {MAX_HEAD_BYTES // 2} bytes.")

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        self._head_timer = _stopped(self._head_timer)
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's word for it is plain text
        self._refuse(400, "invalid_request", self._why_refused)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stall_timer = self.loop.call_later(STALLED_S, self.transport.abort)

    def resume_writing(self) -> None:
        self._stall_timer = _stopped(self._stall_timer)
        super().resume_writing()

    def _is_idle(self) -> bool:
        return self._is_in_head or self.cycle is None or self.cycle.response_complete

    def _expect_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_S, self.timeout_keep_alive_handler)

    def _too_much(self, why: str) -> _TooMuch:
        self._why_refused = why
        return _TooMuch(why)

    def _refuse(self, status: int, code: str, message: str) -> None:
        error = {"code": code, "message": message} | ({"param": "request"} if status == 400 else {})
        body = json.dumps({"success": False, "error": error}, separators=(",", ":")).encode()
        head = {
            "content-type": "application/json",
            "content-length": str(len(body)),
            "connection": "close",
            "x-request-id": secrets.token_hex(12),
            "x-content-type-options": "nosniff",
            "cache-control": "no-store",
        } | ({"retry-after": "5"} if status == 503 else {})
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        self.transport.write(STATUS_LINE[status] + lines.encode() + b"\r\n" + body)
        self.transport.close()


def _stopped(*timers: asyncio.TimerHandle | None) -> asyncio.TimerHandle | None:
    """Stop the timers and return none."""
    for timer in timers:
        if timer is not None:
            timer.cancel()
    return None
