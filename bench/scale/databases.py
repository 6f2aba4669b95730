"""Databases of several sizes beside each other, each on a PostgreSQL of its own, so that they can be measured in turn.

They lie in one folder that is removed at the end. The servers are durable (fsync), and tuned as one would for a machine
of this size: what is written here is what docs/scale.md says of the figures.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.scale.seeding import seed

from seedbed.store import embedded
from seedbed.store.database import connected
from seedbed.store.migrate import migrate

SETTINGS = {
    "shared_buffers": "1GB",
    "effective_cache_size": "8GB",
    "max_wal_size": "4GB",
    "max_connections": "300",
    "autovacuum_naptime": "15s",
    "maintenance_work_mem": "256MB",
}
# While it is filled, nothing is lost that could not be made again.
FILLING = SETTINGS | {"autovacuum": "off", "fsync": "off", "wal_level": "minimal", "max_wal_senders": "0"}
WAITING_SHARE = 10  # one job in so many waits, up to the most
MOST_WAITING = 20_000


@dataclass(frozen=True, slots=True)
class Database:
    jobs: int
    waiting: int
    url: str
    server_pid: int
    seed_s: float
    size_mb: float
    folder: Path

    @property
    def name(self) -> str:
        for unit, word in ((1_000_000, "M"), (1_000, "k")):
            if self.jobs >= unit:
                return f"{self.jobs / unit:g} {word}"
        return str(self.jobs)


@contextmanager
def home() -> Iterator[Path]:
    """A folder that the database's own user can enter too, when we are root."""
    folder = Path(tempfile.mkdtemp(prefix="seedbed-scale-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        for cluster in folder.glob("postgres-*"):
            embedded.erase(cluster)
        shutil.rmtree(folder)


async def make(folder: Path, jobs: int, stack: ExitStack) -> Database:
    """Make, fill and start one. It is started anew after the filling, so that no checkpoint of that is left to do."""
    waiting = min(jobs // WAITING_SHARE, MOST_WAITING)
    cluster = folder / f"postgres-{jobs}"
    began_s = time.monotonic()
    with embedded.start(cluster, settings=FILLING) as server:
        migrate(server.url)
        await seed(server.url, jobs, waiting=waiting)
    os.sync()
    server = stack.enter_context(embedded.start(cluster, settings=SETTINGS))
    seed_s = time.monotonic() - began_s
    async with connected(server.url, name="bench") as conn:
        cursor = await conn.execute("select pg_database_size(current_database()) / 1e6 as size_mb")
        row = await cursor.fetchone()
        assert row is not None
    return Database(jobs, waiting, server.url, server.pid, round(seed_s, 1), round(float(row["size_mb"]), 1), folder)
