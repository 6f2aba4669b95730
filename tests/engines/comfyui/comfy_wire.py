"""Puts the stand-in of a ComfyUI server on the loopback: its HTTP, and its WebSocket by hand (RFC 6455)."""

from __future__ import annotations

import base64
import hashlib
import json
import queue
import struct
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from comfy_standin import Asked, Comfy

ACCEPT = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def _frame(opcode, payload):
    size = len(payload)
    length = bytes([size]) if size < 126 else b"\x7f" + struct.pack(">Q", size)
    return bytes([0x80 | opcode]) + length + payload


def _acceptance(key):
    digest = hashlib.sha1(key.encode() + ACCEPT).digest()  # noqa: S324 - the protocol's own
    return {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": base64.b64encode(digest).decode()}


def _handler(comfy):
    class Handler(BaseHTTPRequestHandler):
        def respond(self):
            path, _, query = self.path.partition("?")
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, path, {k: v[0] for k, v in parse_qs(query).items()}, headers, body)
            comfy.asked.append(asked)
            if path == "/ws":
                return self.listen(asked)
            answer = comfy.spoilt(asked)
            return self.say(*answer) if answer else None

        def say(self, status, said):
            body = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json" if body is not said else "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def listen(self, asked):
            if not comfy.has_socket:
                return self.say(404, {})
            outbox = comfy.sockets[asked.query["clientId"]] = queue.SimpleQueue()
            self.protocol_version = "HTTP/1.1"
            self.send_response(101)
            for name, value in _acceptance(asked.headers["sec-websocket-key"]).items():
                self.send_header(name, value)
            self.end_headers()
            while (frame := outbox.get()) is not None:
                self.wfile.write(_frame(*frame))
            self.close_connection = True
            return None

        do_GET = do_POST = respond  # noqa: N815 (the names of http.server)

        def handle(self):
            try:
                super().handle()
            except ConnectionError:
                self.close_connection = True  # who asked has left

        def log_message(self, *_):
            """Leave the standard error to the tests."""

    return Handler


@contextmanager
def comfy_server(video):
    comfy = Comfy(video)
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), _handler(comfy))
    httpd.daemon_threads = True
    comfy.url = f"http://127.0.0.1:{httpd.server_port}"
    threads = [threading.Thread(target=httpd.serve_forever, args=(0.02,), daemon=True)]
    threads += [threading.Thread(target=comfy.work, daemon=True)]
    for thread in threads:
        thread.start()
    try:
        yield comfy
    finally:
        comfy.ended.set()
        comfy.hang_up()
        httpd.shutdown()
        httpd.server_close()
        for thread in threads:
            thread.join()
