"""A private folder for the files of running jobs, which is removed in the end even if its worker was killed.

A worker holds a lock on its folder. Whoever starts later removes the folders that nobody holds.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = "seedbed-work-"
LOCK = "lock"


@contextmanager
def open_scratch(root: Path | None = None) -> Iterator[Path]:
    """Make a folder (0700) under `root` (default: the place for temporary files), and remove it in the end."""
    root = root or Path(tempfile.gettempdir())
    _remove_forsaken(root)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=root))
    lock = os.open(folder / LOCK, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        _try_lock(lock)
        yield folder
    finally:
        os.close(lock)
        shutil.rmtree(folder, ignore_errors=True)


def _remove_forsaken(root: Path) -> None:
    for folder in root.glob(f"{PREFIX}*"):
        try:
            lock = os.open(folder / LOCK, os.O_RDWR)
        except OSError:
            continue  # somebody else's, being made, or being removed
        try:
            if _try_lock(lock):
                shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(lock)


def _try_lock(descriptor: int) -> bool:
    if sys.platform == "win32":
        return False  # forsaken folders stay there until somebody clears the temporary files
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
