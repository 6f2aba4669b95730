"""Make the schema of an earlier moment in a database that has none, for rows of that moment.

`migrate` only knows the newest schema. What it would do to rows on the way there has to be done to these rows too, so
they are loaded into the schema that they were taken from, and brought forward then.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import psycopg
from procrastinate.schema import SchemaManager

from seedbed.core.backup import check_known
from seedbed.core.errors import NotReady
from seedbed.store.database import CONNECT_TIMEOUT_S
from seedbed.store.migrate import LIBRARY, Migration, migrate, migrations, pending

_LEDGER = (
    "create table schema_migration (name text primary key, applied_at timestamptz not null default clock_timestamp())"
)
_TIME = "select set_config('lock_timeout', '5s', true), set_config('statement_timeout', '60s', true)"


def rebuild(url: str, names: Collection[str]) -> None:
    """Make the schema after exactly these migrations. Nothing is done where it is there already.

    Raises NotReady if this version lacks one of them, or the database has seen others.
    """
    known = {step.name: step for step in migrations()}
    check_known(names, known, whose="The backup")
    missing = set(pending(url))
    there = known.keys() - missing
    if there == set(names):
        return
    if there:
        raise NotReady(
            "The database has the schema of another version than the backup already. Give one that is empty: the "
            "schema of the backup is made in it, and brought forward once its rows are there."
        )
    if known.keys() == set(names):
        migrate(url)
        return
    try:
        with psycopg.connect(url, connect_timeout=CONNECT_TIMEOUT_S) as conn:  # one transaction
            conn.execute(_TIME)
            conn.execute(_LEDGER)
            _make(conn, [step for step in known.values() if step.name in set(names)])
    except psycopg.Error as exc:
        raise NotReady(f"The schema of the backup cannot be made: {exc}. Nothing was changed.") from exc


def _make(conn: psycopg.Connection, steps: Collection[Migration]) -> None:
    theirs = [step for step in steps if step.name.startswith(LIBRARY)]
    every = [step for step in migrations() if step.name.startswith(LIBRARY)]
    _run(conn, [SchemaManager.get_schema()] if len(theirs) == len(every) else [step.sql for step in theirs])
    _run(conn, [step.sql for step in steps if step not in theirs])
    conn.cursor().executemany("insert into schema_migration (name) values (%s)", [(step.name,) for step in steps])


def _run(conn: psycopg.Connection, texts: Iterable[str]) -> None:
    for text in texts:
        conn.execute(text.encode())
