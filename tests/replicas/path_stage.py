"""One API process and one worker behind nginx, with TLS, at a port of no renown and under a path prefix.

nginx runs from the file that we ship; only the port, the upstream, the log and the certificate's place are others.
"""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
from replica_stage import FRAME, Process, Replica, free_port
from serving import await_true, clean_environment, new_home, run_cli

from seedbed.store import embedded
from seedbed.store.migrate import migrate

SHIPPED = Path(__file__).parents[2] / "deploy/nginx/seedbed-under-a-path.conf"
PREFIX = "/video"


class PathStage:
    def __init__(self, home: Path, database_url: str, undo: ExitStack) -> None:
        self.home = home
        self._undo = undo
        self._folder = home / "nginx"
        self.port = free_port()
        self.host_url = f"https://localhost:{self.port}"
        self.url = self.host_url + PREFIX
        self._settings = {
            "SEEDBED_DATABASE_URL": database_url,
            "SEEDBED_BLOBS_URL": (home / "bytes").as_uri(),
            "SEEDBED_PUBLIC_URL": self.url,
            "SEEDBED_ENGINE": "testcard@1",
            "SEEDBED_OPEN_NETWORKS": "127.0.0.0/8",
        }
        self.environ = clean_environment(home, **self._settings)

    def start(self) -> None:
        self._folder.mkdir()
        self._certify()
        self.replica = Replica(self, 0)
        self._undo.callback(self.replica.stop)
        work = [sys.executable, "-m", "seedbed.cli", "work"]
        self._undo.callback(Process(self.home / "worker.log", work, self.environ).stop)
        self._start_nginx()
        self.replica.await_up()
        await_true(self._answers)

    @property
    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self._folder / "tls.crt"))

    def cli(self, *arguments: str) -> str:
        done = run_cli(self.home, *arguments, **self._settings)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", verify=self.trust, trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    def _certify(self) -> None:
        words = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
        files = ["-keyout", str(self._folder / "tls.key"), "-out", str(self._folder / "tls.crt")]
        subprocess.run(["openssl", *words.split(), *files], check=True, capture_output=True)

    def _start_nginx(self) -> None:
        site = SHIPPED.read_text()
        for shipped, here in {
            "listen 8443 ssl http2;": f"listen 127.0.0.1:{self.port} ssl http2;",
            "server_name videos.example.com;": "server_name localhost;",
            "/etc/ssl/seedbed/fullchain.pem": str(self._folder / "tls.crt"),
            "/etc/ssl/seedbed/key.pem": str(self._folder / "tls.key"),
            "/var/log/nginx/seedbed.log": str(self._folder / "seedbed.log"),
            "server 127.0.0.1:8000;": f"server {self.replica.address};",
        }.items():
            assert site.count(shipped) == 1, shipped
            site = site.replace(shipped, here)
        (self._folder / "seedbed.conf").write_text(site)
        user = "user root;" if os.geteuid() == 0 else ""
        (self._folder / "nginx.conf").write_text(FRAME.format(folder=self._folder, user=user))
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        command = [program, "-p", str(self._folder), "-c", str(self._folder / "nginx.conf")]
        self._undo.callback(Process(self._folder / "output.log", command, self.environ).stop)


@contextmanager
def staged_under_a_path() -> Iterator[PathStage]:
    with new_home() as home, ExitStack() as undo:
        database = undo.enter_context(embedded.start(home / "postgres"))
        migrate(database.url)
        stage = PathStage(home, database.url, undo)
        stage.start()
        yield stage
