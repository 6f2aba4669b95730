"""Connections to PostgreSQL: every one in autocommit, with rows as mappings and with a deadline on every wait.

Columns of the type `json` come as the text that they hold: only who reads one knows what it should become.

Autocommit makes a transaction something one writes down (`async with conn.transaction()`), so that none is left open by
accident while an engine, an upload or somebody else's server takes its time.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import datetime
from typing import Any, TypeAlias

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg.types.string import TextLoader
from psycopg_pool import AsyncConnectionPool

from seedbed.core.errors import Unavailable

Connection: TypeAlias = AsyncConnection[DictRow]
Pool: TypeAlias = AsyncConnectionPool[Connection]
Row: TypeAlias = DictRow

CONNECT_TIMEOUT_S = 10
CHECKOUT_TIMEOUT_S = 10.0


def connect_pool(url: str, *, min_size: int, max_size: int, name: str) -> Pool:
    """Return a pool that is not yet open: `async with connect_pool(...) as pool`. Borrow with `pool.connection()`.

    A connection that broke while it lay idle (the server was restarted) is replaced before it is lent.
    """
    return AsyncConnectionPool(
        url,
        connection_class=AsyncConnection[DictRow],
        kwargs=_options(name),
        min_size=min_size,
        max_size=max_size,
        name=name,
        timeout=CHECKOUT_TIMEOUT_S,
        configure=_prepare,
        check=AsyncConnectionPool.check_connection,
        open=False,
    )


def url_of(pool: Pool) -> str:
    """Return the URL of a pool that `connect_pool` made, for a connection beside it."""
    assert isinstance(pool.conninfo, str)
    return pool.conninfo


@asynccontextmanager
async def borrow(pool: Pool) -> AsyncIterator[Connection]:
    """Lend a connection for one action. Raises Unavailable for what will pass: no answer, a time-out, a deadlock."""
    with _translated():
        async with pool.connection() as conn:
            yield conn


@asynccontextmanager
async def connected(url: str, *, name: str) -> AsyncIterator[Connection]:
    """Open a connection for the length of the block. Raises Unavailable as `borrow` does."""
    with _translated():
        async with await connect(url, name=name) as conn:
            yield conn


async def connect(url: str, *, name: str) -> Connection:
    """Open one connection outside a pool, for LISTEN and for tests. Close it yourself."""
    async with AsyncExitStack() as unless_done:
        conn = await AsyncConnection.connect(url, **_options(name))
        unless_done.push_async_callback(conn.close)  # whoever is cancelled here leaves nobody who knows of it
        await _prepare(conn)
        unless_done.pop_all()
    return conn


async def moment(conn: Connection, at: datetime | None) -> datetime:
    """Return `at`, or the database's clock: the only clock there is."""
    row = await one(conn, "select coalesce(%(at)s::timestamptz, clock_timestamp()) as at", {"at": at})
    at_now: datetime = row["at"]
    return at_now


async def one_or_none(conn: Connection, statement: Any, facts: dict[str, Any]) -> Row | None:
    cursor = await conn.execute(statement, facts)
    return await cursor.fetchone()


async def one(conn: Connection, statement: Any, facts: dict[str, Any]) -> Row:
    """Return the row of a statement that always has one."""
    row = await one_or_none(conn, statement, facts)
    if row is None:
        raise Unavailable("The database did not answer as it must; try again shortly.")
    return row


async def many(conn: Connection, statement: Any, facts: dict[str, Any]) -> list[Row]:
    cursor = await conn.execute(statement, facts)
    return await cursor.fetchall()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    # The last is not an OperationalError, though it passes as well: whoever was frozen inside a transaction meets it.
    except (psycopg.OperationalError, psycopg.errors.IdleInTransactionSessionTimeout) as exc:
        raise Unavailable("The database does not answer at the moment; try again shortly.") from exc


def _options(name: str) -> dict[str, Any]:
    return {
        "autocommit": True,
        "row_factory": dict_row,
        "application_name": f"seedbed {name}",
        "connect_timeout": CONNECT_TIMEOUT_S,
    }


async def _prepare(conn: Connection) -> None:
    conn.adapters.register_loader("json", TextLoader)
    await conn.execute(
        "select set_config('statement_timeout', '15s', false), set_config('lock_timeout', '5s', false),"
        " set_config('idle_in_transaction_session_timeout', '15s', false), set_config('timezone', 'UTC', false)"
    )
