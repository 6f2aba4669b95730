"""A bucket on a real server, and a whole service over it."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "worker"))
sys.path.insert(0, str(Path(__file__).parents[1] / "e2e"))

from weed import BUCKET, OWNER, Weed
from world import FUNDS, World

from seedbed.actions.create_account import create_account
from seedbed.api.app import create_app
from seedbed.blobs.store import Blobs, open_blobs
from seedbed.settings import Settings
from seedbed.store.database import connect_pool


@pytest.fixture(scope="session")
def server() -> Iterator[Weed]:
    folder = Path(tempfile.mkdtemp(prefix="seedbed-s3-"))
    weed = Weed(folder)
    yield weed
    weed.close()
    shutil.rmtree(folder)


@pytest.fixture(autouse=True)
def variables(server, monkeypatch) -> Iterator[None]:
    """What an operator sets. The server is there again when the test ends."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", OWNER[0])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", OWNER[1])
    yield
    server.restore()


@pytest.fixture
def url(tmp_path) -> str:
    """A place in the bucket that is the test's own."""
    return f"s3://{BUCKET}/{tmp_path.name.replace('_', '-')}"


@pytest.fixture
def blobs(url, tmp_path) -> Blobs:
    return open_blobs(url, tmp_path)


@pytest.fixture
async def web() -> AsyncIterator[httpx.AsyncClient]:
    """Somebody without keys."""
    async with httpx.AsyncClient() as web:
        yield web


@pytest.fixture
async def world(database, blobs, tmp_path) -> AsyncIterator[World]:
    settings = Settings(home=tmp_path, lease_s=10, poll_s=0.2, open_networks=(ip_network("127.0.0.0/8"),), samples=True)
    async with connect_pool(database, min_size=1, max_size=4, name="test") as pool:
        async with pool.connection() as conn:
            account = await create_account(conn, name="customer", credits=FUNDS)
        yield World(database, pool, blobs, tmp_path, settings, account.id)


@pytest.fixture
async def serve(world) -> AsyncIterator[Callable[..., httpx.AsyncClient]]:
    """Serve the world's jobs by HTTP: `serve(result_urls=...)` returns a client."""
    clients = []

    def serve(**changes) -> httpx.AsyncClient:
        app = create_app(pool=world.pool, blobs=world.blobs, settings=replace(world.settings, **changes))
        clients.append(httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000"))
        return clients[-1]

    yield serve
    for client in clients:
        await client.aclose()
