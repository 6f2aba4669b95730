"""PostgreSQL servers and PgBouncer, as an operator runs them: real programs, on free ports, in folders of their own.

`make test-postgres` puts the programs of every version into build/postgres; Debian's lie where its packages put them.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

FETCHED = Path(__file__).resolve().parents[2] / "build" / "postgres"
DEBIAN = Path("/usr/lib/postgresql/15/bin")
SERVED = ("14", "15", "16", "17", "18")
TOO_OLD = "13"
PASSWORD = "only for this test"
PATIENCE_S = 30.0
HASTY = {"fsync": "off", "max_connections": "60", "shared_buffers": "32MB"}


def programs(major: str) -> Path:
    return FETCHED / major / "package" / "native" / "bin"


class Cluster:
    """A server that can be hurt. Its port stays the same when it comes back."""

    def __init__(self, folder: Path, binaries: Path, settings: dict[str, str]) -> None:
        self.folder, self._binaries = folder, binaries
        self.data = folder / "data"
        self.port = free_port()
        self._settings = HASTY | settings
        self._process: subprocess.Popen[bytes] | None = None

    def create(self) -> None:
        word = self.folder / "password"
        word.write_text(PASSWORD)
        own(word)
        command = ["initdb", "-D", self.data, "-U", "postgres", "-A", "scram-sha-256", "--pwfile", word, "-E", "UTF8"]
        subprocess.run(
            [self._binaries / command[0], *command[1:], "--no-locale", "--no-sync"],
            check=True,
            capture_output=True,
            cwd=self.folder,
            **as_server(),
        )

    def start(self) -> None:
        own_settings = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            **self._settings,
        }
        options = [word for name, value in own_settings.items() for word in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._binaries / "postgres", "-D", self.data, *options],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                **as_server(),
            )
        self._await_ready()

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT ends it in order (fast), SIGQUIT at once, as `pg_ctl stop -m immediate` does."""
        if self._process:
            self._process.send_signal(how)
            self._process.wait(timeout=PATIENCE_S)
            self._process = None

    def url(self, database: str = "seedbed", role: str = "seedbed", **options: str) -> str:
        facts = {"host": "127.0.0.1", "port": str(self.port), "dbname": database, "user": role, "password": PASSWORD}
        return make_conninfo("", **facts | options)

    @property
    def superuser(self) -> str:
        return self.url("postgres", "postgres")

    def run(self, *statements: str, database: str = "postgres") -> None:
        with psycopg.connect(self.url(database, "postgres"), autocommit=True) as conn:
            for statement in statements:
                conn.execute(statement.encode())

    def make_role(self, role: str) -> None:
        with psycopg.connect(self.superuser, autocommit=True) as conn:
            conn.execute(
                sql.SQL("create role {} login password {}").format(sql.Identifier(role), sql.Literal(PASSWORD))
            )

    def make_database(self, database: str, *, owner: str) -> str:
        self.run(f'create database "{database}" owner "{owner}"')
        return self.url(database, owner)

    def _await_ready(self) -> None:
        deadline_s = time.monotonic() + PATIENCE_S
        while True:
            try:
                psycopg.connect(self.superuser, connect_timeout=2).close()
            except psycopg.OperationalError:
                assert time.monotonic() < deadline_s, (self.folder / "log").read_text()
                time.sleep(0.1)
            else:
                return


@contextmanager
def cluster(binaries: Path, **settings: str) -> Iterator[Cluster]:
    """A running server with the role and the empty database `seedbed`. Everything goes at the end."""
    with server_folder("postgres") as folder:
        server = Cluster(folder, binaries, settings)
        server.create()
        server.start()
        try:
            server.make_role("seedbed")
            server.make_database("seedbed", owner="seedbed")
            yield server
        finally:
            server.stop(signal.SIGQUIT)


@contextmanager
def pgbouncer(server: Cluster, *, mode: str, pool_size: int = 4) -> Iterator[str]:
    """Debian's PgBouncer before the database `seedbed`; gives the URL that leads through it."""
    port = free_port()
    with server_folder("pgbouncer") as folder:
        (folder / "users.txt").write_text(f'"seedbed" "{PASSWORD}"\n')
        (folder / "pgbouncer.ini").write_text(
            "[databases]\n"
            f"seedbed = host=127.0.0.1 port={server.port} dbname=seedbed\n"
            "[pgbouncer]\n"
            f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
            f"auth_type = scram-sha-256\nauth_file = {folder}/users.txt\n"
            f"pool_mode = {mode}\ndefault_pool_size = {pool_size}\nmax_client_conn = 200\n"
        )
        for file in folder.iterdir():
            own(file)
        with (folder / "log").open("ab") as log:
            process = subprocess.Popen(
                ["pgbouncer", folder / "pgbouncer.ini"], stdout=log, stderr=log, cwd=folder, **as_server()
            )
        url = make_conninfo(server.url(), port=str(port))
        try:
            _await_open(port, folder / "log")
            yield url
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE_S)


@contextmanager
def server_folder(name: str) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=f"seedbed-{name}-"))
    folder.chmod(0o711)
    own(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def own(path: Path) -> None:
    """Give a file to the user that servers run as: they refuse to run as root."""
    if os.geteuid() == 0:
        shutil.chown(path, "postgres", "postgres")


def as_server() -> dict[str, object]:
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam("postgres")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _await_open(port: int, log: Path) -> None:
    """Wait until somebody listens. Nobody logs in: the pooler would open a connection, and keep it."""
    deadline_s = time.monotonic() + PATIENCE_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=2).close()
        except OSError:
            assert time.monotonic() < deadline_s, log.read_text()
            time.sleep(0.1)
        else:
            return
