"""The outermost layer of every request: its id, its one line in the log, security headers, the net under everything.

An answer may set a security header itself, as results do; what it leaves open is closed here. HSTS is not among them:
only the proxy that speaks TLS knows whether there is any. The line holds no prompt, no key and no body. A path may name
a job, a query is left out.
"""

from __future__ import annotations

import asyncio
import secrets
import time

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger()

REQUEST_ID_HEADER = "X-Request-Id"
MAX_LOGGED_CHARACTERS = 200
SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class RequestEdge:
    """Pure ASGI middleware. Each dialect answers its own faults, the 500 too; what still comes here is only logged."""

    def __init__(self, app: ASGIApp, *, stopping: asyncio.Event | None = None) -> None:
        self._app = app
        self._stopping = stopping or asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = secrets.token_hex(12)
        watch = _Watch(send, request_id, stopping=self._stopping)
        structlog.contextvars.clear_contextvars()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, watch.send)
            except ClientDisconnect:
                watch.status = watch.status or 499  # nobody is left to answer
            except Exception:
                log.exception("request.crashed")
                if watch.status is None:
                    raise
            finally:
                watch.write_line(scope)


class _Watch:
    """Follows one answer on its way out."""

    def __init__(self, send: Send, request_id: str, *, stopping: asyncio.Event) -> None:
        self._send = send
        self._stopping = stopping
        self._request_id = request_id
        self._began_s = time.perf_counter()
        self._sent_bytes = 0
        self.status: int | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers[REQUEST_ID_HEADER] = self._request_id
            if self._stopping.is_set():
                headers["Connection"] = "close"  # a proxy that kept it would send its next request into our end
            for name, value in SECURITY.items():
                headers.setdefault(name, value)
        elif message["type"] == "http.response.body":
            self._sent_bytes += len(message.get("body", b""))
        await self._send(message)

    def write_line(self, scope: Scope) -> None:
        log.info(
            "request.answered",
            method=scope["method"],
            path=scope["path"][:MAX_LOGGED_CHARACTERS],
            status=self.status,
            sent_bytes=self._sent_bytes,
            duration_ms=round((time.perf_counter() - self._began_s) * 1000, 1),
        )
