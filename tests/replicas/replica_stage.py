"""Three API processes behind nginx, one worker, one PostgreSQL, one folder of bytes; all of them real processes.

nginx runs from the file that we ship, with these addresses in it and without its certificate.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
from serving import await_true, children, clean_environment, new_home, run_cli

from seedbed.store import embedded
from seedbed.store.migrate import migrate

SHIPPED = Path(__file__).parents[2] / "deploy/nginx/seedbed.conf"
FRAME = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log warn; {user}
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    include {folder}/seedbed.conf;
}}
"""
DRAIN_S = "3"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def site_of(shipped: str, *, port: int, folder: Path, replicas: list[str]) -> str:
    """Return the shipped site with these addresses. Only the lines about TLS are left out."""
    plain = re.sub(r"server \{\s+listen 80;.*?\n\}\n", "", shipped, flags=re.DOTALL)
    plain = re.sub(r".*(ssl_certificate|Strict-Transport).*\n", "", plain)
    plain = plain.replace("listen 443 ssl http2;", f"listen 127.0.0.1:{port};")
    plain = plain.replace("/var/log/nginx/seedbed.log", f"{folder}/seedbed.log")
    return plain.replace("    server 127.0.0.1:8000;\n", "".join(f"    server {one};\n" for one in replicas))


def write_site(folder: Path, *, port: int, replicas: list[str]) -> None:
    site = site_of(SHIPPED.read_text(), port=port, folder=folder, replicas=replicas)
    (folder / "seedbed.conf").write_text(site)


def start_nginx(folder: Path, *, port: int, replicas: list[str], environ: dict[str, str]) -> Process:
    """Have nginx balance over these addresses, with its files in that folder, which is made."""
    folder.mkdir()
    write_site(folder, port=port, replicas=replicas)
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(FRAME.format(folder=folder, user=user))
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    command = [program, "-p", str(folder), "-c", str(folder / "nginx.conf")]
    return Process(folder / "output.log", command, environ)


class Process:
    """A process with its output in a file."""

    def __init__(self, log: Path, command: list[str], environ: dict[str, str]) -> None:
        self.log = log
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env=environ
            )

    @property
    def children(self) -> set[int]:
        return children(self._process.pid)

    def assert_up(self) -> bool:
        assert self._process.poll() is None, self.log.read_text()
        return True

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def stop(self) -> int:
        """Ask it to end, and return its exit status."""
        if self._process.poll() is None:
            self._process.terminate()
        return self._process.wait(timeout=40)


class Replica(Process):
    """One `seedbed serve` without workers."""

    def __init__(self, stage: Stage, number: int) -> None:
        self.address = f"127.0.0.1:{free_port()}"
        self.url = f"http://{self.address}"
        port = self.address.partition(":")[2]
        environ = stage.environ | {"SEEDBED_PORT": port, "SEEDBED_DRAIN_S": DRAIN_S}
        command = [sys.executable, "-m", "seedbed.cli", "serve", "--workers", "0"]
        super().__init__(stage.home / f"replica-{number}.log", command, environ)

    def await_up(self) -> None:
        await_true(lambda: self.assert_up() and answers(f"{self.url}/healthz"))


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.TransportError:
        return False


class Stage:
    def __init__(self, home: Path, database_url: str, undo: ExitStack) -> None:
        self.home = home
        self._undo = undo
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self.settings = {
            "SEEDBED_DATABASE_URL": database_url,
            "SEEDBED_BLOBS_URL": (home / "bytes").as_uri(),
            "SEEDBED_PUBLIC_URL": self.url,
            "SEEDBED_ENGINE": "testcard@1",
            "SEEDBED_SAMPLES": "yes",
            "SEEDBED_REQUESTS_PER_MINUTE": "100000",
            "SEEDBED_RUNNING_LIMIT_JOBS": "8",
        }
        self.environ = clean_environment(home, **self.settings)
        self.replicas: list[Replica] = []

    def start(self) -> None:
        self.replicas = [self.new_replica(number) for number in range(3)]
        work = [sys.executable, "-m", "seedbed.cli", "work"]
        self.worker = Process(self.home / "worker.log", work, self.environ)
        self._undo.callback(self.worker.stop)
        for replica in self.replicas:
            replica.await_up()
        self._start_nginx()
        await_true(lambda: answers(f"{self.url}/readyz"))

    def new_replica(self, number: int) -> Replica:
        replica = Replica(self, number)
        self._undo.callback(replica.stop)
        return replica

    def new_key(self, *options: str) -> str:
        """Make an account with a key and credits."""
        made = self.cli("keys", "create", *options)
        key = re.search(r"sd2_\w+", made)
        account = re.search(r"account (\d+)", made)
        assert key, made
        assert account, made
        self.cli("credits", "grant", account.group(1), "100000")
        return key.group()

    def cli(self, *arguments: str) -> str:
        done = run_cli(self.home, *arguments, **self.settings)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def balance_over(self, replicas: list[Replica]) -> None:
        """Have nginx send new requests to these alone. Returns once it does."""
        workers = self._nginx_workers()
        write_site(self.home / "nginx", port=self._port, replicas=[replica.address for replica in replicas])
        self._nginx.signal(signal.SIGHUP)
        await_true(lambda: not workers & self._nginx_workers())

    def _nginx_workers(self) -> set[str]:
        pid = (self.home / "nginx/nginx.pid").read_text().strip()
        return set(Path(f"/proc/{pid}/task/{pid}/children").read_text().split())

    def _start_nginx(self) -> None:
        replicas = [replica.address for replica in self.replicas]
        self._nginx = start_nginx(self.home / "nginx", port=self._port, replicas=replicas, environ=self.environ)
        self._undo.callback(self._nginx.stop)


@contextmanager
def staged() -> Iterator[Stage]:
    with new_home() as home, ExitStack() as undo:
        database = undo.enter_context(embedded.start(home / "postgres", settings={"max_connections": "120"}))
        migrate(database.url)
        stage = Stage(home, database.url, undo)
        stage.start()
        yield stage
