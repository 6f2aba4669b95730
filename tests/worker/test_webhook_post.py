"""One webhook attempt: what counts as an answer, and how little a receiver can do to us."""

import asyncio
import time
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest
from receiver import answer, receiving

from seedbed.outbound.webhooks import EXCERPT_BYTES, Answer, parse_retry_after, post_webhook

LOOPBACK = (ip_network("127.0.0.0/8"),)
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


async def post(url: str, *, opened=LOOPBACK, timeout_s: float = 20) -> Answer:
    return await post_webhook(url, body=b"{}", headers={"webhook-id": "msg_1"}, timeout_s=timeout_s, opened=opened)


async def test_the_body_and_headers_arrive_and_the_answer_comes_back():
    async with receiving(answer(200, body="thanks")) as receiver:
        told = await post(receiver.url)

    [got] = receiver.received
    assert (got.method, got.path, got.body) == ("POST", "/hook?token=t", b"{}")
    assert (got.headers["webhook-id"], got.headers["content-type"]) == ("msg_1", "application/json")
    assert (told.status, told.excerpt, told.error) == (200, "thanks", None)


@pytest.mark.parametrize("status", [301, 302, 307, 400, 410, 500])
async def test_a_status_is_told_as_it_is_and_no_redirect_is_followed(status):
    async with (
        receiving(answer(200)) as elsewhere,
        receiving(answer(status, headers=f"Location: {elsewhere.url}\r\n")) as receiver,
    ):
        told = await post(receiver.url)

    assert told.status == status
    assert elsewhere.received == []


@asynccontextmanager
async def dripping(head: bytes, *, chunk: bytes, every_s: float):
    """Serve an answer whose end never comes. Yields its URL and, in a list, how many bytes it got rid of."""
    sent = [0]

    async def serve(_reader, writer):
        with suppress(ConnectionError):
            writer.write(head)
            while True:
                writer.write(chunk)
                await writer.drain()
                sent[0] += len(chunk)
                await asyncio.sleep(every_s)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", sent


async def test_of_a_gigabyte_only_the_beginning_is_received():
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"
    async with dripping(head, chunk=b"x" * 65536, every_s=0) as (url, sent):
        told = await post(url)

    assert (told.status, told.excerpt) == (200, "x" * EXCERPT_BYTES)
    assert sent[0] < 20_000_000  # what the buffers of two sockets hold


async def test_a_200_whose_body_drips_counts_and_ends_with_the_time():
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
    began_s = time.monotonic()
    async with dripping(head, chunk=b"x", every_s=0.02) as (url, _):
        told = await post(url, timeout_s=0.5)

    assert (told.status, told.error) == (200, None)
    assert told.excerpt.strip("x") == ""
    assert time.monotonic() - began_s < 10


async def test_a_status_line_that_drips_is_no_answer_within_the_whole_time():
    async with dripping(b"HTTP/1.1 20", chunk=b"0", every_s=0.02) as (url, _):
        told = await post(url, timeout_s=0.5)

    assert (told.status, told.error) == (None, "No answer came within 0.5 s.")


async def test_an_answer_from_an_opened_network_is_marked_as_the_operators_alone():
    async with receiving(answer(200, body="internal")) as receiver:
        told = await post(receiver.url)

    assert (told.excerpt, told.is_private) == ("internal", True)


async def test_a_silent_receiver_is_left_after_the_time_out():
    async def never(_reader, writer):
        await asyncio.sleep(3600)
        writer.close()

    server = await asyncio.start_server(never, "127.0.0.1", 0)
    async with server:
        told = await post(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", timeout_s=0.2)

    assert (told.status, told.error) == (None, "No answer came within 0.2 s.")


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://2130706433:{port}/"])
async def test_a_refused_address_sees_no_connection(url):
    async with receiving(answer(200)) as receiver:
        told = await post(url.format(port=receiver.port), opened=())

    assert told.status is None
    assert told.error.startswith("The URL ")
    assert receiver.received == []


async def test_a_closed_port_is_told_plainly():
    async with receiving() as receiver:
        port = receiver.port
    told = await post(f"http://127.0.0.1:{port}/secret")

    assert (told.status, told.error) == (None, "No answer came: no connection could be made.")


@pytest.mark.parametrize(
    ("text", "wait"),
    [
        (None, None),
        ("120", timedelta(seconds=120)),
        ("Sun, 22 Nov 2026 12:05:00 GMT", timedelta(minutes=5)),
        ("Sun, 22 Nov 2026 11:00:00 GMT", timedelta(0)),
        ("soon", None),
        ("-5", None),
        ("9" * 40, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text, wait):
    assert parse_retry_after(text, now=NOW) == wait
