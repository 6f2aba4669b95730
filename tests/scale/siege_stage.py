"""All that one outgrows a laptop with, as processes that can be hurt: three API processes behind nginx, PostgreSQL, an
S3 server, a fleet on a Ray cluster.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from chaos_engine import CLIP_VARIABLE, SLOWEST_VARIABLE, make_clip
from chaos_stage import ENGINE, Kept, _is_engine
from replica_stage import Process, free_port, start_nginx
from siege_cluster import RESOURCE, Machine, head_of, new_address, node_of, workers_among
from weed import BUCKET, OWNER, Weed

from seedbed.blobs.store import Blobs, open_blobs
from seedbed.store import embedded, workers
from seedbed.store.database import connected
from seedbed.store.migrate import migrate

HERE = Path(__file__).parent
FLEET = "siege"
LEASE_S = 5
FRESH_S = 7.0
FAST, REAL = "seedance-2.0-fast", "seedance-2.0"  # made of a ready clip, and by the embedded engine
WORKERS = 5
DEPLOYMENT = f"""
[engines.copies]
kind = "{ENGINE}"
[models."{FAST}"]
chain = [{{ engine = "copies" }}]
[pools.copies]
workers = {WORKERS - 1}
resources = {{ {RESOURCE} = 1 }}
[pools.default]
workers = 1
resources = {{ {RESOURCE} = 1 }}
"""


@dataclass
class Stage:
    """`folder` holds everything; `store` is where the bucket's bytes are put when all is over."""

    folder: Path
    tallies: Counter[str] = field(default_factory=Counter)
    apis: list[Kept] = field(default_factory=list)
    nodes: list[Machine] = field(default_factory=list)
    workers: list[Kept] = field(default_factory=list)  # none: they are Ray's
    _keepers: list[asyncio.Task[None]] = field(default_factory=list)
    _kept: list[Kept] = field(default_factory=list)
    _undo: ExitStack = field(default_factory=ExitStack)

    @property
    def url(self) -> str:
        return self.database.url

    @property
    def store(self) -> Path:
        return self.folder / "fetched"

    @property
    def bases(self) -> list[str]:
        return [f"http://127.0.0.1:{self.port}"]

    @property
    def logs(self) -> list[Path]:
        return sorted([*self.folder.glob("*.log"), *self.folder.glob("ray/session_2*/logs/worker-*.err")])

    def open(self, *, nodes: int, apis: int, slowest_s: float) -> None:
        """Start everything. The kernel ties the database to this thread: call it in the main one."""
        self.database = embedded.start(self.folder / "postgres", settings={"max_connections": "200"})
        self._undo.callback(self.database.stop)
        migrate(self.url)
        (self.folder / "s3").mkdir()
        self.bucket = Weed(self.folder / "s3")
        self._undo.callback(self.bucket.close)
        make_clip(self.folder / "clip.mp4")
        (self.folder / "tmp").mkdir()
        (self.folder / "home").mkdir()
        (self.folder / "home/seedbed.toml").write_text(DEPLOYMENT)
        self.port = free_port()
        self.settings = self._settings()
        environ = self._environment(slowest_s)
        self._open_cluster(nodes, environ)
        addresses = [self._open_api(number, environ) for number in range(apis)]
        self.nginx: Process = start_nginx(
            self.folder / "nginx", port=self.port, replicas=addresses, environ=dict(os.environ)
        )
        self._undo.callback(self.nginx.stop)

    def _open_cluster(self, nodes: int, environ: dict[str, str]) -> None:
        address = new_address()
        self.head = head_of(self.folder, port=int(address.rpartition(":")[2]), environ=environ)
        self._keep(self.head)
        for number in range(nodes):
            self.nodes.append(node_of(self.folder, number, address=address, environ=environ))
            self._keep(self.nodes[-1])
        command = [sys.executable, "-m", "seedbed.cli", "fleet", "--name", FLEET, "--ray", "--address", address]
        self.fleet = Kept("fleet", command, environ, self.folder / "fleet.log")
        self._keep(self.fleet)

    def _open_api(self, number: int, environ: dict[str, str]) -> str:
        """Start an API process, and return its address."""
        port = free_port()
        command = [sys.executable, "-m", "seedbed.cli", "serve", "--workers", "0"]
        name = f"api-{number}"
        self.apis.append(Kept(name, command, environ | {"SEEDBED_PORT": str(port)}, self.folder / f"{name}.log"))
        self._keep(self.apis[-1])
        return f"127.0.0.1:{port}"

    def _keep(self, kept: Kept) -> None:
        self._kept.append(kept)
        self._keepers.append(asyncio.create_task(kept.keep()))

    def _environment(self, slowest_s: float) -> dict[str, str]:
        unwanted = ("SEEDBED_", "PYTEST_", "AWS_", "RAY_")
        ours = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
        return ours | {
            "PYTHONPATH": os.pathsep.join([str(HERE.parent / "chaos"), *ours.get("PYTHONPATH", "").split(os.pathsep)]),
            "TMPDIR": str(self.folder / "tmp"),
            CLIP_VARIABLE: str(self.folder / "clip.mp4"),
            SLOWEST_VARIABLE: str(slowest_s),
            **self.settings,
        }

    def _settings(self) -> dict[str, str]:
        """What every process is told, the nodes too (a bucket's keys are a machine's own), and the audit afterwards."""
        return {
            "SEEDBED_HOME": str(self.folder / "home"),
            "SEEDBED_DATABASE_URL": self.url,
            "SEEDBED_BLOBS_URL": f"s3://{BUCKET}/siege",
            "SEEDBED_OPEN_NETWORKS": "127.0.0.0/8",
            "SEEDBED_PUBLIC_URL": self.bases[0],
            "SEEDBED_LEASE_S": str(LEASE_S),
            "SEEDBED_WEBHOOK_TIMEOUT_S": "2",
            "SEEDBED_REQUESTS_PER_MINUTE": "100000",
            "SEEDBED_CANCELS_PER_MINUTE": "100000",
            "AWS_ENDPOINT_URL": self.bucket.endpoint,
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": OWNER[0],
            "AWS_SECRET_ACCESS_KEY": OWNER[1],
        }

    async def heard_of(self) -> list[workers.Worker]:
        """Return the workers whose last heartbeat is fresh: one was not missed."""
        async with connected(self.url, name="siege") as conn:
            return await workers.alive(conn, within_s=FRESH_S)

    def blobs(self) -> Blobs:
        return open_blobs(self.settings["SEEDBED_BLOBS_URL"], self.folder)

    async def fetch(self) -> None:
        """Put all that the bucket holds into `store`, by its keys."""
        blobs = self.blobs()
        for prefix in ("jobs", "assets", "probe"):
            async for entry in blobs.entries(prefix):
                path = self.store / entry.key
                path.parent.mkdir(parents=True, exist_ok=True)
                await blobs.copy_to(entry.key, path)

    async def clear(self) -> None:
        for kept in reversed(self._kept):
            kept.end()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        self._undo.close()

    def homeless_workers(self) -> set[int]:
        """Workers of ours that no node has any more. Ask before `clear`."""
        return workers_among(self._own_pids()) - set[int]().union(*(node.pids() for node in self.nodes))

    def stray_engines(self) -> list[int]:
        """Engines that outlived their workers. Ask after `clear`, when nothing else is to be left either."""
        own = self._own_pids()
        engines = [pid for pid in own if _is_engine(psutil.Process(pid))]
        for pid in own:
            with suppress(psutil.NoSuchProcess):
                psutil.Process(pid).kill()
        return engines

    def _own_pids(self) -> set[int]:
        return {process.pid for process in psutil.process_iter() if self._is_own(process)}

    def _is_own(self, process: psutil.Process) -> bool:
        with suppress(psutil.Error):
            return process.environ().get(CLIP_VARIABLE) == str(self.folder / "clip.mp4")
        return False


@contextmanager
def stage_folder() -> Iterator[Stage]:
    """A folder that the database's own user can enter too, when we are root. Ray's sockets need a short name."""
    folder = Path(tempfile.mkdtemp(prefix="sb-"))
    folder.chmod(0o711)
    try:
        yield Stage(folder)
    finally:
        embedded.erase(folder / "postgres")
        subprocess.run(["rm", "-rf", folder], check=False)
