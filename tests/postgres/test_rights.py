"""A database that refuses us something, or is somebody else's, is told from the first line, with what mends it."""

from __future__ import annotations

import re

import psycopg
import pytest

from seedbed.core.errors import NotReady
from seedbed.store.migrate import check_service, migrate, standing

pytestmark = pytest.mark.server


def test_the_grant_in_the_message_lets_a_role_migrate_that_may_not_create_tables(ruled) -> None:
    role, database = ruled.role(), ruled.database()

    with pytest.raises(NotReady, match="may not create tables") as refused:
        migrate(ruled.url(database, role))

    ruled.run(_grants(refused), database)
    assert migrate(ruled.url(database, role))


def test_the_grants_in_the_message_let_a_role_serve_that_does_not_own_the_tables(ruled) -> None:
    owner, role = ruled.role(), ruled.role()
    database = ruled.database(owner)
    migrate(ruled.url(database, owner))
    ruled.run("grant select on schema_migration to public", database)

    with pytest.raises(NotReady, match="lacks DELETE on account") as refused:
        check_service(ruled.url(database, role), listen_url=None)

    ruled.run(_grants(refused), database)
    check_service(ruled.url(database, role), listen_url=None)


def test_a_role_that_lacks_one_right_is_told_of_that_one(ruled) -> None:
    owner, role = ruled.role(), ruled.role()
    database = ruled.database(owner)
    migrate(ruled.url(database, owner))
    ruled.run(f"grant all on all tables in schema public to {role}", database)
    ruled.run(f"grant usage on all sequences in schema public to {role}; revoke update on lane from {role}", database)

    with pytest.raises(NotReady, match=f"The role {role} lacks UPDATE on lane. As the owner"):
        check_service(ruled.url(database, role), listen_url=None)


def test_a_role_without_even_a_look_at_the_tables_is_told_the_grants(ruled) -> None:
    owner, role = ruled.role(), ruled.role()
    database = ruled.database(owner)
    migrate(ruled.url(database, owner))

    with pytest.raises(NotReady, match="GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES"):
        standing(ruled.url(database, role))


def test_tables_of_another_owner_are_not_migrated(ruled) -> None:
    owner, role = ruled.role(), ruled.role()
    database = ruled.database(owner)
    migrate(ruled.url(database, owner))
    ruled.run(f"grant all on schema public to {role}; grant all on schema_migration to {role}", database)
    ruled.run("delete from schema_migration where name like '0014%'", database)

    with pytest.raises(NotReady, match=f"belong to {owner}, and the role {role} may not change them") as refused:
        migrate(ruled.url(database, role))

    assert standing(ruled.url(database, role)).fault == str(refused.value)


def test_a_database_of_something_else_is_not_touched(ruled) -> None:
    role = ruled.role()
    database = ruled.database(role)
    with psycopg.connect(ruled.url(database, role)) as conn:
        conn.execute("create table account (owner text); create table job (title text)")

    with pytest.raises(NotReady, match=r"something else under our names \(account, job\)"):
        migrate(ruled.url(database, role))

    with psycopg.connect(ruled.url(database, role)) as conn:
        assert conn.execute("select to_regclass('schema_migration')").fetchone() == (None,)


def test_a_search_path_that_leads_nowhere_is_told(ruled) -> None:
    role = ruled.role()
    database = ruled.database(role)
    ruled.run(f"alter role {role} set search_path to nowhere")

    with pytest.raises(NotReady, match="search_path"):
        migrate(ruled.url(database, role))


def test_a_listen_url_of_another_database_is_told(ruled, monkeypatch) -> None:
    monkeypatch.setattr("seedbed.store.requirements.HEARD_WITHIN_S", 0.3)
    role = ruled.role()
    database, other = ruled.database(role), ruled.database(role)
    migrate(ruled.url(database, role))

    with pytest.raises(NotReady, match="is not heard over SEEDBED_LISTEN_URL"):
        check_service(ruled.url(database, role), listen_url=ruled.url(other, role))

    check_service(ruled.url(database, role), listen_url=ruled.url(database, role))


def test_a_database_that_a_later_version_has_migrated_is_told_and_served(ruled) -> None:
    role = ruled.role()
    database = ruled.database(role)
    migrate(ruled.url(database, role))
    ruled.run("insert into schema_migration (name) values ('9000_later.sql')", database)

    assert standing(ruled.url(database, role)).later == ("9000_later.sql",)
    check_service(ruled.url(database, role), listen_url=None)


def _grants(refused: pytest.ExceptionInfo[NotReady]) -> str:
    """Return the statements that the message tells an operator to run."""
    found = re.search(r"run: (GRANT .*;)$", str(refused.value))
    assert found
    return found[1]
