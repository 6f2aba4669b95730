"""One holder for one folder, such as a database's: a lock that the system lets go of, however its holder dies.

The file holds the holder's pid, only so that a refusal can name it. The lock is the descriptor's own: a child made by
`fork` that never execs would share it, so such children must not outlive their parent.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from seedbed.core.errors import NotReady

_LOCKED_BYTE = 1 << 20  # Windows forbids others to read what is locked, so the lock lies behind the text


@contextlib.contextmanager
def locked(data_dir: Path, *, file: str = "lock") -> Iterator[None]:
    """Hold the folder until the end of the block. Raises NotReady like `take`."""
    descriptor = take(data_dir, file=file)
    try:
        yield
    finally:
        release(descriptor)


def take(data_dir: Path, *, file: str = "lock") -> int:
    """Take the folder and return what releases it. Raises NotReady at once, naming the holder, if somebody has it."""
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(data_dir / file, flags, 0o600)
    if not _take(descriptor):
        pid = os.read(descriptor, 20).decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        raise NotReady(f"Another seedbed (pid {pid}) already uses {data_dir}. Stop it, or choose another data folder.")
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode("ascii"))
    return descriptor


def release(descriptor: int) -> None:
    """Let the folder go, even where a forked child still shares the descriptor."""
    if sys.platform != "win32":
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_UN)
    os.close(descriptor)


def _take(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            os.lseek(descriptor, 0, os.SEEK_SET)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True
