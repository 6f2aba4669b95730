"""Bring a database's schema forward, one numbered file after the other, never back.

Our own files stand in `migrations/`; the tables of procrastinate (webhooks, sweeps) come from its package: whole in a
new database, and by its own migrations from then on. Each step is one transaction together with its row in
`schema_migration`. An advisory lock lets one process migrate at a time; it belongs to a session, so `migrate` needs a
URL that leads through no pooler. These functions block: call them before the event loop runs, or in a thread.

A service may be at work meanwhile. A step waits 0.3 s at most for a table's lock, because everybody else waits
behind it; then it lets them pass, and tries again.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import psycopg
from procrastinate.schema import SchemaManager

from seedbed.core.errors import NotReady
from seedbed.store import requirements
from seedbed.store.requirements import Server, opened

ONLY_ONE_LOCK = 0x5EEDBED
LOCK_TIMEOUT_S = 60
STEP_TRIES = 30
BETWEEN_TRIES_S = 1.0
LIBRARY = "procrastinate/"
# For the library's steps; our files set their own, so that each can be read for what it dares.
TIMEOUTS = "select set_config('lock_timeout', '300ms', true), set_config('statement_timeout', '60s', true)"


@dataclass(frozen=True, slots=True)
class Migration:
    name: str
    sql: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How a database stands beside this version. `later`: migrations that it has and this version does not know."""

    server: Server
    missing: tuple[str, ...]
    later: tuple[str, ...]
    fault: str  # what would keep `migrate` from applying what is missing; empty if nothing


def migrate(url: str, *, is_pooled_elsewhere: bool = False) -> list[str]:
    """Apply what is missing and return its names. Idempotent.

    `is_pooled_elsewhere`: a service comes to this database through a pooler, so the role gets its time-outs.
    Raises NotReady if the database cannot be reached or is too old, is somebody else's, lacks a right or is locked, or
    if somebody else is migrating it.
    """
    with opened(url) as conn:
        _check_direct(conn)
        _take_lock(conn)
        known = migrations()
        if _missing(conn, known):
            requirements.check_may_migrate(conn, _tables(known))
            conn.execute(
                "create table if not exists schema_migration ("
                " name text primary key, applied_at timestamptz not null default clock_timestamp())"
            )
        applied = _apply_all(conn, _missing(conn, known))
        if is_pooled_elsewhere:
            requirements.keep_timeouts(conn)
        return applied


def pending(url: str) -> list[str]:
    """Return the names of the migrations that the database lacks. Changes nothing.

    Raises NotReady if the database cannot be reached or is too old.
    """
    with opened(url) as conn:
        return [step.name for step in _missing(conn, migrations())]


def standing(url: str) -> Standing:
    """Look at a database as `migrate` would. Changes nothing. Raises NotReady as `pending` does."""
    with opened(url) as conn:
        known = migrations()
        missing = _missing(conn, known)
        fault = ""
        try:
            if missing:
                requirements.check_may_migrate(conn, _tables(known))
        except NotReady as exc:
            fault = str(exc)
        later = sorted(_applied(conn) - {step.name for step in known})
        server = requirements.describe(conn, at_unix_s=time.time())
        return Standing(server, tuple(step.name for step in missing), tuple(later), fault)


def check_service(url: str, *, listen_url: str | None) -> None:
    """Raise NotReady if a service could not work with this migrated database: a right, a pooler, another database."""
    with opened(url) as conn:
        requirements.check_may_serve(conn, _tables(migrations()))
    requirements.check_way(url, listen_url)


def migrations() -> list[Migration]:
    """Return every migration: ours in order, then the library's in its own."""
    own = resources.files("seedbed.store") / "migrations"
    ours = [Migration(f.name, f.read_text("utf-8")) for f in own.iterdir() if f.name.endswith(".sql")]
    library = Path(SchemaManager.get_migrations_path()).glob("*.sql")
    theirs = [Migration(LIBRARY + f.name, f.read_text("utf-8")) for f in library]
    return sorted(ours, key=_name) + sorted(theirs, key=_name)


def _name(step: Migration) -> str:
    return step.name


def _is_ours(step: Migration) -> bool:
    return not step.name.startswith(LIBRARY)


def _tables(known: Sequence[Migration]) -> set[str]:
    return requirements.tables_of([step.sql for step in known])


def _check_direct(conn: psycopg.Connection) -> None:
    if requirements.describe(conn, at_unix_s=0.0).is_pooled:
        raise NotReady(
            "The database cannot be migrated through a pooler, which would keep our lock for somebody else. Set "
            "SEEDBED_LISTEN_URL to the same database without it, then run `seedbed migrate` again."
        )


def _take_lock(conn: psycopg.Connection) -> None:
    conn.execute(f"set lock_timeout = '{LOCK_TIMEOUT_S}s'")
    conn.execute("set statement_timeout = 0")  # the role may bring one that is shorter than that wait
    try:
        conn.execute("select pg_advisory_lock(%s)", [ONLY_ONE_LOCK])
    except psycopg.errors.LockNotAvailable as exc:
        raise NotReady(
            "Another process has been migrating this database for a minute; look at it, then retry."
        ) from exc


def _applied(conn: psycopg.Connection) -> set[str]:
    if conn.execute("select to_regclass('schema_migration')").fetchone() == (None,):
        return set()
    try:
        return {name for (name,) in conn.execute("select name from schema_migration")}
    except psycopg.errors.InsufficientPrivilege as exc:
        requirements.check_may_serve(conn, {"schema_migration"})
        raise NotReady(f"The database refuses to say how it stands: {exc}.") from exc


def _missing(conn: psycopg.Connection, known: Sequence[Migration]) -> list[Migration]:
    applied = _applied(conn)
    return [step for step in known if step.name not in applied]


def _has_library(conn: psycopg.Connection) -> bool:
    return conn.execute("select to_regclass('procrastinate_jobs')").fetchone() != (None,)


def _apply_all(conn: psycopg.Connection, missing: list[Migration]) -> list[str]:
    if _has_library(conn):
        return [_apply(conn, step) for step in missing]
    return _apply_library_whole(conn, missing) + [_apply(conn, step) for step in missing if _is_ours(step)]


def _apply_library_whole(conn: psycopg.Connection, missing: list[Migration]) -> list[str]:
    theirs = [step.name for step in missing if not _is_ours(step)]
    with conn.transaction():
        conn.execute(TIMEOUTS)
        conn.execute(SchemaManager.get_schema())
        conn.cursor().executemany("insert into schema_migration (name) values (%s)", [(name,) for name in theirs])
    return theirs


def _apply(conn: psycopg.Connection, step: Migration) -> str:
    """Apply it, again and again while somebody is in its way. Raises NotReady when it has tried often enough."""
    for _ in range(STEP_TRIES):
        try:
            _apply_once(conn, step)
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            time.sleep(BETWEEN_TRIES_S * random.uniform(0.5, 1.5))
        else:
            return step.name
    raise NotReady(
        f"The migration {step.name} waits for a table that somebody has kept locked for {STEP_TRIES} tries. Look into "
        "pg_stat_activity for a transaction that is long open (a pg_dump, a psql), then run `seedbed migrate` again."
    )


def _apply_once(conn: psycopg.Connection, step: Migration) -> None:
    with conn.transaction():
        conn.execute(TIMEOUTS)
        # Without parameters psycopg sends the text as it is, so a file may hold many statements and per cent signs.
        conn.execute(step.sql.encode())
        conn.execute("insert into schema_migration (name) values (%s)", [step.name])
