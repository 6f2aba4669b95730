"""What a PostgreSQL must be, and what it must permit us, before anything works with it.

Each fault is one sentence that says what is wrong and what would mend it, a GRANT word for word. Everything here blocks
and changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
from psycopg import sql

from seedbed.core.errors import NotReady
from seedbed.store.database import CONNECT_TIMEOUT_S, TIMEOUTS

OLDEST_SERVER = 140_000
HEARD_WITHIN_S = 5.0
PROBE_CHANNEL = "seedbed_probe"
_TABLES_MADE = re.compile(r"^create (?:unlogged )?table (?:if not exists )?(\w+)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Server:
    """Where a connection leads. `clock_ahead_s`: the database's clock beside this machine's."""

    version: str
    database: str
    role: str
    is_pooled: bool
    clock_ahead_s: float


def opened(url: str) -> psycopg.Connection:
    """Connect, in autocommit. Raises NotReady if nobody answers, or a server that is too old."""
    try:
        conn = psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_TIMEOUT_S, prepare_threshold=None)
    except (psycopg.OperationalError, psycopg.ProgrammingError) as exc:
        raise NotReady(f"The database cannot be reached: {exc}. Look at SEEDBED_DATABASE_URL.") from exc
    if conn.info.server_version < OLDEST_SERVER:
        version = conn.info.parameter_status("server_version")
        conn.close()
        raise NotReady(f"The database is PostgreSQL {version}, which is too old; Seedbed needs PostgreSQL 14 or later.")
    return conn


def describe(conn: psycopg.Connection, *, at_unix_s: float) -> Server:
    """Say where the connection leads. `at_unix_s` is this machine's clock now."""
    row = conn.execute(
        "select current_setting('server_version'), current_database(), current_user, pg_backend_pid() <> %s,"
        " extract(epoch from clock_timestamp())::float8",
        [conn.info.backend_pid],
    ).fetchone()
    assert row is not None
    return Server(row[0], row[1], row[2], row[3], row[4] - at_unix_s)


def tables_of(scripts: Sequence[str]) -> set[str]:
    """Return the names of all tables that these migrations make."""
    return {name.lower() for script in scripts for name in _TABLES_MADE.findall(script)}


def check_may_migrate(conn: psycopg.Connection, tables: set[str]) -> None:
    """Raise NotReady if the database is somebody else's, or if the role may not make and change our tables."""
    schema, may_create, may_use = _one(
        conn,
        "select current_schema(), has_schema_privilege(current_schema(), 'create'),"
        " has_schema_privilege(current_schema(), 'usage')",
    )
    if schema is None:
        raise NotReady("The search_path of the role names no schema that is there; make one, or set another path.")
    if not (may_create and may_use):
        raise NotReady(
            f"The role {_role(conn)} may not create tables in the schema {schema} of the database {_database(conn)}. "
            f"As its owner, run: GRANT USAGE, CREATE ON SCHEMA {_quoted(schema)} TO {_quoted(_role(conn))};"
        )
    _check_ours(conn, tables)
    _check_owned(conn, tables)


def check_may_serve(conn: psycopg.Connection, tables: set[str]) -> None:
    """Raise NotReady if the role lacks a right on one of our tables that a service needs."""
    lacking = [
        f"{privilege.upper()} on {name}"
        for name, privilege in conn.execute(_LACKING, {"tables": sorted(tables)}).fetchall()
    ]
    if lacking:
        schema, role = _quoted(_one(conn, "select current_schema()")[0] or "public"), _quoted(_role(conn))
        raise NotReady(
            f"The role {_role(conn)} lacks {', '.join(lacking[:3])}{' and more' if lacking[3:] else ''}. As the owner "
            f"of the tables, run: GRANT USAGE ON SCHEMA {schema} TO {role}; GRANT SELECT, INSERT, UPDATE, DELETE "
            f"ON ALL TABLES IN SCHEMA {schema} TO {role}; GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {role};"
        )


def check_way(url: str, listen_url: str | None) -> None:
    """Raise NotReady if notices do not come through, or a pooler's connections lack their time-outs."""
    with opened(url) as conn:
        is_pooled = describe(conn, at_unix_s=0.0).is_pooled
        if is_pooled and not listen_url:
            raise NotReady(
                "SEEDBED_DATABASE_URL leads through a pooler, where no notice is heard. Set SEEDBED_LISTEN_URL to the "
                "same database without it. (A pooler that keeps a connection for each session may be named in both.)"
            )
        if listen_url:
            _check_heard(conn, listen_url)
        if is_pooled and (missing := _missing_timeouts(conn)):
            raise NotReady(
                f"Connections through the pooler have no {missing[0]}. `seedbed migrate`, run as this role, gives it "
                "its time-outs; then let the pooler connect anew (RECONNECT in PgBouncer's console)."
            )


def keep_timeouts(conn: psycopg.Connection) -> None:
    """Give the role, in this database, those of our time-outs that nobody has set: for connections of a pooler.

    What sets a session's would, through a pooler, set those of a connection that is somebody else's a moment later.
    """
    for name in _missing_timeouts(conn):
        conn.execute(
            sql.SQL("alter role current_user in database {} set {} = {}").format(
                sql.Identifier(_database(conn)), sql.Identifier(name), sql.Literal(TIMEOUTS[name])
            )
        )


def _missing_timeouts(conn: psycopg.Connection) -> list[str]:
    rows = conn.execute(
        "select name from pg_settings where name = any(%s) and reset_val = '0' order by name desc", [list(TIMEOUTS)]
    )
    return [name for (name,) in rows]


def _check_heard(conn: psycopg.Connection, listen_url: str) -> None:
    try:
        listening = opened(listen_url)
    except NotReady as fault:
        raise NotReady(str(fault).replace("SEEDBED_DATABASE_URL", "SEEDBED_LISTEN_URL")) from fault
    with listening:
        listening.execute(sql.SQL("listen {}").format(sql.Identifier(PROBE_CHANNEL)))
        conn.execute("select pg_notify(%s, '')", [PROBE_CHANNEL])
        if not list(listening.notifies(timeout=HEARD_WITHIN_S, stop_after=1)):
            raise NotReady(
                "What is said in the database of SEEDBED_DATABASE_URL is not heard over SEEDBED_LISTEN_URL: it must "
                "lead to the same database, and through no pooler that lends its connections for a transaction."
            )


def _check_ours(conn: psycopg.Connection, tables: set[str]) -> None:
    if _one(conn, "select to_regclass('schema_migration') is not null")[0]:
        return
    strangers = [name for (name,) in conn.execute(_STANDING, {"tables": sorted(tables)}).fetchall()]
    if strangers:
        raise NotReady(
            f"The database {_database(conn)} holds tables of something else under our names "
            f"({', '.join(strangers[:5])}). Name a database of its own in SEEDBED_DATABASE_URL: "
            f"CREATE DATABASE seedbed OWNER {_quoted(_role(conn))};"
        )


def _check_owned(conn: psycopg.Connection, tables: set[str]) -> None:
    owners = [owner for (owner,) in conn.execute(_OTHER_OWNERS, {"tables": sorted(tables)}).fetchall()]
    if owners:
        raise NotReady(
            f"The tables belong to {', '.join(owners)}, and the role {_role(conn)} may not change them. Migrate as "
            f"their owner, or run: GRANT {_quoted(owners[0])} TO {_quoted(_role(conn))};"
        )


def _one(conn: psycopg.Connection, question: str) -> tuple[object, ...]:
    row = conn.execute(question.encode()).fetchone()
    assert row is not None
    return row


def _role(conn: psycopg.Connection) -> str:
    return str(_one(conn, "select current_user")[0])


def _database(conn: psycopg.Connection) -> str:
    return str(_one(conn, "select current_database()")[0])


def _quoted(name: object) -> str:
    return '"' + str(name).replace('"', '""') + '"'


_STANDING = """
select relname from pg_class
where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p') and relname = any(%(tables)s)
order by relname
"""
_OTHER_OWNERS = """
select distinct pg_get_userbyid(relowner) from pg_class
where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p') and relname = any(%(tables)s)
    and not pg_has_role(relowner, 'usage')
order by 1
"""
# An identity's sequence asks for no right of its own; a serial's does. A `case`, for conditions run in any order.
_LACKING = """
with ours as (
    select oid, relname from pg_class where relkind in ('r', 'p') and relname = any(%(tables)s)
        and relnamespace = current_schema()::regnamespace
)
select relname, privilege from ours, unnest(array['select', 'insert', 'update', 'delete']) as privilege
where not has_table_privilege(ours.oid, privilege)
union all
select sequence.relname, 'usage' from ours
join pg_depend on refobjid = ours.oid and refclassid = 'pg_class'::regclass and deptype = 'a'
join pg_class as sequence on sequence.oid = pg_depend.objid
where case when sequence.relkind = 'S' then not has_sequence_privilege(sequence.oid, 'usage') end
order by 1, 2
"""
