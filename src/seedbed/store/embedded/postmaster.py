"""What a running server says about itself in `postmaster.pid`, and whether to believe it.

The file outlives a killed server, and its pid may since belong to somebody else (in a container the same small numbers
come back at every start). So a pid from this file is never sent a signal before /proc confirms that it is our server.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from seedbed.core.errors import NotReady

_POLL_S = 0.005


@dataclass(frozen=True, slots=True)
class PidFile:
    """Lines 1, 7 and 8 of the file. Source: PostgreSQL, src/include/utils/pidfile.h."""

    pid: int
    shared_memory_id: int | None
    status: str


def read(cluster: Path) -> PidFile | None:
    """Return what the file says, or None while there is none or it is half written."""
    try:
        lines = (cluster / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
        pid = int(lines[0])
    except (FileNotFoundError, IndexError, ValueError):
        return None
    shared = lines[6].split()[-1:] if len(lines) > 6 else []
    return PidFile(pid, int(shared[0]) if shared else None, lines[7].strip() if len(lines) > 7 else "")


def living(cluster: Path) -> int | None:
    """Return the pid of the server that runs on this cluster, or None."""
    said = read(cluster)
    return said.pid if said and runs(said.pid, cluster) else None


def runs(pid: int, cluster: Path) -> bool:
    """Return whether that process is a server on this cluster; a zombie is none.

    Off Linux only the pid's life is known (on Windows not even that): there PostgreSQL's own check has the last word.
    """
    if sys.platform != "linux":
        return sys.platform != "win32" and _is_alive(pid)
    try:
        return os.fsencode(cluster) in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False


def await_ready(cluster: Path, pid: int, *, has_ended: Callable[[], bool], timeout_s: float = 60) -> bool:
    """Wait until the server accepts connections. False if it ended or the time ran out."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline and not has_ended():
        said = read(cluster)
        if said and said.pid == pid and said.status == "ready":
            return True
        time.sleep(_POLL_S)
    return False


def await_gone(cluster: Path, *, timeout_s: float = 10) -> None:
    """Wait for a server that is still shutting down, as after its parent was killed. Raises NotReady if it stays."""
    deadline = time.monotonic() + timeout_s
    while (pid := living(cluster)) is not None:
        if time.monotonic() > deadline:
            raise NotReady(f"A PostgreSQL (pid {pid}) still runs on {cluster}. Stop it, or choose another data folder.")
        time.sleep(_POLL_S)


def forget_stale(cluster: Path) -> None:
    """Delete a dead server's file if its pid is somebody else's by now: PostgreSQL would take that one for a server.

    Call it only under the folder's lock, after `await_gone`. Leaves the file while the dead server's children still
    hold its shared memory: two generations writing the same files would ruin them, and this file is what stops it.
    """
    said = read(cluster)
    if said and sys.platform == "linux" and not _is_attached(said.shared_memory_id):
        (cluster / "postmaster.pid").unlink(missing_ok=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError as exc:
        return isinstance(exc, PermissionError)  # alive, and somebody else's
    return True


def _is_attached(shared_memory_id: int | None) -> bool:
    """Whether any process holds the segment. Source: proc(5), sysvipc/shm: shmid is column 2, nattch column 7."""
    try:
        rows = Path("/proc/sysvipc/shm").read_text(encoding="ascii").splitlines()[1:]
    except OSError:
        return True
    return any(int(row.split()[1]) == shared_memory_id and int(row.split()[6]) > 0 for row in rows)
