"""Runs an image as compose.yaml says: by runc, as the image's user, without rights, on a root that is read-only.

The network is this machine's, so that a test reaches the service on loopback; everything else is the container's own.
"""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from images import WORKPLACE, Image

STATE = WORKPLACE / "runc"
_numbers = count(1)


class Box:
    """A container that was started. Its first process is the image's entry point."""

    def __init__(self, image: Image, volume: Path, *arguments: str, **settings: str) -> None:
        self.name = f"seedbed-test-{next(_numbers)}"
        self._bundle = WORKPLACE / "bundles" / self.name
        shutil.rmtree(self._bundle, ignore_errors=True)
        self._bundle.mkdir(parents=True)
        spec = specification(image, volume, arguments or tuple(image.config["Cmd"]), settings)
        (self._bundle / "config.json").write_text(json.dumps(spec))
        self.log = self._bundle / "output.log"
        with self.log.open("wb") as out:
            command = ["runc", "--root", STATE, "run", "--bundle", self._bundle, self.name]
            self._runc = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def assert_up(self) -> bool:
        assert self._runc.poll() is None, self.said()
        return True

    @property
    def pids(self) -> set[int]:
        """The processes in it, by the numbers that they have out here."""
        listed = subprocess.run(
            ["runc", "--root", STATE, "ps", "--format", "json", self.name],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
        return set(json.loads(listed.stdout))

    def run(self, *command: str) -> str:
        """Run a command in it, as `docker exec` does."""
        done = subprocess.run(
            ["runc", "--root", STATE, "exec", self.name, *command],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def signal(self, number: signal.Signals) -> None:
        subprocess.run(["runc", "--root", STATE, "kill", self.name, number.name], timeout=20, check=True)

    def wait(self, *, within_s: float) -> int:
        """Return the exit status of its first process."""
        return self._runc.wait(timeout=within_s)

    def end(self) -> None:
        if self._runc.poll() is None:
            self.signal(signal.SIGKILL)
            self._runc.wait(timeout=20)
        with suppress(FileNotFoundError):
            shutil.rmtree(self._bundle)


@contextmanager
def boxed(image: Image, volume: Path, *arguments: str, **settings: str) -> Iterator[Box]:
    box = Box(image, volume, *arguments, **settings)
    try:
        yield box
    finally:
        box.end()


def await_true(claim: object, *, within_s: float = 60) -> None:
    deadline_s = time.monotonic() + within_s
    while not claim():  # type: ignore[operator]
        assert time.monotonic() < deadline_s, f"nothing after {within_s} s"
        time.sleep(0.05)


def specification(image: Image, volume: Path, arguments: tuple[str, ...], settings: dict[str, str]) -> dict:
    """Return the runtime's configuration of a container: of the OCI runtime specification, as little as is needed."""
    uid, gid = (int(number) for number in image.config["User"].split(":"))
    return {
        "ociVersion": "1.0.2",
        "hostname": "seedbed",
        "root": {"path": str(image.root), "readonly": True},
        "process": {
            "user": {"uid": uid, "gid": gid},
            "args": [*image.config["Entrypoint"], *arguments],
            "env": [f"{name}={value}" for name, value in image.environment(**settings).items()],
            "cwd": image.config["WorkingDir"],
            "capabilities": {},
            "noNewPrivileges": True,
        },
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755", "size=64k"]},
            _tmpfs("/dev/shm", "mode=1777", "size=64m"),
            _tmpfs("/tmp", "mode=1777", "size=1g"),
            _bound(volume, next(iter(image.config["Volumes"])), "rw"),
            _bound(Path("/etc/resolv.conf"), "/etc/resolv.conf", "ro"),
        ],
        "linux": {
            "namespaces": [{"type": kind} for kind in ("pid", "ipc", "uts", "mount")],
            "maskedPaths": ["/proc/kcore", "/proc/keys", "/proc/timer_list", "/sys/firmware"],
            "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
        },
    }


def _tmpfs(where: str, *options: str) -> dict:
    return {"destination": where, "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev", *options]}


def _bound(source: Path, where: str, mode: str) -> dict:
    return {"destination": where, "type": "bind", "source": str(source), "options": ["rbind", mode]}
