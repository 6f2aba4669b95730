"""The service with a provider of its own on loopback, and browsers that sign in to it."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace

import httpx
import psycopg
import pytest
from local_provider import CLIENT_ID, CLIENT_SECRET, LocalProvider, make_key, public
from psycopg.conninfo import make_conninfo
from sign_in_browser import BASE, CONSOLE, GENERATES, READS, Browser

from seedbed.api.app import Api, create_app
from seedbed.blobs.store import open_blobs
from seedbed.cli.listening import HttpServer, listen
from seedbed.core.deployment import embedded_deployment
from seedbed.core.sign_in import GroupRule, Oidc, SignInWays
from seedbed.settings import Settings
from seedbed.store.database import Pool, connect_pool
from seedbed.store.migrate import migrate

_accounts = itertools.count(1)


@pytest.fixture(scope="session")
async def pool(postgres_url: str) -> AsyncIterator[Pool]:
    with psycopg.connect(postgres_url, autocommit=True) as conn:
        conn.execute("create database seedbed_sign_in")
    url = make_conninfo(postgres_url, dbname="seedbed_sign_in")
    migrate(url)
    async with connect_pool(url, min_size=1, max_size=4, name="test") as pool:
        yield pool


@pytest.fixture(scope="session")
def keys_of_provider():
    """Two keys, made once: to make one takes longer than a test."""
    return [make_key("first"), make_key("second")]


@pytest.fixture
async def provider(keys_of_provider) -> AsyncIterator[LocalProvider]:
    first, _ = keys_of_provider
    with listen("127.0.0.1", 0) as listening:
        provider = LocalProvider(f"http://127.0.0.1:{listening.getsockname()[1]}", first, public(first))
        async with HttpServer(provider.app(), listening).running():
            yield provider


@pytest.fixture
def account() -> str:
    """The name of an account that no other test has."""
    return f"video {next(_accounts)}"


@pytest.fixture
def rules(account: str) -> tuple[GroupRule, ...]:
    return (GroupRule("video-team", account, GENERATES), GroupRule("guests", account, READS))


@pytest.fixture
def oidc(provider: LocalProvider, monkeypatch: pytest.MonkeyPatch) -> Oidc:
    monkeypatch.setenv("ACME_SECRET", CLIENT_SECRET)
    return Oidc(issuer=provider.issuer, client_id=CLIENT_ID, label="Acme", client_secret_env="ACME_SECRET")


@pytest.fixture
def make_api(pool: Pool, tmp_path) -> Callable[[SignInWays], Api]:
    def make_api(ways: SignInWays, **changes) -> Api:
        settings = Settings(home=tmp_path, public_url=BASE, samples=False)
        return create_app(
            pool=pool,
            blobs=open_blobs(None, tmp_path / "blobs"),
            settings=replace(settings, **changes),
            deployment=replace(embedded_deployment("animatic"), sign_in=ways),
        )

    return make_api


@pytest.fixture
async def browse() -> AsyncIterator[Callable[..., Browser]]:
    """Return a new browser before an app; `peer` is the address that it connects from."""
    async with AsyncExitStack() as clients:

        def browse(app: Api, *, peer: str = "127.0.0.1", base_url: str = BASE) -> Browser:
            transport = httpx.ASGITransport(app, client=(peer, 50000))
            client = httpx.AsyncClient(transport=transport, base_url=base_url, headers=CONSOLE)
            clients.push_async_callback(client.aclose)
            return Browser(client)

        yield browse


@pytest.fixture
def app(make_api, oidc: Oidc, rules) -> Api:
    return make_api(SignInWays(oidc=oidc, groups=rules))


@pytest.fixture
def browser(app: Api, browse) -> Browser:
    return browse(app)
