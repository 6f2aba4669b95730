"""A whole Debian, booted by systemd-nspawn: the units run as on any server, with every one of their fences.

Its network is its own, with nothing in it but loopback; the tests step into it.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from boxes import await_true
from images import WORKPLACE, Image

LANDLOCK = "landlock_create_ruleset landlock_add_rule landlock_restrict_self"  # nspawn's own filter knows it not


class Machine:
    def __init__(self, root: Path) -> None:
        self.root = root
        self._log = (WORKPLACE / "machine.log").open("wb")
        command = ["systemd-nspawn", "--register=no", "--keep-unit", "--settings=no", "--private-network"]
        command.append(f"--system-call-filter={LANDLOCK}")
        self._nspawn = subprocess.Popen(
            [*command, "--console=pipe", "--machine=seedbed-units", f"--directory={root}", "--boot"],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            env=os.environ | {"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
        )

    def await_up(self) -> None:
        await_true(
            lambda: self._leader() and self.try_run("systemctl", "is-system-running")[1] in ("running", "degraded")
        )

    def try_run(self, *command: str, timeout_s: float = 90) -> tuple[int, str]:
        """Run a command in it as root. Returns its exit status, and what it said."""
        inside = ["nsenter", "--target", self._leader(), "--mount", "--pid", "--net", "--ipc", "--uts", "--cgroup"]
        done = subprocess.run(
            [*inside, "env", "-i", "PATH=/opt/seedbed/bin:/usr/sbin:/usr/bin", *command],
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        return done.returncode, (done.stdout + done.stderr).strip()

    def run(self, *command: str, timeout_s: float = 90) -> str:
        status, said = self.try_run(*command, timeout_s=timeout_s)
        assert status == 0, f"{command}: {said}\n{self.try_run('journalctl', '-n', '60', '--no-pager')[1]}"
        return said

    def state(self, unit: str, *properties: str) -> dict[str, str]:
        said = self.run("systemctl", "show", unit, *(f"--property={name}" for name in properties))
        return dict(line.split("=", 1) for line in said.splitlines())

    def end(self) -> None:
        if self._nspawn.poll() is None:
            self._nspawn.terminate()
            try:
                self._nspawn.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self._nspawn.kill()
                self._nspawn.wait(timeout=30)
        self._log.close()

    def _leader(self) -> str:
        assert self._nspawn.poll() is None, Path(self._log.name).read_text(errors="replace")
        pid = self._nspawn.pid
        return Path(f"/proc/{pid}/task/{pid}/children").read_text().strip().partition(" ")[0]


@contextmanager
def booted(image: Image) -> Iterator[Machine]:
    machine = Machine(image.root)
    try:
        machine.await_up()
        yield machine
    finally:
        machine.end()
