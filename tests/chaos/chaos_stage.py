"""The whole service as processes that can be hurt: PostgreSQL, API processes, workers with engines, a blob store."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from chaos_engine import CLIP_VARIABLE, SLOWEST_VARIABLE, make_clip
from chaos_worker import ENGINE_VARIABLE

from seedbed.store import embedded
from seedbed.store.migrate import migrate

HERE = Path(__file__).parent
ENGINE = "chaos_engine:Copies"
STORE_BYTES = 64 * 1024**2


class Kept:
    """A process that is started again whenever it ends, until the stage is cleared."""

    def __init__(self, name: str, command: list[str], environ: dict[str, str], log: Path) -> None:
        self.name, self._command, self._environ, self._log = name, command, environ, log
        self.process: asyncio.subprocess.Process | None = None
        self.starts = 0
        self.rest_s = 0.3  # from an end to the next start
        self._started_s = 0.0
        self._ending = False

    async def keep(self) -> None:
        with self._log.open("ab") as log:
            while not self._ending:
                self.process = await asyncio.create_subprocess_exec(
                    *self._command, env=self._environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log
                )
                self.starts += 1
                self._started_s = time.monotonic()
                await self.process.wait()
                await asyncio.sleep(self.rest_s)

    @property
    def is_up(self) -> bool:
        return self.process is not None and self.process.returncode is None

    @property
    def age_s(self) -> float:
        """How long it has been up; 0 while it is not."""
        return time.monotonic() - self._started_s if self.is_up else 0.0

    def send(self, number: signal.Signals, *, to_children: bool = False) -> None:
        if self.process is None or self.process.returncode is not None:
            return
        with suppress(psutil.NoSuchProcess, ProcessLookupError):
            victims = [psutil.Process(self.process.pid)]
            if to_children:
                victims += victims[0].children(recursive=True)
            for victim in victims:
                with suppress(psutil.NoSuchProcess):
                    victim.send_signal(number)

    def engines(self) -> list[psutil.Process]:
        if not self.is_up or self.process is None:
            return []
        with suppress(psutil.NoSuchProcess):
            return [c for c in psutil.Process(self.process.pid).children(recursive=True) if _is_engine(c)]
        return []

    def end(self) -> None:
        self._ending = True
        self.send(signal.SIGCONT, to_children=True)
        self.send(signal.SIGKILL)


def _is_engine(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return process.status() != psutil.STATUS_ZOMBIE and ENGINE in process.cmdline()
    return False


@dataclass
class Stage:
    """`folder` holds everything; `store` the bytes, on a small disk of its own where that can be had."""

    folder: Path
    store: Path
    has_small_disk: bool
    tallies: Counter[str] = field(default_factory=Counter)
    apis: list[Kept] = field(default_factory=list)
    workers: list[Kept] = field(default_factory=list)
    bases: list[str] = field(default_factory=list)
    _server: embedded.Server | None = None
    _keepers: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def url(self) -> str:
        assert self._server
        return self._server.url

    @property
    def logs(self) -> list[Path]:
        return sorted(self.folder.glob("*.log"))

    def start_database(self) -> None:
        self._server = embedded.start(self.folder / "postgres", settings={"max_connections": "400"})

    async def crash_database(self, *, away_s: float = 0.0) -> None:
        """Stop it as `pg_ctl stop -m immediate` does, and start it again, then or later, at the same address."""
        before = self._server
        assert before
        os.kill(before.pid, signal.SIGQUIT)
        before.stop()
        await asyncio.sleep(away_s)
        self.start_database()
        assert self.url == before.url
        self.tallies["database_restarts"] += 1

    def open(self, *, apis: int, workers: int, slowest_s: float) -> None:
        """Start everything. The kernel ties the database to this thread: call it in the main one."""
        self.start_database()
        migrate(self.url)
        make_clip(self.folder / "clip.mp4")
        (self.folder / "tmp").mkdir()
        environ = self._environment(slowest_s)
        for number in range(apis):
            port = _free_port()
            self.bases.append(f"http://127.0.0.1:{port}")
            command = [sys.executable, "-m", "seedbed.cli", "serve", "--workers", "0"]
            self._keep(self.apis, f"api-{number}", command, environ | {"SEEDBED_PORT": str(port)})
        for number in range(workers):
            self._keep(self.workers, f"worker-{number}", [sys.executable, str(HERE / "chaos_worker.py")], environ)

    def _keep(self, group: list[Kept], name: str, command: list[str], environ: dict[str, str]) -> None:
        kept = Kept(name, command, environ, self.folder / f"{name}.log")
        group.append(kept)
        self._keepers.append(asyncio.create_task(kept.keep()))

    def _environment(self, slowest_s: float) -> dict[str, str]:
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("SEEDBED_", "PYTEST_"))}
        return ours | {
            "PYTHONPATH": str(HERE),
            "TMPDIR": str(self.folder / "tmp"),
            ENGINE_VARIABLE: ENGINE,
            CLIP_VARIABLE: str(self.folder / "clip.mp4"),
            SLOWEST_VARIABLE: str(slowest_s),
            **self.settings,
        }

    @property
    def settings(self) -> dict[str, str]:
        """What every process of the service is told, and the audit afterwards."""
        return {
            "SEEDBED_HOME": str(self.folder / "home"),
            "SEEDBED_DATABASE_URL": self.url,
            "SEEDBED_BLOBS_URL": self.store.as_uri(),
            "SEEDBED_OPEN_NETWORKS": "127.0.0.0/8",
            "SEEDBED_PUBLIC_URL": "http://127.0.0.1",
            "SEEDBED_LEASE_S": "5",
            "SEEDBED_WEBHOOK_TIMEOUT_S": "2",
            "SEEDBED_REQUESTS_PER_MINUTE": "100000",
            "SEEDBED_CANCELS_PER_MINUTE": "100000",
        }

    @contextmanager
    def refusing_store(self) -> Iterator[None]:
        """Let every read and write of results fail: a file stands where their folder was."""
        jobs, away = self.store / "jobs", self.store / "jobs.away"
        jobs.mkdir(exist_ok=True)
        jobs.rename(away)
        jobs.touch()
        self.tallies["store_refusals"] += 1
        try:
            yield
        finally:
            jobs.unlink()
            away.rename(jobs)

    @contextmanager
    def full_disk(self) -> Iterator[None]:
        """Fill the small disk to its last byte."""
        ballast = self.store / "ballast"
        self.tallies["disks_filled"] += 1
        try:
            with ballast.open("wb", buffering=0) as file, suppress(OSError):
                for size_bytes in (1024**2, 1024):
                    with suppress(OSError):
                        while True:
                            if file.write(bytes(size_bytes)) < size_bytes:
                                break
            yield
        finally:
            ballast.unlink(missing_ok=True)

    async def clear(self) -> None:
        for kept in (*self.apis, *self.workers):
            kept.end()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        if self._server:
            self._server.stop()

    def stray_engines(self) -> list[int]:
        """Engines that outlived their workers. Ask after `clear`."""
        return [p.pid for p in psutil.process_iter() if _is_engine(p) and self._is_of_this_stage(p)]

    def _is_of_this_stage(self, process: psutil.Process) -> bool:
        with suppress(psutil.Error):
            return process.environ().get(CLIP_VARIABLE) == str(self.folder / "clip.mp4")
        return False


@contextmanager
def stage_folder(*, wants_small_disk: bool) -> Iterator[Stage]:
    """A folder that the database's own user can enter too, when we are root; erased afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="seedbed-chaos-"))
    folder.chmod(0o711)
    store = folder / "store"
    store.mkdir()
    (folder / "home").mkdir()
    has_small_disk = wants_small_disk and _mount(store)
    try:
        yield Stage(folder, store, has_small_disk)
    finally:
        if has_small_disk:
            subprocess.run(["umount", "--lazy", store], check=False)
        embedded.erase(folder / "postgres")
        subprocess.run(["rm", "-rf", folder], check=False)


def _mount(store: Path) -> bool:
    """Put a small disk in memory there, if we may."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return False
    options = f"size={STORE_BYTES},mode=0700"
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", store], capture_output=True, check=False)
    return done.returncode == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
