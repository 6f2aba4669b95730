"""Runs `seedbed serve` as a user would: a process of its own, a home of its own, a free port."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seedbed.store import embedded
from seedbed_client import Generation, Seedbed

LAST_WORDS = "/api/open/v1/models"
PATIENCE_S = 60.0


def await_true(claim: object, *, within_s: float = PATIENCE_S) -> None:
    """Wait until the function returns something true. Fails the test if that takes too long."""
    deadline_s = time.monotonic() + within_s
    while not claim():  # type: ignore[operator]
        assert time.monotonic() < deadline_s, f"nothing after {within_s} s"
        time.sleep(0.02)


def clean_environment(home: Path, **settings: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SEEDBED_", "PYTEST_"))}
    return kept | {"SEEDBED_HOME": str(home), "SEEDBED_PORT": "0", "LC_ALL": "C.UTF-8"} | settings


def run_cli(home: Path, *arguments: str, timeout_s: float = 120, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "seedbed.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
        stdin=subprocess.DEVNULL,
        env=clean_environment(home, **settings),
    )


@contextmanager
def new_home() -> Iterator[Path]:
    """A folder that the database's own user can enter too, when we are root."""
    home = Path(tempfile.mkdtemp(prefix="seedbed-e2e-"))
    home.chmod(0o711)
    try:
        yield home
    finally:
        embedded.erase(home / "postgres")
        shutil.rmtree(home)


class Served:
    """A service that was started. Its output goes to a file in its home."""

    def __init__(self, home: Path, *options: str, **settings: str) -> None:
        self.home = home
        self._log = (home / "serve.log").open("w+b")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "seedbed.cli", "serve", *options],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            env=clean_environment(home, **settings),
        )
        await_true(lambda: LAST_WORDS in self.said() or self._process.poll() is not None)
        assert self._process.poll() is None, self.said()

    def said(self) -> str:
        return (self.home / "serve.log").read_text(encoding="utf-8", errors="replace")

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def base_url(self) -> str:
        return str(self._login()["base_url"])

    @property
    def key(self) -> str:
        return str(self._login()["key"])

    def client(self) -> Seedbed:
        return Seedbed(self.key, self.base_url)

    def signal(self, number: signal.Signals) -> int:
        """Send a signal to the service alone, as `kill` would, and return its exit status."""
        self._process.send_signal(number)
        return self._process.wait(timeout=PATIENCE_S)

    def stop(self) -> None:
        if self._process.poll() is None:
            self.signal(signal.SIGINT)
        self._log.close()

    def _login(self) -> dict[str, str]:
        login: dict[str, str] = json.loads((self.home / "developer.json").read_text(encoding="utf-8"))
        return login


def children(pid: int) -> set[int]:
    """Return the process ids of all that a process has started, and what those have."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        parents[int(stat.parent.name)] = int(fields[1])
    found, before = {pid}, set[int]()
    while found != before:
        before = set(found)
        found |= {child for child, parent in parents.items() if parent in found}
    return found - {pid}


def is_alive(pid: int) -> bool:
    """Return whether a process is there and not just waiting to be buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def await_progress(client: Seedbed, request_id: str, *, stage: str) -> Generation:
    """Wait until the job has come to that stage."""
    last: list[Generation] = []

    def is_there() -> bool:
        last[:] = [client.videos.get(request_id)]
        assert not last[0].status.is_final, last
        return last[0].progress is not None and last[0].progress.stage == stage

    await_true(is_there)
    return last[0]
