"""SIGHUP is a reload for whoever can, unless it comes because the terminal was closed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PATIENCE_S = 30
SCRIPT = """
import asyncio, fcntl, signal, sys, termios
from seedbed.fleet.interrupts import interrupts

def note(word):
    with open(sys.argv[1], "a") as file:
        file.write(word + " ")

async def main(reload):
    ended = asyncio.Event()
    with interrupts(ended.set, ended.set, on_reload=reload):
        note("ready")
        await asyncio.wait_for(ended.wait(), 30)
        note("ended")

wishes = sys.argv[2:]
if "terminal" in wishes:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
if "nohup" in wishes:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
asyncio.run(main((lambda: note("reloaded")) if "reloads" in wishes else None))
"""


class Program:
    """A process at a terminal of its own, which writes down what it hears."""

    def __init__(self, notes: Path, *wishes: str) -> None:
        self._notes = notes
        self._ours, theirs = os.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(notes), *wishes], stdin=theirs, start_new_session=True
        )
        os.close(theirs)
        self.heard("ready")

    def heard(self, *words: str) -> None:
        """Wait until it has heard exactly this."""
        deadline_s = time.monotonic() + PATIENCE_S
        while not self._notes.exists() or self._notes.read_text().split() != list(words):
            assert time.monotonic() < deadline_s, self._notes.read_text()
            time.sleep(0.02)

    def close_terminal(self) -> None:
        os.close(self._ours)
        self._ours = -1

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        if self._ours >= 0:
            self.close_terminal()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Program]]:
    programs = []

    def start(*wishes: str) -> Program:
        programs.append(Program(tmp_path / "notes", *wishes))
        return programs[-1]

    yield start
    for program in programs:
        program.close()


@pytest.mark.parametrize("wishes", [("reloads",), ("reloads", "terminal"), ("reloads", "terminal", "nohup")])
def test_a_hang_up_that_was_sent_is_a_reload(start, wishes):
    program = start(*wishes)

    program.process.send_signal(signal.SIGHUP)

    program.heard("ready", "reloaded")
    program.process.send_signal(signal.SIGTERM)
    program.heard("ready", "reloaded", "ended")


@pytest.mark.parametrize("wishes", [("reloads", "terminal"), ("terminal",)])
def test_a_terminal_that_is_closed_ends_it(start, wishes):
    program = start(*wishes)

    program.close_terminal()

    program.heard("ready", "ended")
    assert program.process.wait(PATIENCE_S) == 0


@pytest.mark.parametrize(("wishes", "heard"), [(("reloads",), ["reloaded"]), ((), [])])
def test_nohup_outlives_its_terminal(start, wishes, heard):
    program = start("terminal", "nohup", *wishes)

    program.close_terminal()

    program.heard("ready", *heard)
    program.process.send_signal(signal.SIGTERM)
    program.heard("ready", *heard, "ended")
