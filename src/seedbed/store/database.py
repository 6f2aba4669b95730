"""Connections to PostgreSQL: every one in autocommit, with rows as mappings and with a deadline on every wait.

Columns of the type `json` come as the text that they hold: only who reads one knows what it should become.

Autocommit makes a transaction something one writes down (`async with conn.transaction()`), so that none is left open by
accident while an engine, an upload or somebody else's server takes its time.

Behind a pooler that lends a server connection for a transaction only (PgBouncer), what one tells a session is soon
somebody else's. There nothing is set and no statement is prepared: the role brings its time-outs (`store.migrate`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import datetime
from typing import Any, TypeAlias

import psycopg
from psycopg import AsyncConnection
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import DictRow, dict_row
from psycopg.types.string import TextLoader
from psycopg_pool import AsyncConnectionPool

from seedbed.core.errors import Unavailable

Connection: TypeAlias = AsyncConnection[DictRow]
Row: TypeAlias = DictRow

CONNECT_TIMEOUT_S = 10
CHECKOUT_TIMEOUT_S = 10.0
# A pool waits ever longer between its tries to connect, and would still wait when the server is long back. It gives up
# as soon as whoever waits for it does; the next one to ask has it try at once.
RECONNECT_S = CHECKOUT_TIMEOUT_S
# A server that vanished without a word (its power, its network) is noticed in some ten seconds, not in a quarter of an
# hour. What the URL says of these goes first.
VANISHED = {"keepalives_idle": 5, "keepalives_interval": 3, "keepalives_count": 2, "tcp_user_timeout": 10_000}
# The server is told the same of us, or the session of a machine that was cut off would live on for two hours, and with
# it what belongs to the session: the right to lead a fleet.
VANISHED_CLIENT = {
    "tcp_keepalives_idle": "5s",
    "tcp_keepalives_interval": "3s",
    "tcp_keepalives_count": "2",
    "tcp_user_timeout": "10s",
}
TIMEOUTS = {"statement_timeout": "15s", "lock_timeout": "5s", "idle_in_transaction_session_timeout": "15s"}


class Pool(AsyncConnectionPool[Connection]):
    """Connections to one database, and the URL for a connection beside them that lives as long as it likes."""

    direct_url: str


def connect_pool(url: str, *, min_size: int, max_size: int, name: str, listen_url: str | None = None) -> Pool:
    """Return a pool that is not yet open: `async with connect_pool(...) as pool`. Borrow with `pool.connection()`.

    A connection that broke while it lay idle (the server was restarted) is replaced before it is lent, and with it all
    that lie beside it: the pool tries one after the other with growing pauses, and would find the sound one too late.
    `listen_url` leads to the same database where `url` leads through a pooler.
    """

    async def check(conn: Connection) -> None:
        try:
            await Pool.check_connection(conn)
        except psycopg.Error:
            await pool.drain()
            raise

    pool = Pool(
        url,
        connection_class=AsyncConnection[DictRow],
        kwargs=options_of(url, name),
        min_size=min(min_size, max_size),
        max_size=max_size,
        name=name,
        timeout=CHECKOUT_TIMEOUT_S,
        reconnect_timeout=RECONNECT_S,
        configure=_prepare,
        check=check,
        open=False,
    )
    pool.direct_url = listen_url or url
    return pool


def url_of(pool: Pool) -> str:
    """Return the URL for a connection beside the pool that may listen: it leads through no pooler."""
    return pool.direct_url


@asynccontextmanager
async def borrow(pool: Pool) -> AsyncIterator[Connection]:
    """Lend a connection for one action. Raises Unavailable for what will pass: no answer, a time-out, a deadlock."""
    with _translated():
        async with pool.connection() as conn:
            try:
                yield conn
            except psycopg.errors.ReadOnlySqlTransaction:
                await conn.close()  # it leads to a server that was the first one before: the next finds who is now
                raise


@asynccontextmanager
async def connected(url: str, *, name: str) -> AsyncIterator[Connection]:
    """Open a connection for the length of the block. Raises Unavailable as `borrow` does."""
    with _translated():
        async with await connect(url, name=name) as conn:
            yield conn


async def connect(url: str, *, name: str) -> Connection:
    """Open one connection outside a pool, for LISTEN and for tests. Close it yourself."""
    async with AsyncExitStack() as unless_done:
        conn = await AsyncConnection[DictRow].connect(url, **options_of(url, name))
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


def options_of(url: str, name: str) -> dict[str, Any]:
    """Return what every connection to that URL is opened with."""
    return {
        **{option: value for option, value in VANISHED.items() if option not in conninfo_to_dict(url)},
        "autocommit": True,
        "row_factory": dict_row,
        "application_name": f"seedbed {name}",
        "connect_timeout": CONNECT_TIMEOUT_S,
    }


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    # The last two are no OperationalErrors, though they pass as well: whoever was frozen inside a transaction meets the
    # one, and who still writes to a server that is the first no more meets the other.
    except (
        psycopg.OperationalError,
        psycopg.errors.IdleInTransactionSessionTimeout,
        psycopg.errors.ReadOnlySqlTransaction,
    ) as exc:
        raise Unavailable("The database does not answer at the moment; try again shortly.") from exc


async def _prepare(conn: Connection) -> None:
    conn.adapters.register_loader("json", TextLoader)
    told = TIMEOUTS | VANISHED_CLIENT
    facts = {"pid": conn.info.backend_pid, "names": list(told), "values": list(told.values())}
    row = await one(conn, _PREPARE, facts)
    if row["is_pooled"]:
        conn.prepare_threshold = None


# A pooler answers with a process id of its own making. The time zone may be set all the same: poolers follow it.
_PREPARE = """
select set_config('timezone', 'UTC', false), pg_backend_pid() <> %(pid)s as is_pooled,
    (select count(set_config(name, value, false)) from unnest(%(names)s::text[], %(values)s::text[]) as s (name, value)
        where pg_backend_pid() = %(pid)s)
"""
