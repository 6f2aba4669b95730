"""Ties the life of a process to that of its parent, from inside the child.

Two ties, because each fails somewhere: the kernel's parent-death signal exists only on Linux and misses a parent that
died before it was asked for; the pipe on standard input ends everywhere, whenever the parent does, however it dies.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from seedbed.lifeline import die_with_parent

STOP_WORD = b"stop\n"


def tie_to_parent(on_stop: Callable[[], object]) -> None:
    """End this process at once when the parent is gone; call `on_stop`, in another thread, when it asks us to finish.

    Takes standard input for itself.
    """
    die_with_parent()
    threading.Thread(target=_listen, args=(on_stop,), name="parent", daemon=True).start()


def _listen(on_stop: Callable[[], object]) -> None:
    # A buffered reader would hold its lock when the interpreter shuts down, and abort it.
    while word := os.read(0, 64):
        if STOP_WORD in word:
            on_stop()
    os._exit(1)  # nobody is left to finish anything for: the lease runs out, and another worker takes the job
