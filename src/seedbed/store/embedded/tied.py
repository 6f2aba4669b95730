"""Become another program that the kernel interrupts when its parent dies. Run as a script, on Linux, never imported.

It is a program of its own because what it does must happen in the new process, where `preexec_fn` would run Python
between fork and exec: unsafe beside threads, and newer Pythons warn of it. Only the standard library is within reach.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def become(argv: list[str], *, parent: int, uid: int | None, gid: int | None, environment: dict[str, str]) -> None:
    """Drop to the user (None: stay who we are), tie ourselves to the parent, and execute. Does not return."""
    if uid is not None and gid is not None:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    # Only now: a change of user clears the setting, an exec keeps it.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGINT))
    if os.getppid() != parent:  # it died before the tie was made
        sys.exit(1)
    os.execve(argv[0], argv, environment)  # noqa: S606 no shell is the point


if __name__ == "__main__":
    become(**json.loads(sys.argv[1]))
