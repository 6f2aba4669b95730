"""The whole HTTP service in process, against a real PostgreSQL and a folder of bytes; every test has an account."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace

import httpx
import psycopg
import pytest
from customers import Customer
from psycopg.conninfo import make_conninfo

from seedbed.actions.cancel import cancel
from seedbed.actions.create_account import create_account
from seedbed.actions.create_key import create_key
from seedbed.api.app import create_app
from seedbed.blobs.store import Blobs, open_blobs
from seedbed.core.keys import Mode, Scope
from seedbed.settings import Settings
from seedbed.store.database import Pool, connect_pool
from seedbed.store.migrate import migrate

PUBLIC_URL = "https://videos.seedbed.dev"


@pytest.fixture(scope="session")
def api_database(postgres_url: str) -> str:
    """The URL of a migrated database that all tests of the API share."""
    with psycopg.connect(postgres_url, autocommit=True) as conn:
        conn.execute("create database seedbed_api")
    url = make_conninfo(postgres_url, dbname="seedbed_api")
    migrate(url)
    return url


@pytest.fixture(scope="session")
async def pool(api_database: str) -> AsyncIterator[Pool]:
    async with connect_pool(api_database, min_size=1, max_size=6, name="test") as pool:
        yield pool


@pytest.fixture
def blobs(tmp_path) -> Blobs:
    return open_blobs(None, tmp_path / "blobs")


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(home=tmp_path, public_url=PUBLIC_URL, samples=False)


@pytest.fixture
async def serve(pool: Pool, blobs: Blobs, settings: Settings) -> AsyncIterator[Callable[..., httpx.AsyncClient]]:
    """Serve with other settings than the usual ones: `serve(results=...)` returns a client of that service."""
    async with AsyncExitStack() as clients:

        def serve(*, blobs=blobs, pool=pool, deployment=None, **changes) -> httpx.AsyncClient:
            app = create_app(pool=pool, blobs=blobs, settings=replace(settings, **changes), deployment=deployment)
            client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000")
            clients.push_async_callback(client.aclose)
            return client

        yield serve


@pytest.fixture
def http(serve) -> httpx.AsyncClient:
    return serve()


@pytest.fixture
async def enrol(pool: Pool, http: httpx.AsyncClient) -> AsyncIterator[Callable]:
    """Make an account with 1000 credits and a key. What it leaves open is cancelled afterwards."""
    enrolled: list[Customer] = []

    async def enrol(*, mode=Mode.LIVE, scopes=(Scope.GENERATE,), available=1000, client=None, account_id=None):
        async with pool.connection() as conn:
            if account_id is None:
                account_id = (await create_account(conn, name="Ada", credits=available)).id
            new = await create_key(
                conn, account_id, mode=mode, name="test", scopes=scopes, entropy=secrets.token_bytes(32)
            )
        enrolled.append(Customer(client or http, pool, account_id, new.id, new.key, is_live=mode is Mode.LIVE))
        return enrolled[-1]

    yield enrol
    async with pool.connection() as conn:
        for customer in enrolled:
            for job in await customer.open_jobs():
                await cancel(conn, customer.account_id, job, is_live=customer.is_live)


@pytest.fixture
async def ada(enrol) -> Customer:
    return await enrol()


@pytest.fixture
def no_workers(api_database: str) -> Iterator[Callable[[], None]]:
    """No worker is alive before the test, nor after it."""

    def forget() -> None:
        with psycopg.connect(api_database, autocommit=True) as conn:
            conn.execute("delete from worker")

    forget()
    yield forget
    forget()
