"""What every test may ask for: above all a real PostgreSQL.

Each pytest-xdist worker starts a server of its own. A shared one would be a second cheaper, but it would have to
outlive the worker that happened to start it, although it is made to die with its parent.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from seedbed.store import embedded

HASTY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}


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
    with reachable_folder() as data_dir, embedded.start(data_dir, settings=HASTY) as server:
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
