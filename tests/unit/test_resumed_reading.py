"""A download from a bucket that breaks off goes on where it stopped: against a server that breaks off every time."""

from __future__ import annotations

import os
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from seedbed.blobs import bucket as opening
from seedbed.blobs import reading
from seedbed.blobs.store import Blobs, open_blobs
from seedbed.core.errors import NotFound, Unavailable

DATA = os.urandom(3 * reading.CHUNK_BYTES + 17)


class BreaksOff(BaseHTTPRequestHandler):
    """Promises what is asked for, sends `most_bytes` of it, and closes."""

    most_bytes = reading.CHUNK_BYTES + 5
    asked: list[int]

    def do_GET(self) -> None:
        if "missing" in self.path:
            self.send_error(404)
            return
        first, last = map(int, re.findall(r"\d+", self.headers["Range"]))
        self.asked.append(first)
        self.send_response(206)
        self.send_header("Content-Length", str(last + 1 - first))
        self.send_header("Content-Range", f"bytes {first}-{last}/{len(DATA)}")
        self.send_header("ETag", '"one"')
        self.send_header("Last-Modified", "Mon, 02 Nov 2026 00:00:00 GMT")
        self.end_headers()
        self.wfile.write(DATA[first : last + 1][: self.most_bytes])
        self.close_connection = True

    def log_message(self, *facts: object) -> None:
        """Say nothing."""


@pytest.fixture
def bucket(monkeypatch, tmp_path):
    asked: list[int] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("OfThisTest", (BreaksOff,), {"asked": asked}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.delenv("AWS_ENDPOINT_URL_S3", raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("AWS_SKIP_SIGNATURE", "true")
    monkeypatch.setattr(reading, "RESUME_PAUSE_S", 0.01)
    monkeypatch.setitem(opening.RETRIES, "max_retries", 0)  # the library resumes a few times by itself
    blobs = open_blobs("s3://bucket", tmp_path)
    yield blobs, server.RequestHandlerClass
    server.shutdown()
    server.server_close()


async def collect(blobs: Blobs, key: str = "video") -> bytes:
    return b"".join([chunk async for chunk in blobs.get_range(key, 5, len(DATA))])


async def test_every_byte_comes_once_whatever_breaks_off(bucket):
    blobs, served = bucket

    got = await collect(blobs)

    assert got == DATA[5:]
    assert len(served.asked) > 2
    assert served.asked == sorted(set(served.asked))  # each time for the rest


async def test_a_store_that_sends_nothing_more_is_given_up(bucket, monkeypatch):
    blobs, served = bucket
    monkeypatch.setattr(reading, "RESUME_S", 0.0)
    stream = blobs.get_range("video", 0, len(DATA))
    first = await anext(stream)
    served.most_bytes = 0

    with pytest.raises(Unavailable):
        async for _ in stream:
            pass

    assert DATA.startswith(first)


async def test_what_was_never_there_is_not_waited_for(bucket):
    with pytest.raises(NotFound):
        await collect(bucket[0], "missing")
