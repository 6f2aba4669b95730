"""Two ways to use a migrated database: rolled back after the test, or committed into a copy of the test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from seedbed.store.database import Connection, connect


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
