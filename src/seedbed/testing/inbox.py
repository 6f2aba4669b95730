"""A receiver of webhooks for tests: it verifies each, keeps it, and lets a test wait for the one it expects."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from seedbed_client import BadSignature, WebhookEvent, verify_webhook

MAX_BODY_BYTES = 1_000_000
_LOOK_AGAIN_S = 0.5


class Inbox:
    """`url` is for `webhookUrl`. What does not verify is answered 401 and kept in `refused`, with the reason."""

    def __init__(self, url: str, secrets: Sequence[str]) -> None:
        self.url = url
        self.events: list[WebhookEvent] = []
        self.refused: list[str] = []
        self._secrets = secrets
        self._arrived = threading.Condition()

    def wait(self, request_id: str | None = None, *, timeout_s: float = 30.0, count: int = 1) -> WebhookEvent:
        """Return the newest verified webhook (of that request) once there are `count`. Raises TimeoutError."""
        deadline_s = time.monotonic() + timeout_s
        with self._arrived:
            while True:
                found = [event for event in self.events if request_id in (None, event.request_id)]
                if len(found) >= count:
                    return found[-1]
                left_s = deadline_s - time.monotonic()
                if left_s <= 0:
                    raise TimeoutError(self._story(request_id, timeout_s))
                self._arrived.wait(min(left_s, _LOOK_AGAIN_S))

    def receive(self, headers: dict[str, str], body: bytes) -> int:
        """Keep what came, and return the status that answers it."""
        with self._arrived:
            try:
                self.events.append(verify_webhook(headers, body, self._secrets))
            except BadSignature as exc:
                self.refused.append(str(exc))
                return 401
            finally:
                self._arrived.notify_all()
            return 204

    def _story(self, request_id: str | None, timeout_s: float) -> str:
        about = f" about {request_id}" if request_id else ""
        came = ", ".join(f"{event.event} of {event.request_id}" for event in self.events) or "nothing"
        refused = f" Refused: {'; '.join(self.refused)}" if self.refused else ""
        return f"No webhook{about} came within {timeout_s:g} s; what came: {came}.{refused}"


@contextmanager
def receiving(secrets: Sequence[str]) -> Iterator[Inbox]:
    """Listen on a free port of this machine until the end of the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    inbox = Inbox(f"http://127.0.0.1:{server.server_address[1]}/webhook", secrets)
    server.RequestHandlerClass = _answering(inbox)
    listening = threading.Thread(target=server.serve_forever, name="webhooks", daemon=True)
    listening.start()
    try:
        yield inbox
    finally:
        server.shutdown()
        server.server_close()
        listening.join()


def _answering(inbox: Inbox) -> type[BaseHTTPRequestHandler]:
    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = min(int(self.headers.get("Content-Length") or 0), MAX_BODY_BYTES)
            self.send_response(inbox.receive(dict(self.headers.items()), self.rfile.read(length)))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Leave the standard error to the tests."""

    return Answering
