"""A whole service on machines that can be cut off from each other: a database, an API process, two workers, a customer.

The machine `outside` is the test: it orders, and receives webhooks. Results lie in a folder that all of them reach,
whatever becomes of the network. The tests speak to the database through its socket, which is a file.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx
from chaos_customers import Customer, Orders
from chaos_engine import SLOWEST_VARIABLE, make_clip
from chaos_receiver import Receiver
from chaos_verdict import Evidence, broken_promises, final_jobs
from network import OUTSIDE, Network, network
from steady_engine import CLIP_VARIABLE, STEADY_VARIABLE, TRACES_VARIABLE

from seedbed.actions.audit import audit
from seedbed.actions.create_account import create_account
from seedbed.actions.create_key import create_key
from seedbed.blobs.store import open_blobs
from seedbed.core.keys import Mode, Scope
from seedbed.core.signing import SECRET_BYTES
from seedbed.store import accounts, embedded
from seedbed.store.database import connect_pool, connected, many
from seedbed.store.embedded import binaries, place
from seedbed.store.migrate import migrate
from seedbed.worker.sweeping import sweep_once

HERE = Path(__file__).parent
WORKERS = ("worker1", "worker2")
MACHINES = ("database", "api", *WORKERS)
LEASE_S = 5.0
TRUSTED_S = 0.8 * LEASE_S
PORT = 5432
API_PORT = 8000
MAKING_S = 9.0  # nearly two leases
PATIENCE_S = 90.0
READY = "select count(*) as n from worker where seen_at > clock_timestamp() - interval '10 seconds'"
UNDONE = (
    "select from job where state in ('queued', 'processing')",
    "select from delivery where state = 'pending'",
)


class Program:
    """A process on one of the machines. What it says is kept, and events are read from it."""

    def __init__(self, command: list[str], environ: dict[str, str], log: Path) -> None:
        self._log = log
        with log.open("ab") as out:
            self.process = subprocess.Popen(command, env=environ, stdin=subprocess.DEVNULL, stdout=out, stderr=out)

    def events(self, name: str) -> list[dict[str, Any]]:
        """Return what it said of that, each with `at`, in seconds of the wall clock."""
        said = []
        for line in self._log.read_text(encoding="utf-8", errors="replace").splitlines():
            with suppress(ValueError):
                fact = json.loads(line)
                if isinstance(fact, dict) and fact.get("event") == name:
                    said.append(fact | {"at": datetime.fromisoformat(fact["timestamp"]).timestamp()})
        return said

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


@dataclass
class Divided:
    """The service. `programs` are by the machine that they run on."""

    net: Network
    folder: Path
    url: str
    socket_url: str
    receiver: Receiver
    orders: Orders
    customer: Customer
    programs: dict[str, Program] = field(default_factory=dict)

    @property
    def store(self) -> Path:
        return self.folder / "store"

    @property
    def base(self) -> str:
        return f"http://{self.net.address('api')}:{API_PORT}"

    async def order(self, count: int) -> list[str]:
        """Order that many clips, one after the other, and return their request ids."""
        made = []
        for _ in range(count):
            key = secrets.token_hex(8)
            await self.orders._submit(self.customer, key)
            made.extend(self.orders.jobs[key])
        return made

    async def rows(self, statement: str, **facts: object) -> list[dict[str, Any]]:
        async with connected(self.socket_url, name="test") as conn:
            return list(await many(conn, statement, facts))

    async def holder(self, request_id: str) -> str | None:
        """Return the machine that makes the job now."""
        [job] = await self.rows("select worker, state::text from job where id = %(id)s", id=request_id)
        if job["state"] != "processing":
            return None
        return next(name for name in WORKERS if f"-{self.programs[name].process.pid}-" in job["worker"])

    async def state(self, request_id: str) -> str:
        [job] = await self.rows("select state::text from job where id = %(id)s", id=request_id)
        return str(job["state"])

    def last_step(self, machine: str) -> float:
        """Return when that machine's engine did its last step, in seconds of the wall clock."""
        return max(trace.stat().st_mtime for trace in (self.folder / "traces").glob(f"{machine}-*"))

    def last_reason(self, machine: str, request_id: str) -> str | None:
        """Return why that machine let go of the job, as its log tells."""
        told = [
            event["reason"] for event in self.programs[machine].events("job.let_go") if event["job_id"] == request_id
        ]
        return told[-1] if told else None

    def start(self, machine: str, *words: str, name: str | None = None, **environ: str) -> Program:
        """Run a command of `seedbed` there."""
        command = [*self.net.inside(machine), sys.executable, "-m", "seedbed.cli", *words]
        told = self._environment(machine) | environ
        program = Program(command, told, self.folder / f"{name or machine}.log")
        self.programs[name or machine] = program
        return program

    async def verdict(self) -> list[str]:
        """Let all come to rest, and return every promise that was broken."""
        for question in UNDONE:
            await true(lambda of=question: self._none(of))
        blobs = open_blobs(self.store.as_uri(), self.store)
        async with connect_pool(self.socket_url, min_size=1, max_size=4, name="test") as pool:
            await sweep_once(pool, blobs, at=datetime.now(UTC) + timedelta(days=2))
            async with pool.connection() as conn:
                report = await audit(conn, blobs, orphan_age_s=0, reads_bytes=True)
                jobs = await final_jobs(conn)
        return broken_promises(Evidence(jobs, self.store, self.orders, self.receiver.received, report, []))

    async def _none(self, question: str) -> bool:
        return not await self.rows(question)

    async def ready_workers(self) -> int:
        return int((await self.rows(READY))[0]["n"])

    def _environment(self, machine: str) -> dict[str, str]:
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("SEEDBED_", "PYTEST_"))}
        return plain | {
            "WORKER": machine,
            "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parent / "chaos"), plain.get("PYTHONPATH", "")]),
            CLIP_VARIABLE: str(self.folder / "clip.mp4"),
            SLOWEST_VARIABLE: "0",
            STEADY_VARIABLE: str(MAKING_S),
            TRACES_VARIABLE: str(self.folder / "traces"),
            "SEEDBED_ENGINE": "steady_engine:Steady",
            "SEEDBED_HOME": str(self.folder / "home"),
            "SEEDBED_DATABASE_URL": self.url,
            "SEEDBED_BLOBS_URL": self.store.as_uri(),
            "SEEDBED_OPEN_NETWORKS": self.net.networks,
            "SEEDBED_PUBLIC_URL": self.base,
            "SEEDBED_HOST": self.net.address(machine),
            "SEEDBED_PORT": str(API_PORT),
            "SEEDBED_LEASE_S": str(LEASE_S),
            "SEEDBED_REQUESTS_PER_MINUTE": "100000",
        }


async def true(claim: Callable[[], Any], *, within_s: float = PATIENCE_S) -> float:
    """Wait until it holds, and return how long that took."""
    began_s = time.monotonic()
    while not await claim():
        assert time.monotonic() < began_s + within_s, "it did not come true"
        await asyncio.sleep(0.05)
    return time.monotonic() - began_s


@asynccontextmanager
async def divided() -> AsyncIterator[Divided]:
    """The service, ready for work; everything gone at the end. Call it in the main thread."""
    with _folder() as folder, network(MACHINES) as net, _database(folder, net) as urls:
        migrate(urls[1])
        make_clip(folder / "clip.mp4")
        async with _receiving(net) as receiver, httpx.AsyncClient(timeout=30, trust_env=False) as client:
            orders = Orders(client, [], Random(7), lambda account: _hook(net, receiver, account))
            service = Divided(net, folder, *urls, receiver, orders, await _customer(urls[1]))
            orders.bases.append(service.base)
            try:
                service.start("api", "serve", "--workers", "0")
                for name in WORKERS:
                    service.start(name, "work")
                await true(lambda: _answers(client, service))
                yield service
            finally:
                for program in service.programs.values():
                    program.end()
                _keep_logs(folder)


async def _answers(client: httpx.AsyncClient, service: Divided) -> bool:
    for name, program in service.programs.items():
        assert program.process.poll() is None, (service.folder / f"{name}.log").read_text()
    with suppress(httpx.HTTPError):
        is_ready = (await client.get(f"{service.base}/readyz")).status_code == 200
        return is_ready and await service.ready_workers() == len(WORKERS)
    return False


def _hook(net: Network, receiver: Receiver, account: int) -> str:
    return f"http://{net.address(OUTSIDE)}:{receiver.port}/hook/{account}"


@asynccontextmanager
async def _receiving(net: Network) -> AsyncIterator[Receiver]:
    receiver = Receiver(Random(3), is_kind=True)
    async with await asyncio.start_server(receiver.serve, net.address(OUTSIDE), 0) as server:
        receiver.port = server.sockets[0].getsockname()[1]
        yield receiver


async def _customer(url: str) -> Customer:
    async with connected(url, name="test") as conn:
        account = await create_account(conn, name="a customer", credits=1_000_000)
        key = await create_key(
            conn, account.id, mode=Mode.LIVE, name="test", scopes=list(Scope), entropy=secrets.token_bytes(32)
        )
        fresh = secrets.token_bytes(SECRET_BYTES)
        [signer] = await accounts.webhook_secrets(conn, account.id, is_live=True, entropy=fresh)
    return Customer(account.id, key.key, signer.secret)


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="seedbed-divided-"))
    folder.chmod(0o711)
    for name in ("home", "store", "traces", "socket"):
        (folder / name).mkdir()
    (folder / "socket").chmod(0o777)
    try:
        yield folder
    finally:
        embedded.erase(folder / "postgres")
        shutil.rmtree(folder)


@contextmanager
def _database(folder: Path, net: Network) -> Iterator[tuple[str, str]]:
    """The embedded server's programs and files, but listening on its machine. Gives its URLs, by address and socket."""
    data_dir = folder / "postgres"
    embedded.start(data_dir).stop()
    where = place.find(data_dir)
    with (where.cluster / "pg_hba.conf").open("a") as rules:
        rules.write(f"host all all {net.networks} scram-sha-256\n")
    assert where.user is not None  # only root may make namespaces
    drop = ["setpriv", f"--reuid={where.user.uid}", f"--regid={where.user.gid}", "--clear-groups"]
    options = [f"listen_addresses={net.address('database')}", f"unix_socket_directories={folder}/socket"]
    settings = [word for option in (*options, f"port={PORT}", "fsync=off") for word in ("-c", option)]
    postgres = str(binaries.for_place(where).program("postgres"))
    command = [*net.inside("database"), *drop, postgres, "-D", str(where.cluster), *settings]
    password = json.loads(where.passwords.read_text())["role"]
    with (folder / "postgres.log").open("ab") as log:
        server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/")
    try:
        _await_socket(folder / "socket" / f".s.PGSQL.{PORT}", folder / "postgres.log")
        role = f"postgresql://seedbed:{password}@"
        yield f"{role}{net.address('database')}:{PORT}/seedbed", f"{role}/seedbed?host={folder}/socket&port={PORT}"
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(30)


def _await_socket(socket: Path, log: Path) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not (socket.exists() and "ready to accept" in log.read_text()):
        assert time.monotonic() < deadline_s, log.read_text()
        time.sleep(0.05)


def _keep_logs(folder: Path) -> None:
    kept = HERE.parents[1] / "build" / "namespaces"
    kept.mkdir(parents=True, exist_ok=True)
    for log in folder.glob("*.log"):
        shutil.copyfile(log, kept / log.name)
