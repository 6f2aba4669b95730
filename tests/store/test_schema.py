"""The schema on paper is the schema that the migrations make, and it keeps its own rules."""

from __future__ import annotations

from importlib import resources

import psycopg
import pytest
from procrastinate.schema import SchemaManager

from seedbed.core.errors import NotReady
from seedbed.store import migrate as migrating
from seedbed.store.migrate import migrate, migrations, pending

pytestmark = pytest.mark.server
OWN = [step for step in migrations() if not step.name.startswith(migrating.LIBRARY)]
CATALOGUE = {
    "columns": "select table_name, column_name, data_type, udt_name, is_nullable, column_default, is_identity"
    " from information_schema.columns where table_schema = 'public' order by 1, 2",
    "constraints": "select conrelid::regclass::text, contype::text, pg_get_constraintdef(oid)"
    " from pg_constraint where connamespace = 'public'::regnamespace order by 1, 2, 3",
    "indexes": "select tablename, indexname, indexdef from pg_indexes where schemaname = 'public' order by 1, 2",
    "enums": "select enumtypid::regtype::text, enumsortorder, enumlabel from pg_enum order by 1, 2",
    "views": "select viewname, definition from pg_views where schemaname = 'public' order by 1",
    "functions": "select oid::regprocedure::text, prosrc from pg_proc where pronamespace = 'public'::regnamespace"
    " order by 1",
    "triggers": "select tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) from pg_trigger where not tgisinternal"
    " order by 1, 2",
    "storage": "select relname, reloptions from pg_class where relnamespace = 'public'::regnamespace order by 1",
}


def _catalogue(url: str) -> dict[str, list[tuple]]:
    with psycopg.connect(url) as conn:
        return {what: conn.execute(question).fetchall() for what, question in CATALOGUE.items()}


@pytest.fixture
def documented_database(empty_database: str) -> str:
    with psycopg.connect(empty_database) as conn:
        conn.execute((resources.files("seedbed.store") / "schema.sql").read_bytes())
        conn.execute(SchemaManager.get_schema())
    return empty_database


def test_the_documented_schema_is_what_the_migrations_make(documented_database, shared_database):
    documented, migrated = _catalogue(documented_database), _catalogue(shared_database)

    assert len(documented["columns"]) > 100
    for what in CATALOGUE:
        assert documented[what] == migrated[what], what


def test_migrating_twice_does_nothing_the_second_time(empty_database):
    names = [step.name for step in migrations()]

    assert pending(empty_database) == names
    assert sorted(migrate(empty_database)) == sorted(names)
    assert pending(empty_database) == []
    assert migrate(empty_database) == []


def test_a_step_that_came_later_is_applied_alone(empty_database, monkeypatch):
    later = migrating.Migration("9999_later.sql", "create table later (percent text default '100%')")
    migrate(empty_database)
    monkeypatch.setattr(migrating, "migrations", lambda: [*migrations(), later])

    assert pending(empty_database) == ["9999_later.sql"]
    assert migrate(empty_database) == ["9999_later.sql"]


def test_a_step_that_breaks_leaves_nothing_behind(empty_database, monkeypatch):
    broken = migrating.Migration("9999_broken.sql", "create table half (id int); select 1 / 0")
    migrate(empty_database)
    monkeypatch.setattr(migrating, "migrations", lambda: [*migrations(), broken])

    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(empty_database)

    assert pending(empty_database) == ["9999_broken.sql"]
    assert not [row for row in _catalogue(empty_database)["columns"] if row[0] == "half"]


def test_only_one_process_migrates_at_a_time(empty_database, monkeypatch):
    monkeypatch.setattr(migrating, "LOCK_TIMEOUT_S", 0.05)
    with psycopg.connect(empty_database) as other:
        other.execute("select pg_advisory_lock(%s)", [migrating.ONLY_ONE_LOCK])

        with pytest.raises(NotReady, match="Another process"):
            migrate(empty_database)


def test_a_database_that_cannot_be_reached_is_said_so():
    with pytest.raises(NotReady, match="cannot be reached"):
        pending("host=/nowhere dbname=none")


@pytest.mark.parametrize("step", OWN, ids=[step.name for step in OWN])
def test_every_migration_says_its_intent_and_then_its_time_outs(step):
    lines = step.sql.splitlines()
    code = [line for line in lines if line and not line.startswith("--")]

    assert lines[0].startswith("-- ")
    assert code[0].startswith("set local lock_timeout = ")
    assert code[1].startswith("set local statement_timeout = ")


def test_migrations_are_numbered_without_a_gap():
    assert [int(step.name[:4]) for step in OWN] == list(range(1, len(OWN) + 1))
