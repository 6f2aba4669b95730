"""The whole HTTP service in process, with an operator's key. Every test may make as many accounts as it likes."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace

import httpx
import psycopg
import pytest
from desk import OPEN_API, ROOT, Asker
from psycopg.conninfo import make_conninfo

from seedbed.actions.cancel import cancel
from seedbed.actions.create_account import create_account
from seedbed.actions.create_key import create_key
from seedbed.api.app import create_app
from seedbed.blobs.store import open_blobs
from seedbed.core.keys import Mode, Scope
from seedbed.settings import Settings
from seedbed.store.database import Pool, connect_pool

OPEN = "select id, is_live from job where account_id = %s and state in ('queued', 'processing')"


@pytest.fixture(scope="session")
def admin_database(postgres_url: str, template_database: str) -> str:
    """The URL of a migrated database that all tests of the operator's API share."""
    with psycopg.connect(postgres_url, autocommit=True) as conn:
        conn.execute(f"create database seedbed_admin template {template_database}")
    return make_conninfo(postgres_url, dbname="seedbed_admin")


@pytest.fixture(scope="session")
async def pool(admin_database: str) -> AsyncIterator[Pool]:
    async with connect_pool(admin_database, min_size=1, max_size=6, name="test") as pool:
        yield pool


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(home=tmp_path, samples=False)


@pytest.fixture
async def serve(pool: Pool, settings: Settings) -> AsyncIterator[Callable[..., httpx.AsyncClient]]:
    """Serve with other settings than the usual ones: `serve(results=...)` returns a client of that service."""
    async with AsyncExitStack() as clients:

        def serve(**changes) -> httpx.AsyncClient:
            blobs = open_blobs(None, settings.home / "blobs")
            app = create_app(pool=pool, blobs=blobs, settings=replace(settings, **changes))
            client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000")
            clients.push_async_callback(client.aclose)
            return client

        yield serve


@pytest.fixture
def http(serve) -> httpx.AsyncClient:
    return serve()


@pytest.fixture
async def enrol(pool: Pool, http: httpx.AsyncClient) -> AsyncIterator[Callable]:
    """Make an account with a key. What it leaves open is cancelled afterwards."""
    enrolled: list[Asker] = []

    async def enrol(
        *, scopes=(Scope.GENERATE,), mode=Mode.LIVE, available=1000, name="Ada", account_id=None, root=OPEN_API
    ) -> Asker:
        async with pool.connection() as conn:
            if account_id is None:
                account_id = (await create_account(conn, name=name, credits=available)).id
            new = await create_key(
                conn, account_id, mode=mode, name="test", scopes=[Scope.READ], entropy=secrets.token_bytes(32)
            )
            # Not by the action: it makes no test key for an operator, but an older release may have.
            await conn.execute("update api_key set scopes = %s where id = %s", [sorted(scopes), new.id])
        enrolled.append(Asker(http, pool, account_id, new.id, new.key, root))
        return enrolled[-1]

    yield enrol
    async with pool.connection() as conn:
        for asker in enrolled:
            for job in await (await conn.execute(OPEN, [asker.account_id])).fetchall():
                await cancel(conn, asker.account_id, job["id"], is_live=job["is_live"])


@pytest.fixture
async def ada(enrol) -> Asker:
    """A customer with 1000 credits."""
    return await enrol()


@pytest.fixture
async def desk(enrol) -> Asker:
    """An operator."""
    return await enrol(scopes=[Scope.ADMIN], name="The operator", available=0, root=ROOT)
