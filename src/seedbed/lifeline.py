"""Ties the life of a process to that of its parent, from inside the child: however the parent dies, it dies too.

The kernel's parent-death signal exists only on Linux, and reaches the child alone, not what the child has started. So a
program may also be run through this file, as a script: it leaves a watcher behind that kills the whole process group
when the parent's end of standard input closes, and becomes the program under the same process number. Only the standard
library is within reach then.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent_pid: int | None = None) -> None:
    """Have the kernel kill this process when the thread that started it ends, where the kernel knows how.

    With a `parent_pid`, end at once if that parent died before it could be tied to. An exec keeps the tie, a fork
    does not.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if sys.platform != "win32" and parent_pid is not None and os.getppid() != parent_pid:
        os._exit(1)


def guarded(command: Sequence[str]) -> list[str]:
    """Return the command that runs this one so that we take it, and its process group, along when we die.

    Start it with a pipe of ours as its standard input and as the leader of a session of its own. The end of that input
    kills the group, and so must you once the program has ended, for the watcher's sake. What the program starts in yet
    another session is not reached.
    """
    if sys.platform == "win32":  # no process groups: there, the end of its input is the only tie
        return list(command)
    return [sys.executable, "-I", "-S", str(Path(__file__).resolve()), str(os.getpid()), *command]


def become(command: Sequence[str], *, parent_pid: int) -> None:
    """Tie ourselves and our process group to the parent, and execute the command. Does not return."""
    die_with_parent(parent_pid)
    _leave_watcher()
    os.execv(command[0], list(command))  # noqa: S606 no shell is the point


def _leave_watcher() -> None:
    """Fork twice, so that a program that waits for any child of its own never meets the watcher."""
    between = os.fork()
    if between:
        os.waitpid(between, 0)
        return
    if os.fork():
        os._exit(0)
    _watch()


def _watch() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    # Whoever reads what the program prints must not wait for us.
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    os.closerange(3, 64)
    end_of_input = select.poll()
    end_of_input.register(0, 0)  # asks for nothing: the hang-up alone is always told, and not a byte is taken
    end_of_input.poll()
    os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    become(sys.argv[2:], parent_pid=int(sys.argv[1]))
