"""Starts `seedbed serve --test` as a process of its own, and ends it.

A process rather than a thread, so that a test that hangs, forks or patches the world leaves the service alone. It is
tied to the process of the tests, so a run that is killed leaves nothing running.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from seedbed.core.errors import NotReady
from seedbed.lifeline import guarded

START_S = 120.0
STOP_S = 30.0
_LOOK_AGAIN_S = 0.05
_EXPORT = re.compile(r"^export SEEDBED_CLIENT_(URL|KEY)=(\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class TestServer:
    """Where the service is, and a key of its test mode."""

    __test__ = False  # no class of tests, whatever its name

    base_url: str
    key: str = field(repr=False)

    @property
    def native_url(self) -> str:
        """The root of the documented API."""
        return f"{self.base_url}/api/open/v1"


@contextmanager
def serving(*, latency: str = "instant") -> Iterator[TestServer]:
    """Run a service on a free port until the end of the block. Raises NotReady if it does not start.

    Call it in the main thread: the kernel ties a process to the thread that has started it.
    """
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            guarded([sys.executable, "-m", "seedbed.cli", "serve", "--test", "--latency", latency]),
            stdin=subprocess.PIPE,
            start_new_session=True,
            stdout=said,
            stderr=subprocess.STDOUT,
            env=_environment(),
        )
        try:
            yield _started(process, said.fileno())
        finally:
            _stop(process)


def _environment() -> dict[str, str]:
    """Return our environment without the settings of another service, which would make this one another's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SEEDBED_")}
    return kept | {"SEEDBED_PORT": "0"}


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_S)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # what is left of it, the watcher at least
    process.communicate()


def _started(process: subprocess.Popen[bytes], said: int) -> TestServer:
    deadline_s = time.monotonic() + START_S
    while time.monotonic() < deadline_s:
        text = os.pread(said, 65_536, 0).decode(errors="replace")
        found = dict(_EXPORT.findall(text))
        if len(found) == 2:
            return TestServer(found["URL"], found["KEY"])
        if process.poll() is not None:
            break
        time.sleep(_LOOK_AGAIN_S)
    raise NotReady(f"`seedbed serve --test` did not start:\n{os.pread(said, 65_536, 0).decode(errors='replace')}")
