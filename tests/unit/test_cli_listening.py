"""The HTTP server in our own process, over a port and over a socket in the file system."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from seedbed.cli.listening import HttpServer, has_loopback, listen, listen_locally
from seedbed.core.errors import NotReady


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})


@pytest.fixture
def socket_path() -> Iterator[Path]:
    """A short path: the kernel takes no more than about a hundred bytes, and tmp_path may be longer."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "http"


async def test_it_serves_at_a_port_until_it_is_stopped() -> None:
    with listen("127.0.0.1", 0) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with HttpServer(hello, listening).running(), httpx.AsyncClient(trust_env=False) as client:
            assert (await client.get(url)).text == "hello"

    async with httpx.AsyncClient(trust_env=False) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(url)


async def test_it_serves_at_a_socket_in_the_file_system(socket_path: Path) -> None:
    transport = httpx.AsyncHTTPTransport(uds=str(socket_path))

    with listen_locally(socket_path) as listening:
        async with HttpServer(hello, listening).running(), httpx.AsyncClient(transport=transport) as client:
            assert (await client.get("http://anything")).text == "hello"


@pytest.mark.parametrize(
    ("host", "port", "says"),
    [
        ("no such host", 0, "SEEDBED_HOST"),
        ("192.0.2.1", 0, "SEEDBED_HOST"),
        ("127.0.0.1", 70_000, "SEEDBED_PORT"),
    ],
)
def test_an_address_that_cannot_be_had_names_its_setting(host: str, port: int, says: str) -> None:
    with pytest.raises(NotReady, match=says):
        listen(host, port)


def test_a_taken_port_names_its_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(NotReady, match=r"is taken.*SEEDBED_PORT"):
        listen("127.0.0.1", taken.getsockname()[1])


def test_loopback_is_there_where_tests_run() -> None:
    assert has_loopback()
