"""What every test may ask for: above all a real PostgreSQL.

Each pytest-xdist worker starts a server of its own. A shared one would be a second cheaper, but it would have to
outlive the worker that happened to start it, although it is made to die with its parent.
"""

from __future__ import annotations

import json
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from seedbed.store import embedded

HASTY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A new server's URL. Its role is that of production, and may besides make databases, for templates and copies."""
    # Not under tmp_path: as root that is closed to the server's user, and everything would be copied elsewhere.
    data_dir = Path(tempfile.gettempdir()) / f"seedbed-tests-{secrets.token_hex(6)}"
    with embedded.start(data_dir, settings=HASTY) as server:
        password = json.loads((data_dir / "passwords.json").read_text())["superuser"]
        superuser = make_conninfo(server.url, user="postgres", password=password, dbname="postgres")
        with psycopg.connect(superuser) as connection:
            connection.execute("ALTER ROLE seedbed CREATEDB")
        yield server.url
    embedded.erase(data_dir)
