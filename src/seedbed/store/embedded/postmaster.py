"""What a running server says about itself in `postmaster.pid`, and whether to believe it.

The file outlives a killed server, and its pid may since belong to somebody else (in a container the same small numbers
come back at every start). So a pid from this file is never sent a signal before /proc confirms that it is our server.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from seedbed.core.errors import NotReady

_POLL_S = 0.005
_SHARED_MEMORY = Path("/proc/sysvipc/shm")


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
    """Return the pid of the server that runs on this cluster, or None (on Windows always: PostgreSQL must judge)."""
    said = read(cluster)
    return said.pid if said and sys.platform != "win32" and runs(said.pid, cluster) else None


def runs(pid: int, cluster: Path) -> bool:
    """Return whether that process is a server on this cluster; a zombie is none. Windows is asked only for the file."""
    if sys.platform == "win32":
        said = read(cluster)
        return said is not None and said.pid == pid
    return os.fsencode(cluster) in _command_line(pid)


def await_ready(cluster: Path, pid: int, *, has_ended: Callable[[], bool], timeout_s: float = 60) -> bool:
    """Wait until the server accepts connections. False if it ended or the time ran out."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline and not has_ended():
        said = read(cluster)
        if said and said.pid == pid and said.status == "ready":
            return True
        time.sleep(_POLL_S)
    return False


def take_over(cluster: Path, *, timeout_s: float = 10) -> None:
    """Wait for a server that still shuts down, as after its parent was killed, and delete what a dead one left.

    PostgreSQL would believe a dead server's file if its pid is somebody else's by now. Off Linux nobody can tell
    whether children of the dead one live on, so there the file stays, and PostgreSQL judges. Call it under the folder's
    lock. Raises NotReady, naming the pid, if the server stays.
    """
    deadline = time.monotonic() + timeout_s
    while (pid := living(cluster)) is not None or _has_orphans(cluster):
        if time.monotonic() > deadline:
            who = f"A PostgreSQL (pid {pid})" if pid else "Part of a killed PostgreSQL"
            raise NotReady(f"{who} still runs on {cluster}. Stop it, or choose another data folder.")
        time.sleep(_POLL_S)
    if sys.platform == "linux" and _SHARED_MEMORY.exists():
        (cluster / "postmaster.pid").unlink(missing_ok=True)


def _has_orphans(cluster: Path) -> bool:
    """Whether a dead server's children hold its shared memory: two generations on the same files would ruin them.

    Source: proc(5), sysvipc/shm: shmid is column 2, nattch column 7.
    """
    said = read(cluster)
    if said is None or said.shared_memory_id is None or not _SHARED_MEMORY.exists():
        return False
    rows = [row.split() for row in _SHARED_MEMORY.read_text(encoding="ascii").splitlines()[1:]]
    return any(int(row[1]) == said.shared_memory_id and int(row[6]) > 0 for row in rows)


def _command_line(pid: int) -> bytes:
    if sys.platform != "linux":
        asked = ["ps", "-ww", "-p", str(pid), "-o", "args="]
        return subprocess.run(asked, capture_output=True, timeout=10, check=False).stdout
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
