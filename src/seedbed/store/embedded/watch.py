"""Stop the server when its parent dies, where the kernel would not: a small process at the other end of a pipe.

The parent writes the server's pid and then holds the pipe open. Whatever ends the parent also closes the pipe.
A child that the parent forks without exec would hold it too, so such children must not outlive their parent.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import TracebackType

from seedbed.store.embedded import postmaster
from seedbed.store.embedded.launch import shut_down


class Watcher:
    """The parent's end. Entered before the server starts, so that no moment goes unwatched; left after it ended."""

    def __init__(self, cluster: Path, pg_ctl: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "seedbed.store.embedded.watch", str(cluster), str(pg_ctl)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def __enter__(self) -> Watcher:
        return self

    def tell(self, pid: int) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{pid}\n".encode("ascii"))
        self._process.stdin.flush()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(timeout=5)


def watch(cluster: Path, pg_ctl: Path) -> None:
    """Read a pid from standard input, wait for its end, and stop that server if it still runs."""
    line = sys.stdin.readline().strip()
    sys.stdin.read()
    if not line:
        return
    pid = int(line)
    shut_down(pid, has_ended=lambda: not postmaster.runs(pid, cluster), pg_ctl=pg_ctl)


if __name__ == "__main__":
    watch(Path(sys.argv[1]), Path(sys.argv[2]))
