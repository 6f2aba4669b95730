"""Bring a database's schema forward, one numbered file after the other, never back.

Our own files stand in `migrations/`; the tables of procrastinate (webhooks, sweeps) come from its package: whole in a
new database, and by its own migrations from then on. Each step is one transaction together with its row in
`schema_migration`. An advisory lock lets one process migrate at a time. These functions block: call them before the
event loop runs, or in a thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import psycopg
from procrastinate.schema import SchemaManager

from seedbed.core.errors import NotReady

ONLY_ONE_LOCK = 0x5EEDBED
LOCK_TIMEOUT_S = 60
OLDEST_SERVER = 140_000
CONNECT_TIMEOUT_S = 10
LIBRARY = "procrastinate/"
# For the library's steps; our files set their own, so that each can be read for what it dares.
TIMEOUTS = "select set_config('lock_timeout', '5s', true), set_config('statement_timeout', '60s', true)"


@dataclass(frozen=True, slots=True)
class Migration:
    name: str
    sql: str


def migrate(url: str) -> list[str]:
    """Apply what is missing and return its names. Idempotent.

    Raises NotReady if the database cannot be reached or is too old, or somebody else is migrating it.
    """
    with _opened(url) as conn:
        _take_lock(conn)
        conn.execute(
            "create table if not exists schema_migration ("
            " name text primary key, applied_at timestamptz not null default clock_timestamp())"
        )
        missing = _missing(conn)
        if not _has_library(conn):
            return _apply_library_whole(conn, missing) + [_apply(conn, step) for step in missing if _is_ours(step)]
        return [_apply(conn, step) for step in missing]


def pending(url: str) -> list[str]:
    """Return the names of the migrations that the database lacks. Changes nothing.

    Raises NotReady if the database cannot be reached or is too old.
    """
    with _opened(url) as conn:
        return [step.name for step in _missing(conn)]


def migrations() -> list[Migration]:
    """Return every migration: ours in order, then the library's in its own."""
    own = resources.files("seedbed.store") / "migrations"
    ours = [Migration(f.name, f.read_text("utf-8")) for f in own.iterdir() if f.name.endswith(".sql")]
    library = Path(SchemaManager.get_migrations_path()).glob("*.sql")
    theirs = [Migration(LIBRARY + f.name, f.read_text("utf-8")) for f in library]
    return sorted(ours, key=_name) + sorted(theirs, key=_name)


def _opened(url: str) -> psycopg.Connection:
    try:
        conn = psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_TIMEOUT_S)
    except psycopg.OperationalError as exc:
        raise NotReady(f"The database cannot be reached: {exc}. Look at SEEDBED_DATABASE_URL.") from exc
    if conn.info.server_version < OLDEST_SERVER:
        conn.close()
        raise NotReady("The database is too old; Seedbed needs PostgreSQL 14 or later.")
    return conn


def _name(step: Migration) -> str:
    return step.name


def _is_ours(step: Migration) -> bool:
    return not step.name.startswith(LIBRARY)


def _take_lock(conn: psycopg.Connection) -> None:
    conn.execute(f"set lock_timeout = '{LOCK_TIMEOUT_S}s'")
    try:
        conn.execute("select pg_advisory_lock(%s)", [ONLY_ONE_LOCK])
    except psycopg.errors.LockNotAvailable as exc:
        raise NotReady(
            "Another process has been migrating this database for a minute; look at it, then retry."
        ) from exc


def _missing(conn: psycopg.Connection) -> list[Migration]:
    if conn.execute("select to_regclass('schema_migration')").fetchone() == (None,):
        return migrations()
    applied = {name for (name,) in conn.execute("select name from schema_migration")}
    return [step for step in migrations() if step.name not in applied]


def _has_library(conn: psycopg.Connection) -> bool:
    return conn.execute("select to_regclass('procrastinate_jobs')").fetchone() != (None,)


def _apply_library_whole(conn: psycopg.Connection, missing: list[Migration]) -> list[str]:
    theirs = [step.name for step in missing if not _is_ours(step)]
    with conn.transaction():
        conn.execute(TIMEOUTS)
        conn.execute(SchemaManager.get_schema())
        conn.cursor().executemany("insert into schema_migration (name) values (%s)", [(name,) for name in theirs])
    return theirs


def _apply(conn: psycopg.Connection, step: Migration) -> str:
    with conn.transaction():
        conn.execute(TIMEOUTS)
        # Without parameters psycopg sends the text as it is, so a file may hold many statements and per cent signs.
        conn.execute(step.sql.encode())
        conn.execute("insert into schema_migration (name) values (%s)", [step.name])
    return step.name
