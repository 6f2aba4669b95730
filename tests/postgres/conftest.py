"""An embedded server whose superuser a test may be, for rights that only a superuser takes and gives."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from seedbed.store import embedded

HASTY = {"fsync": "off", "max_connections": "60"}
PASSWORD = "only for this test"


@dataclass(frozen=True, slots=True)
class Ruled:
    """A server and its superuser."""

    superuser: str
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def run(self, statement: str, database: str = "postgres") -> None:
        with psycopg.connect(make_conninfo(self.superuser, dbname=database), autocommit=True) as conn:
            conn.execute(statement.encode())

    def role(self) -> str:
        name = f"role_{next(self.numbers)}"
        self.run(f"create role {name} login password '{PASSWORD}'")
        return name

    def database(self, owner: str = "postgres") -> str:
        name = f"database_{next(self.numbers)}"
        self.run(f"create database {name} owner {owner}")
        return name

    def url(self, database: str, role: str) -> str:
        return make_conninfo(self.superuser, dbname=database, user=role, password=PASSWORD)


@pytest.fixture(scope="module")
def ruled(shared_data_dir: Path) -> Iterator[Ruled]:
    with embedded.start(shared_data_dir, settings=HASTY) as server:
        password = json.loads((shared_data_dir / "passwords.json").read_text())["superuser"]
        yield Ruled(make_conninfo(server.url, user="postgres", password=password, dbname="postgres"))
