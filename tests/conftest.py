"""What every test may ask for: above all a real PostgreSQL.

Each pytest-xdist worker starts a server of its own. A shared one would be a second cheaper, but it would have to
outlive the worker that happened to start it, although it is made to die with its parent.
"""

from __future__ import annotations

import itertools
import json
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from seedbed.store import embedded
from seedbed.store.migrate import migrate

# Who is started in the background may have Ctrl-C ignored, and so would every process that the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

HASTY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
CROWDED = HASTY | {"max_connections": "80"}  # a test may race from fifty sides


@contextmanager
def reachable_folder() -> Iterator[Path]:
    """A data folder, not made yet, that the server's user can reach. Erased afterwards.

    Not under tmp_path: as root that is closed to the server's user, and everything would be put elsewhere.
    """
    parent = Path(tempfile.mkdtemp(prefix="seedbed-tests-"))
    parent.chmod(0o711)
    yield parent / "postgres"
    embedded.erase(parent / "postgres")
    shutil.rmtree(parent)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A new server's URL. Its role is that of production, and may besides make databases, for templates and copies."""
    with reachable_folder() as data_dir, embedded.start(data_dir, settings=CROWDED) as server:
        password = json.loads((data_dir / "passwords.json").read_text())["superuser"]
        superuser = make_conninfo(server.url, user="postgres", password=password, dbname="postgres")
        with psycopg.connect(superuser) as connection:
            connection.execute("ALTER ROLE seedbed CREATEDB")
        yield server.url


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A folder for a server of the test's own."""
    with reachable_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def shared_data_dir() -> Iterator[Path]:
    """A folder with a cluster in it, for tests that start and stop it and leave it as it was."""
    with reachable_folder() as folder:
        embedded.start(folder, settings=HASTY).stop()
        yield folder


_numbers = itertools.count(1)


def _create_database(server_url: str, name: str, *, template: str | None = None) -> str:
    statement = sql.SQL("create database {}").format(sql.Identifier(name))
    if template:
        statement += sql.SQL(" template {}").format(sql.Identifier(template))
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(statement)
    return make_conninfo(server_url, dbname=name)


def _drop_database(server_url: str, name: str) -> None:
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def template_database(postgres_url: str) -> str:
    """The name of a migrated database that nobody is connected to, so that it can be copied."""
    migrate(_create_database(postgres_url, "seedbed_template"))
    return "seedbed_template"


@pytest.fixture(scope="session")
def shared_database(postgres_url: str, template_database: str) -> str:
    """The URL of a migrated database that every test leaves as it found it: roll back what you do there."""
    return _create_database(postgres_url, "seedbed_shared", template=template_database)


@pytest.fixture
def database(postgres_url: str, template_database: str) -> Iterator[str]:
    """The URL of a migrated database of the test's own, for tests that commit."""
    name = f"seedbed_test_{next(_numbers)}"
    yield _create_database(postgres_url, name, template=template_database)
    _drop_database(postgres_url, name)


@pytest.fixture
def empty_database(postgres_url: str) -> Iterator[str]:
    """The URL of a database without any table."""
    name = f"seedbed_empty_{next(_numbers)}"
    yield _create_database(postgres_url, name)
    _drop_database(postgres_url, name)
