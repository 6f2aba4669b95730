"""Migrations beside a service at work: nobody fails, nobody waits long, and two that migrate at once are one."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from seedbed.core.errors import NotReady
from seedbed.store import migrate as migrating
from seedbed.store.migrate import Migration, migrate, migrations

pytestmark = pytest.mark.server
ALL = migrations()
FIRST = [step for step in ALL if step.name.startswith(("0001", migrating.LIBRARY))]
OWN = [step for step in ALL if "0001" < step.name < migrating.LIBRARY and not step.name.startswith("0001")]
IN_ORDER = ("lane", "job", "delivery", "asset", "balance")
TOUCHED = re.compile(
    r"^(?:alter table|lock table|update|create (?:unique )?index \w+ on|create trigger \w+ [^;]*? on) (\w+(?:, \w+)*)",
    re.MULTILINE,
)
CHANGE = Migration("9000_change.sql", "set local lock_timeout = '300ms'; alter table job add column nine integer")
# What every order and every worker does, as far as the first edition's tables go: locks in their order.
BUSY = (
    "update lane set running = running where account_id = 1",
    "update job set priority = priority where account_id = 1",
    "select count(*) from job join account on account.id = job.account_id",
    "update delivery set url = url where job_id = 'none'",
    "select 1 from account where id = 1 for key share",
)


class Load:
    """Transactions as a service makes them, on several connections, until the block ends."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.faults: list[str] = []
        self.longest_s = 0.0
        self.done = 0
        self._ending = threading.Event()

    @contextmanager
    def running(self, connections: int = 3) -> Iterator[None]:
        with ThreadPoolExecutor(connections) as pool:
            for _ in range(connections):
                pool.submit(self._work)
            try:
                yield
            finally:
                self._ending.set()

    def _work(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as conn:
            conn.execute("set lock_timeout = '5s'; set statement_timeout = '15s'")
            while not self._ending.is_set():
                began_s = time.monotonic()
                try:
                    with conn.transaction():
                        for statement in BUSY:
                            conn.execute(statement.encode())
                except psycopg.Error as exc:
                    self.faults.append(f"{type(exc).__name__}: {exc}")
                self.longest_s = max(self.longest_s, time.monotonic() - began_s)
                self.done += 1


def test_no_transaction_fails_while_all_migrations_run_from_the_first_one_on(empty_database, monkeypatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(migrating, "migrations", lambda: FIRST)
        migrate(empty_database)
    load = Load(empty_database)

    with load.running():
        applied = migrate(empty_database)
        time.sleep(0.2)

    assert len(applied) == len(ALL) - len(FIRST)
    assert load.faults == []
    assert load.done > len(applied)
    assert load.longest_s < 5  # what a statement waits for a lock


def test_a_migration_that_a_long_reader_holds_up_lets_the_others_pass_and_tries_again(database, monkeypatch) -> None:
    monkeypatch.setattr(migrating, "migrations", lambda: [*ALL, CHANGE])
    load = Load(database)

    with psycopg.connect(database) as reader, load.running(), ThreadPoolExecutor(1) as pool:
        reader.execute("select count(*) from job")  # and the transaction stays open, as a dump's does
        migrated = pool.submit(migrate, database)
        time.sleep(2.5)
        assert not migrated.done()
        reader.commit()
        assert migrated.result(timeout=20) == [CHANGE.name]

    assert load.faults == []
    assert 0.2 < load.longest_s < 3  # some waited behind the migration, none longer than it waits itself


def test_a_table_that_stays_locked_is_told_of(database, monkeypatch) -> None:
    monkeypatch.setattr(migrating, "migrations", lambda: [*ALL, CHANGE])
    monkeypatch.setattr(migrating, "STEP_TRIES", 2)
    monkeypatch.setattr(migrating, "BETWEEN_TRIES_S", 0.01)
    with psycopg.connect(database) as reader:
        reader.execute("select count(*) from job")

        with pytest.raises(NotReady, match="pg_stat_activity"):
            migrate(database)


@pytest.mark.parametrize("step", OWN, ids=[step.name for step in OWN])
def test_every_migration_locks_tables_in_the_order_in_which_everybody_does(step: Migration) -> None:
    touched = [name for names in TOUCHED.findall(step.sql) for name in names.split(", ") if name in IN_ORDER]

    first_touched = list(dict.fromkeys(touched))

    assert first_touched == sorted(first_touched, key=IN_ORDER.index)


def test_two_that_migrate_at_once_are_one(empty_database) -> None:
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(migrate, [empty_database, empty_database])

    assert sorted([len(first), len(second)]) == [0, len(ALL)]


def test_a_migration_waits_longer_for_its_turn_than_the_role_lets_a_statement_run(empty_database) -> None:
    role = conninfo_to_dict(empty_database)["user"]
    with psycopg.connect(empty_database, autocommit=True) as conn:
        conn.execute(f"alter role {role} in database {conn.info.dbname} set statement_timeout = '300ms'".encode())
    with psycopg.connect(empty_database) as other, ThreadPoolExecutor(1) as pool:
        other.execute("select pg_advisory_lock(%s)", [migrating.ONLY_ONE_LOCK])
        waiting = pool.submit(migrate, empty_database)
        time.sleep(1)
        other.close()

        assert waiting.result(timeout=30)
