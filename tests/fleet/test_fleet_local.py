"""Workers beside a service: kept alive, stopped in order, gone with their parent."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from seedbed.fleet.interrupts import interrupts
from seedbed.fleet.local import LocalWorkers, child_environment, is_running

TIED = """
import sys, time
from pathlib import Path
from seedbed.fleet.tie import tie_to_parent
tie_to_parent(lambda: Path(sys.argv[1]).write_text("asked to stop"))
print("tied", flush=True)
time.sleep(60)
"""


def await_true(claim: Callable[[], bool], *, within_s: float = 20) -> None:
    deadline_s = time.monotonic() + within_s
    while not claim():
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


async def come_true(claim: Callable[[], bool]) -> None:
    await asyncio.to_thread(await_true, claim)


@pytest.fixture
def tied(tmp_path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", TIED, str(tmp_path / "word")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "tied\n"
    return process


def test_a_tied_process_ends_when_the_pipe_of_its_parent_does(tied: subprocess.Popen[str]) -> None:
    with tied:
        assert tied.stdin is not None
        tied.stdin.close()

        assert tied.wait(timeout=20) == 1


def test_a_tied_process_is_asked_to_stop_by_a_word(tied: subprocess.Popen[str], tmp_path: Path) -> None:
    with tied:
        assert tied.stdin is not None
        tied.stdin.write("stop\n")
        tied.stdin.flush()

        await_true(lambda: (tmp_path / "word").exists() and (tmp_path / "word").read_text() == "asked to stop")
        tied.kill()


class Notebook(LocalWorkers):
    """Workers that only write their process id down, and end as the test wishes."""

    def __init__(self, folder: Path, *, script: str) -> None:
        self.folder = folder
        (folder / "seedbed").mkdir()
        (folder / "seedbed" / "fleet").mkdir()
        (folder / "seedbed" / "__init__.py").touch()
        (folder / "seedbed" / "fleet" / "__init__.py").touch()
        (folder / "seedbed" / "fleet" / "process.py").write_text(script)
        super().__init__(["animatic"], environ={**os.environ, "PYTHONPATH": str(folder), "NOTES": str(folder / "pids")})

    def pids(self) -> list[int]:
        notes = self.folder / "pids"
        return [int(line) for line in notes.read_text().split()] if notes.exists() else []


NOTE = "import os, sys, time\nwith open(os.environ['NOTES'], 'a') as notes:\n    notes.write(f'{os.getpid()}\\n')\n"


async def test_a_worker_that_ends_by_itself_is_started_again(tmp_path: Path) -> None:
    workers = Notebook(tmp_path, script=NOTE + "sys.exit(3)\n")

    async with workers.running():
        await come_true(lambda: len(workers.pids()) >= 2)

    assert not any(map(is_running, workers.pids()))


async def test_workers_are_asked_to_stop_and_waited_for(tmp_path: Path) -> None:
    workers = Notebook(
        tmp_path, script=NOTE + "assert sys.stdin.readline() == 'stop\\n'\nprint('done', file=sys.stderr)\n"
    )

    async with workers.running():
        await come_true(lambda: len(workers.pids()) == 1)

    assert not is_running(workers.pids()[0])


async def test_workers_that_are_killed_are_not_started_again(tmp_path: Path) -> None:
    workers = Notebook(tmp_path, script=NOTE + "time.sleep(60)\n")

    async with workers.running():
        await come_true(lambda: len(workers.pids()) == 1)
        workers.kill()
        await come_true(lambda: not is_running(workers.pids()[0]))

    assert len(workers.pids()) == 1


async def test_the_first_interrupt_asks_and_the_second_forces() -> None:
    heard: list[str] = []
    before = signal.getsignal(signal.SIGTERM)

    with interrupts(lambda: heard.append("asked"), lambda: heard.append("forced")):
        for expected in (1, 2):
            os.kill(os.getpid(), signal.SIGTERM)
            while len(heard) < expected:  # noqa: ASYNC110 - the loop itself is what is tested
                await asyncio.sleep(0)

    assert heard == ["asked", "forced"]
    assert signal.getsignal(signal.SIGTERM) is before


def test_the_settings_of_the_service_go_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEDBED_HOME", "elsewhere")

    assert child_environment({"SEEDBED_HOME": "here"})["SEEDBED_HOME"] == "here"
