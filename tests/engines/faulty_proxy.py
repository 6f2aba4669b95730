"""A loopback HTTP server that stands before another one and loses, delays, cuts and changes answers as it is told.

Without one behind it, it is that server: it says what it was told and nothing else.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host", "server", "date"}


@dataclass
class Asked:
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Answer:
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    is_lost: bool = False  # the connection breaks instead
    cut_bytes: int | None = None  # the connection breaks after so many of the body


Behind = Callable[[], Answer]  # asks the server behind, or says 404 if there is none
Fault = Callable[[Asked, Behind], Answer]


def say(status: int, body: Any = b"", **headers: str) -> Fault:
    """Answer this, and ask nobody."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = "text/html" if content.startswith(b"<") else "application/json"
    said = {"Content-Type": kind} | {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda *_: Answer(status, said, content)


def lose(asked: Asked, behind: Behind) -> Answer:
    """The server behind gets the request and answers, and the answer never comes."""
    behind()
    return Answer(is_lost=True)


def swallow(asked: Asked, behind: Behind) -> Answer:
    """Nobody gets the request, and no answer comes."""
    return Answer(is_lost=True)


def taken_but(status: int, body: Any = b"") -> Fault:
    """The server behind gets the request, and the answer is another than its own."""

    def fault(asked: Asked, behind: Behind) -> Answer:
        behind()
        return say(status, body)(asked, behind)

    return fault


def late(delay_s: float) -> Fault:
    def fault(asked: Asked, behind: Behind) -> Answer:
        answer = behind()
        time.sleep(delay_s)
        return answer

    return fault


def cut(after_bytes: int) -> Fault:
    def fault(asked: Asked, behind: Behind) -> Answer:
        answer = behind()
        answer.cut_bytes = after_bytes
        return answer

    return fault


def edited(change: Callable[[dict[str, Any]], None]) -> Fault:
    """The JSON of the server behind, changed in place."""

    def fault(asked: Asked, behind: Behind) -> Answer:
        answer = behind()
        members = json.loads(answer.body)
        change(members)
        answer.body = json.dumps(members).encode()
        return answer

    return fault


@dataclass
class Rule:
    method: str
    path: re.Pattern[str]
    fault: Fault
    times: int


class FaultyProxy:
    """`asked` keeps what arrived. Rules that are told first are used first, each so often; then the server is asked."""

    def __init__(self, target: str | None = None) -> None:
        self.asked: list[Asked] = []
        self._rules: list[Rule] = []
        self._target = target
        self._lock = threading.Lock()
        self._client = httpx.Client(timeout=60, trust_env=False)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _answering(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def on(self, method: str, path: str, fault: Fault, *, times: int = 1) -> None:
        """Have the next requests of that method, whose path matches wholly, go wrong."""
        self._rules.append(Rule(method, re.compile(path), fault, times))

    def forget(self) -> None:
        """Drop the rules that are left."""
        self._rules.clear()

    def count(self, method: str, path: str = ".*") -> int:
        return len([a for a in self.asked if a.method == method and re.fullmatch(path, a.path)])

    def answer(self, asked: Asked) -> Answer:
        with self._lock:
            self.asked.append(asked)
            rule = next((r for r in self._rules if r.method == asked.method and r.path.fullmatch(asked.path)), None)
            if rule:
                rule.times -= 1
                if not rule.times:
                    self._rules.remove(rule)
        if rule:
            return rule.fault(asked, lambda: self._forward(asked))
        return self._forward(asked)

    def _forward(self, asked: Asked) -> Answer:
        if self._target is None:
            return Answer(404, {"Content-Type": "text/html"}, b"<html>nothing here</html>")
        url = f"{self._target}{asked.path}" + (f"?{asked.query}" if asked.query else "")
        headers = {name: value for name, value in asked.headers.items() if name not in HOP_BY_HOP}
        reply = self._client.request(asked.method, url, headers=headers, content=asked.body)
        kept = {name: value for name, value in reply.headers.items() if name.lower() not in HOP_BY_HOP}
        body = reply.content
        if "json" in kept.get("content-type", ""):
            body = body.replace(self._target.encode(), self.url.encode())  # results are fetched through us, too
        return Answer(reply.status_code, kept, body)

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._client.close()


def _answering(proxy: FaultyProxy) -> type[BaseHTTPRequestHandler]:
    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def respond(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            path, _, query = self.path.partition("?")
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = proxy.answer(Asked(self.command, path, query, headers, body))
            self.close_connection = True
            if answer.is_lost:
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(answer.body[: answer.cut_bytes])

        do_GET = do_POST = do_DELETE = respond  # noqa: N815

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:
                self.close_connection = True  # who asked has left

        def log_message(self, *_: object) -> None:
            """Leave the standard error to the tests."""

    return Answering


@contextmanager
def faulty_proxy(target: str | None = None) -> Iterator[FaultyProxy]:
    proxy = FaultyProxy(target)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()
