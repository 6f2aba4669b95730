"""`seedbed work` as operators run it: stopped by signals, killed, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg
import pytest

pytestmark = pytest.mark.server
WAIT_S = 60


@pytest.fixture
def work(database: str, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The command, with its engine loaded."""
    environ = os.environ | {"SEEDBED_DATABASE_URL": database, "SEEDBED_HOME": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-m", "seedbed.cli", "work"], env=environ) as process:
        await_true(lambda: alive(database))
        yield process
        process.kill()


def alive(database: str) -> bool:
    with psycopg.connect(database) as conn:
        return conn.execute("select from worker").fetchone() is not None


def await_true(claim: Callable[[], object]) -> None:
    deadline_s = time.monotonic() + WAIT_S
    while not claim():
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


def test_sigterm_stops_it_in_good_order(work: subprocess.Popen[bytes], database: str) -> None:
    family = psutil.Process(work.pid).children(recursive=True)

    work.send_signal(signal.SIGTERM)

    assert work.wait(timeout=WAIT_S) == 0
    assert family
    assert not any(map(runs, family))
    assert not alive(database)


def test_kill_9_leaves_no_process(work: subprocess.Popen[bytes]) -> None:
    groups = {child.pid for child in psutil.Process(work.pid).children(recursive=True)}

    work.kill()
    work.wait(timeout=WAIT_S)

    assert groups
    await_true(lambda: not any(members(group) for group in groups))


def runs(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def members(group: int) -> list[int]:
    """Return the living processes of a process group."""
    found = []
    for process in psutil.process_iter():
        with suppress(ProcessLookupError, psutil.NoSuchProcess):
            if runs(process) and os.getpgid(process.pid) == group:
                found.append(process.pid)
    return found
