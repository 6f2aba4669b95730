"""Take all rows out of a database, and put them into an empty one, by COPY: no other program is needed for it.

Rows are read in one snapshot, so that they belong together whatever a service does meanwhile. They are written in one
commit, so that a database has all of them or none. The versions of the two servers may differ.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterable, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from graphlib import TopologicalSorter
from importlib import resources
from typing import Any, cast

import psycopg
from procrastinate.schema import SchemaManager
from psycopg.sql import SQL, Composed, Identifier

from seedbed.core.backup import SavedSequence
from seedbed.core.errors import NotReady
from seedbed.store.database import Connection, many, one

LONGEST_S = 7200  # for one table
_TABLE = re.compile(r"^create (?:unlogged )?table (?:if not exists )?(\w+)", re.IGNORECASE | re.MULTILINE)


def tables() -> list[str]:
    """Return the names of all tables whose rows are copied: ours and the library's, and nobody else's."""
    ours = (resources.files("seedbed.store") / "schema.sql").read_text("utf-8")
    found = [name for text in (ours, SchemaManager.get_schema()) for name in _TABLE.findall(text)]
    return [name for name in found if name != "schema_migration"]  # written by what is done to a database


@asynccontextmanager
async def snapshot(conn: Connection, *, is_exclusive: bool = False) -> AsyncIterator[dict[str, tuple[str, ...]]]:
    """Show the block one moment of the database, and give it the columns of each table that is there.

    `is_exclusive` besides lets nobody write until the end of the block.
    """
    async with conn.transaction():
        await conn.execute("set transaction isolation level repeatable read")
        await _take_time(conn)
        if is_exclusive:
            there = await _columns(conn)
            await conn.execute(SQL("lock table {} in share mode").format(_listed(there)))
        # Not before the locks: the first look at the rows settles which moment is shown.
        yield await _columns(conn)


async def rows_out(conn: Connection, table: str, columns: Sequence[str]) -> AsyncIterator[bytes]:
    """Yield the rows of a table in COPY's text form. Call it in a snapshot."""
    statement = SQL("copy (select {} from {}) to stdout").format(_listed(columns), Identifier(table))
    async with conn.cursor() as cursor, cursor.copy(statement) as copy:
        async for chunk in copy:
            yield bytes(chunk)


async def rows_in(conn: Connection, table: str, columns: Sequence[str], chunks: AsyncIterable[bytes]) -> int:
    """Write rows in COPY's text form, and return how many there were. Call it in `loading`."""
    statement = SQL("copy {} ({}) from stdin").format(Identifier(table), _listed(columns))
    async with conn.cursor() as cursor:
        async with cursor.copy(statement) as copy:
            async for chunk in chunks:
                await copy.write(chunk)
        return cursor.rowcount


async def counters(conn: Connection) -> list[SavedSequence]:
    """Return where the counters of numbered columns stand. Read them after the rows: they only grow."""
    found = []
    for row in await many(conn, _COUNTERS, {"tables": tables()}):
        statement = SQL("select last_value, is_called from {}").format(Identifier(*row["counter"]))
        state = await one(conn, statement, {})
        found.append(SavedSequence(row["table"], row["column"], state["last_value"], state["is_called"]))
    return found


async def set_counters(conn: Connection, saved: Sequence[SavedSequence]) -> None:
    for one_counter in saved:
        await conn.execute(
            "select setval(pg_get_serial_sequence(%(table)s, %(column)s), %(last)s, %(was_given)s)",
            {
                "table": one_counter.table,
                "column": one_counter.column,
                "last": one_counter.last,
                "was_given": one_counter.was_given,
            },
        )


@asynccontextmanager
async def loading(conn: Connection, names: Sequence[str]) -> AsyncIterator[list[str]]:
    """Let the block write these tables, and give it their names in the order in which they need each other.

    Triggers of our own and the library's are off meanwhile, since what they would write is among the rows. Foreign keys
    and checks are not. All is one commit. Raises NotReady if the database refuses it, with its own words.
    """
    async with _told_refusal(), conn.transaction():
        await _take_time(conn)
        for name in sorted(names):
            await conn.execute(SQL("alter table {} disable trigger user").format(Identifier(name)))
        yield await _in_order(conn, names)
        for name in sorted(names):
            await conn.execute(SQL("alter table {} enable trigger user").format(Identifier(name)))


async def gather_statistics(conn: Connection) -> None:
    """Have the planner look at what was loaded."""
    async with conn.transaction():
        await _take_time(conn)
        await conn.execute("analyze")


async def filled(conn: Connection) -> list[str]:
    """Return the tables that have rows."""
    statements = [
        SQL("select {} as name where exists (select from {})").format(name, Identifier(name))
        for name in await _columns(conn)
    ]
    return [row["name"] for row in await many(conn, SQL(" union all ").join(statements), {})] if statements else []


async def applied(conn: Connection) -> list[str]:
    """Return the migrations that the database has seen; none where it is no database of ours."""
    is_ours = await one(conn, "select to_regclass('schema_migration') is not null as is_ours", {})
    if not is_ours["is_ours"]:
        return []
    return [row["name"] for row in await many(conn, "select name from schema_migration order by name", {})]


async def users(conn: Connection) -> list[str]:
    """Return which parts of a service are connected to the database besides this connection."""
    return [row["name"] for row in await many(conn, _USERS, {})]


async def encoding(conn: Connection) -> str:
    row = await one(conn, "select current_setting('server_encoding') as encoding", {})
    return cast("str", row["encoding"])


async def _columns(conn: Connection) -> dict[str, tuple[str, ...]]:
    return {row["table"]: tuple(row["columns"]) for row in await many(conn, _COLUMNS, {"tables": tables()})}


async def _in_order(conn: Connection, names: Sequence[str]) -> list[str]:
    needs: Mapping[str, set[str]] = {name: set() for name in names}
    for row in await many(conn, _NEEDS, {}):
        if row["table"] in needs and row["needed"] in needs and row["table"] != row["needed"]:
            needs[row["table"]].add(row["needed"])
    return list(TopologicalSorter(needs).static_order())


async def _take_time(conn: Connection) -> None:
    """Set the time-outs of this transaction for work on whole tables. Waiting for a lock stays short."""
    await conn.execute(
        f"select set_config('statement_timeout', '{LONGEST_S}s', true),"
        f" set_config('idle_in_transaction_session_timeout', '{LONGEST_S}s', true)"
    )


@asynccontextmanager
async def _told_refusal() -> AsyncIterator[None]:
    try:
        yield
    except (psycopg.IntegrityError, psycopg.DataError, psycopg.ProgrammingError) as exc:
        # Its detail would quote the row, which is its owner's.
        raise NotReady(f"The database does not take these rows: {exc.diag.message_primary}. None was written.") from exc


def _listed(names: Any) -> Composed:
    return SQL(", ").join(map(Identifier, names))


# Generated columns are left out: nobody may write them.
_COLUMNS = """
select relname as "table", array_agg(attname order by attnum) as columns
from pg_class join pg_attribute on attrelid = pg_class.oid
where oid = any (select to_regclass(name) from unnest(%(tables)s::text[]) name)
    and attnum > 0 and not attisdropped and attgenerated = ''
group by relname order by relname
"""
_COUNTERS = """
select relname as "table", attname as "column",
    (select array[nspname, c.relname] from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.oid = pg_get_serial_sequence(quote_ident(t.relname), attname)::regclass) as counter
from pg_class t join pg_attribute on attrelid = t.oid
where t.oid = any (select to_regclass(name) from unnest(%(tables)s::text[]) name)
    and attnum > 0 and not attisdropped and pg_get_serial_sequence(quote_ident(t.relname), attname) is not null
order by 1, 2
"""
_NEEDS = """
select c.relname as "table", needed.relname as needed
from pg_constraint join pg_class c on c.oid = conrelid join pg_class needed on needed.oid = confrelid
where contype = 'f'
"""
_USERS = """
select distinct application_name as name from pg_stat_activity
where datname = current_database() and starts_with(application_name, 'seedbed ') and pid <> pg_backend_pid() order by 1
"""
