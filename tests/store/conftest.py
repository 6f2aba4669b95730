"""A migrated database, and two ways to use it: rolled back after the test, or committed into a copy of its own."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from seedbed.store.database import Connection, connect
from seedbed.store.migrate import migrate

_numbers = itertools.count(1)


def _create(server_url: str, name: str, *, template: str | None = None) -> str:
    statement = sql.SQL("create database {}").format(sql.Identifier(name))
    if template:
        statement += sql.SQL(" template {}").format(sql.Identifier(template))
    with psycopg.connect(server_url, autocommit=True) as conn:
        conn.execute(statement)
    return make_conninfo(server_url, dbname=name)


def _drop(server_url: str, name: str) -> None:
    with psycopg.connect(server_url, autocommit=True) as conn:
        conn.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def template(postgres_url: str) -> str:
    """The name of a migrated database that nobody is connected to, so that it can be copied."""
    migrate(_create(postgres_url, "seedbed_template"))
    return "seedbed_template"


@pytest.fixture
def empty_database(postgres_url: str) -> Iterator[str]:
    name = f"empty_{next(_numbers)}"
    yield _create(postgres_url, name)
    _drop(postgres_url, name)


@pytest.fixture
def database(postgres_url: str, template: str) -> Iterator[str]:
    """The URL of a migrated database of the test's own, for tests that commit."""
    name = f"test_{next(_numbers)}"
    yield _create(postgres_url, name, template=template)
    _drop(postgres_url, name)


@pytest.fixture(scope="session")
def shared_database(postgres_url: str, template: str) -> str:
    """The URL of a migrated database that every test leaves as it found it."""
    return _create(postgres_url, "shared", template=template)


@pytest.fixture
async def conn(shared_database: str) -> AsyncIterator[Connection]:
    """A connection whose changes are rolled back."""
    conn = await connect(shared_database, name="test")
    async with conn, conn.transaction(force_rollback=True):
        yield conn


@pytest.fixture
async def open_connection(database: str) -> AsyncIterator[Callable[[], Awaitable[Connection]]]:
    """Open as many connections to the test's own database as wanted. Everything commits."""
    opened: list[Connection] = []

    async def open_one() -> Connection:
        opened.append(await connect(database, name="test"))
        return opened[-1]

    yield open_one
    for conn in opened:
        await conn.close()
