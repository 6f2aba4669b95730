"""Look at an embedded server from outside: who runs on a folder, who may see it, and a parent that can be killed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psycopg

# fsync off: these tests kill processes, never the machine, so what the system holds in memory is safe.
QUICK = {"fsync": "off"}

_PARENT = """
import sys, threading, time
from pathlib import Path
from seedbed.store import embedded

def begin():
    server = embedded.start(Path(sys.argv[1]), settings={"fsync": "off"})
    print(server.pid, flush=True)
    print(server.url, flush=True)
    time.sleep(600)

if sys.argv[2] == "thread":
    threading.Thread(target=begin, daemon=True).start()
    time.sleep(600)
begin()
"""


class Parent:
    """A process that started a server and now sleeps. `pid` is the server's."""

    def __init__(self, data_dir: Path, *, in_a_thread: bool = False) -> None:
        way = "thread" if in_a_thread else "main"
        self.process = subprocess.Popen(
            [sys.executable, "-c", _PARENT, str(data_dir), way], stdout=subprocess.PIPE, text=True
        )
        self.pid = int(self._line())
        self.url = self._line()

    def _line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(timeout=10)
        assert self.process.stdout
        self.process.stdout.close()


def query(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def processes_on(folder: Path) -> set[int]:
    """The pids of all that work in the folder or were given a path in it. Zombies have neither."""
    return {int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and _works_on(entry, folder)}


def wait_until_nobody_is_on(folder: Path, *, timeout_s: float = 20) -> None:
    deadline = time.monotonic() + timeout_s
    while left := processes_on(folder):
        assert time.monotonic() < deadline, f"still there: {left}"
        time.sleep(0.02)


def _works_on(entry: Path, folder: Path) -> bool:
    try:
        named = os.fsencode(folder) in (entry / "cmdline").read_bytes()
        return named or (entry / "cwd").readlink().is_relative_to(folder)
    except OSError:
        return False
