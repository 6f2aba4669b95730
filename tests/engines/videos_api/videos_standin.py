"""A loopback server with `/v1/videos` that says what a test wants, and keeps what it was asked.

The language: `server.on("POST", "/v1/videos", answer, answer)` sets what a path answers, one after the other, the last
for ever. An answer is `says(...)`, or `BREAKS`: the request is read and the connection closed.
"""

import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

JSON = "application/json"


@dataclass
class Says:
    status: int
    body: bytes
    headers: dict
    after_s: float = 0.0
    breaks: bool = False


def says(body=b"", status=200, *, after_s=0.0, **headers):
    """`body` is JSON if it is no bytes."""
    named = {name.replace("_", "-"): str(value) for name, value in headers.items()}
    if isinstance(body, bytes):
        return Says(status, body, named, after_s)
    return Says(status, json.dumps(body).encode(), {"Content-Type": JSON} | named, after_s)


BREAKS = Says(0, b"", {}, breaks=True)


@dataclass
class Asked:
    method: str
    path: str
    query: str
    headers: dict
    body: bytes
    at_s: float = field(default_factory=time.monotonic)

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def parts(self):
        """The parts of a form: (name, file name or None, type, bytes)."""
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n".encode()
        form = message_from_bytes(head + self.body, policy=policy.HTTP)
        found = []
        for part in form.iter_parts():
            disposition = part["content-disposition"].params
            name, file_name = disposition["name"], disposition.get("filename")
            kind = part.get_content_type() if file_name else None
            found.append((name, file_name, kind, part.get_payload(decode=True)))
        return found

    @property
    def is_form(self):
        return self.headers.get("content-type", "").startswith("multipart/form-data")

    @property
    def fields(self):
        """The members of the body, which a form writes as text."""
        return (
            {name: data.decode() for name, file, _, data in self.parts if file is None} if self.is_form else self.json
        )

    @property
    def files(self):
        return [[name, file, kind] for name, file, kind, _ in self.parts if file] if self.is_form else []


class Standin:
    def __init__(self):
        self.asked = []
        self.answered = []
        self._answers = {}
        self._lock = threading.Lock()

    def on(self, method, path, *answers):
        self._answers[method, path] = list(answers)
        return self

    def of(self, method, path=None):
        return [a for a in self.asked if a.method == method and path in (None, a.path)]

    def take(self, asked):
        with self._lock:
            self.asked.append(asked)
            answers = self._answers.get((asked.method, asked.path))
            if not answers:
                return says({"error": {"message": "no such path", "type": "not_found_error"}}, 404)
            return answers.pop(0) if len(answers) > 1 else answers[0]


@contextmanager
def standin():
    server = Standin()

    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            path, _, query = self.path.partition("?")
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, path, query, headers, body)
            said = server.take(asked)
            time.sleep(said.after_s)
            if said.breaks:
                self.close_connection = True
                return
            self.send_response(said.status)
            for name, value in {"Content-Length": str(len(said.body)), **said.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said.body)
            server.answered.append(asked)

        do_GET = do_POST = do_DELETE = answer  # noqa: N815 (the names of http.server)

        def log_message(self, *_):
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_):
            """A client that left is no fault."""

    httpd = Quiet(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    server.url = f"http://127.0.0.1:{httpd.server_address[1]}"
    try:
        yield server
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join()
