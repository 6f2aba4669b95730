"""Clients that are slow, silent, or send more head than anybody needs, over real sockets; and an orderly end."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress

import httpx
import pytest
from customers import GENERATIONS, order

from seedbed.api.app import create_app
from seedbed.cli import client_connection
from seedbed.cli.listening import HttpServer, listen


@pytest.fixture
async def port(pool, blobs, settings) -> AsyncIterator[int]:
    with listen("127.0.0.1", 0) as listening:
        async with HttpServer(create_app(pool=pool, blobs=blobs, settings=settings), listening).running():
            yield listening.getsockname()[1]


@asynccontextmanager
async def connected(port: int):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def answer_to(port: int, request: bytes) -> tuple[int, dict[str, str], dict]:
    """Send bytes and return what comes back before the server closes."""
    async with connected(port) as (reader, writer), asyncio.timeout(20):
        writer.write(request)
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return int(status.split()[1]), headers, json.loads(body)


def get(path: str = "/healthz", *headers: str) -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: a", "Connection: close", *headers, "", ""]).encode("latin-1")


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00", "not valid"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n", "not valid"),
        (b"GET /\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n", "not valid"),
        (b"CONNECT example.com:443 HTTP/1.1\r\nHost: a\r\n\r\n", "not valid"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", "not valid"),
        (
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "not valid",
        ),
        (get("/" + "a" * 9_000), "target"),
        (get("/healthz", *(f"X-{i}: 1" for i in range(101))), "more than 100"),
        (get("/healthz", "X-Long: " + "a" * 40_000), "longer than 32768"),
        (b"GET / HTTP/1.1\r\nX-Endless: " + b"a" * 66_000, "longer than 65536"),
    ],
    ids=[
        "TLS",
        "no colon",
        "no ASCII",
        "CONNECT",
        "two lengths",
        "length and chunks",
        "target",
        "count",
        "size",
        "endless",
    ],
)
async def test_a_head_that_nobody_needs_is_refused_in_our_envelope(port, request_, says):
    status, headers, body = await answer_to(port, request_)

    assert (status, body["success"], body["error"]["code"]) == (400, False, "invalid_request")
    assert says in body["error"]["message"]
    assert headers["x-request-id"]
    assert "server" not in headers


@pytest.mark.parametrize(
    "path", ["/open-api-results/../../etc/passwd", "/../etc/passwd", "/open-api-results/./../%2e%2e/x", "//", "/?", "*"]
)
async def test_a_path_that_climbs_is_a_path_of_nothing(port, path):
    status, _, body = await answer_to(port, get(path))

    assert (status, body["success"]) in ((404, False), (400, False))


async def test_a_head_within_the_limits_is_served(port):
    status, headers, _ = await answer_to(port, get("/healthz", *(f"X-{i}: {'a' * 250}" for i in range(90))))

    assert status == 200
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "said", [b"", b"GET /healthz HTTP/1.1\r\nHost", b"\r\n"], ids=["nothing", "half", "blank line"]
)
async def test_who_does_not_finish_a_head_is_hung_up_on(port, monkeypatch, said):
    monkeypatch.setattr(client_connection, "HEAD_S", 0.1)

    async with connected(port) as (reader, writer), asyncio.timeout(10):
        writer.write(said)
        assert await reader.read() == b""


async def test_blank_lines_do_not_keep_an_idle_connection(port, monkeypatch):
    async with connected(port) as (reader, writer), asyncio.timeout(10):
        writer.write(get().replace(b"Connection: close\r\n", b""))
        await reader.readuntil(b"}")
        monkeypatch.setattr(client_connection, "HEAD_S", 0.1)
        writer.write(b"\r\n")
        assert await reader.read() == b""


async def test_a_body_that_nobody_wanted_is_not_read_for_ever(port, monkeypatch):
    monkeypatch.setattr(client_connection, "HEAD_S", 0.2)
    head = f"POST {GENERATIONS} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".encode()

    async with connected(port) as (reader, writer), asyncio.timeout(20):
        writer.write(head)
        assert b" 401 " in await reader.readuntil(b"}}")
        with suppress(OSError):  # a reset or a broken pipe, as the kernel likes; before, this went on for ever
            while not reader.at_eof():
                writer.write(b"1000\r\n" + b"x" * 4096 + b"\r\n")
                await writer.drain()
                await asyncio.sleep(0.01)


async def test_too_many_connections_are_told_so(port, monkeypatch):
    monkeypatch.setattr(client_connection, "MAX_CONNECTIONS", 0)

    status, headers, body = await answer_to(port, get())

    assert (status, body["error"]["code"]) == (503, "unavailable")
    assert headers["retry-after"]


async def test_a_client_that_does_not_read_is_hung_up_on(monkeypatch):
    monkeypatch.setattr(client_connection, "STALLED_S", 0.1)
    ended = asyncio.Event()

    async def large(_, receive, send):
        await receive()  # the request
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": bytes(50_000_000), "more_body": True})
        assert await receive() == {"type": "http.disconnect"}
        ended.set()

    with listen("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        async with HttpServer(large, listening).running(), connected(port) as (_, writer), asyncio.timeout(10):
            writer.write(get())
            await ended.wait()


async def test_a_request_in_flight_is_answered_when_the_server_is_told_to_stop():
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(scope, receive, send):
        begun.set()
        await go_on.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"done"})

    with listen("127.0.0.1", 0) as listening:
        async with httpx.AsyncClient(trust_env=False) as client:
            async with HttpServer(slow, listening).running():
                asked = asyncio.create_task(client.get(f"http://127.0.0.1:{listening.getsockname()[1]}"))
                await begun.wait()
                asyncio.get_running_loop().call_later(0.1, go_on.set)  # after the server was told to stop
            assert (await asked).text == "done"


async def test_a_service_that_stops_says_so_first_and_lets_nobody_wait(pool, blobs, settings, enrol):
    stopping = asyncio.Event()
    app = create_app(pool=pool, blobs=blobs, settings=settings, stopping=stopping)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://a") as client:
        ada = await enrol(client=client)
        job_id = await ada.new_job()
        waiting = asyncio.create_task(ada.get(f"{GENERATIONS}/{job_id}?wait=30"))
        await asyncio.sleep(0.1)
        stopping.set()

        async with asyncio.timeout(5):
            assert (await waiting).json()["status"] == "queued"
        ready = await client.get("/readyz")

    assert (ready.status_code, ready.json()["status"]) == (503, "stopping")


class Counted:
    """Counts how often the database is asked."""

    def __init__(self, pool) -> None:
        self.pool = pool
        self.conninfo = pool.conninfo
        self.times = 0

    def connection(self) -> Callable:
        self.times += 1
        return self.pool.connection()


async def test_many_who_wait_ask_the_database_together(serve, enrol, pool):
    counted = Counted(pool)
    ada = await enrol(client=serve(pool=counted))
    job_id = await ada.new_job()
    before = counted.times

    waiting = [asyncio.create_task(ada.get(f"{GENERATIONS}/{job_id}?wait=10")) for _ in range(40)]
    await asyncio.sleep(1.2)
    await ada.cancel(job_id)
    async with asyncio.timeout(5):
        answers = [await answer for answer in waiting]

    assert {answer.json()["status"] for answer in answers} == {"cancelled"}
    # Who asks, what it asks for and what became of it: three each; without the sharing it was five a second more.
    assert counted.times - before < 40 * 4 + 20


async def test_a_change_before_the_first_look_is_not_lost(ada):
    job_id = await ada.new_job()

    waiting = asyncio.create_task(ada.get(f"{GENERATIONS}/{job_id}?wait=10"))
    await ada.cancel(job_id)

    async with asyncio.timeout(5):
        assert (await waiting).json()["status"] == "cancelled"


async def test_the_same_key_from_fifty_threads_at_once_makes_one_job_and_one_charge(port, ada):
    url, start = f"http://127.0.0.1:{port}{GENERATIONS}", threading.Barrier(50)

    def send() -> httpx.Response:
        with httpx.Client(trust_env=False, timeout=30) as client:
            start.wait(30)
            return client.post(url, json=order(), headers=ada.bearer | {"Idempotency-Key": "k"})

    with ThreadPoolExecutor(50) as threads:
        loop = asyncio.get_running_loop()
        answers = await asyncio.gather(*(loop.run_in_executor(threads, send) for _ in range(50)))

    codes = Counter(answer.status_code for answer in answers)
    assert codes[200] >= 1
    assert set(codes) <= {200, 409}
    assert {answer.json()["error"]["code"] for answer in answers if answer.status_code == 409} <= {
        "idempotency_in_flight"
    }
    assert len({answer.content for answer in answers if answer.status_code == 200}) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers if answer.status_code == 200) == 1
    assert await ada.jobs() == 1
    assert await ada.credits() == (960, 40)
