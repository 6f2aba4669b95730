"""A real S3 server of the test's own, which can be killed, frozen and started again on the same ports and data."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from obstore.exceptions import BaseError
from obstore.store import S3Store

BUCKET = "seedbed-tests"
OWNER = ("owner-of-the-bucket", "secret-of-the-owner")
READER = ("reader-of-the-bucket", "secret-of-the-reader")
READY_S = 30.0
_PORTS = (
    "master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc",
    "s3.port", "s3.port.grpc", "admin.port", "admin.port.grpc",
)  # fmt: skip


class Weed:
    """All of its ports are free ones, so that any number of them can live side by side."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "data").mkdir()
        (folder / "identities.json").write_text(json.dumps(_identities()))
        self._ports = dict(zip(_PORTS, _free_ports(len(_PORTS)), strict=True))
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._ports['s3.port']}"

    @property
    def no_bucket(self) -> str:
        """A server that answers, and speaks no S3."""
        return f"http://127.0.0.1:{self._ports['master.port']}"

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process
        return self._process

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(self._command(), stdout=log, stderr=log, cwd=self.folder)
        deadline_s = time.monotonic() + READY_S
        while not self._is_ready():
            assert self.process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < deadline_s, (self.folder / "log").read_text()
            time.sleep(0.05)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def restore(self) -> None:
        """Be there again, whatever a test has left."""
        if self.process.poll() is not None:
            self.start()
        self.thaw()

    def close(self) -> None:
        self.kill()
        for port in self._ports.values():
            for left in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):
                left.unlink(missing_ok=True)

    def _command(self) -> list[str]:
        program = shutil.which("weed", path=str(Path(sys.executable).parent)) or shutil.which("weed")
        assert program, "`make test-s3` installs the server that these tests need"
        options = {
            "dir": self.folder / "data", "ip": "127.0.0.1", "ip.bind": "127.0.0.1", "bucket": BUCKET,
            "webdav": "false", "admin.ui": "false", "master.telemetry": "false", "master.volumeSizeLimitMB": 64,
            "s3.config": self.folder / "identities.json", "s3.autoCreateBucket": "false", "s3.port.iceberg": 0,
            "s3.port.lance": 0, "s3.localSocket": self.folder / "s3.sock", "filer.localSocket": self.folder / "f.sock",
        }  # fmt: skip
        return [program, "mini", *(f"-{name}={value}" for name, value in {**options, **self._ports}.items())]

    def _is_ready(self) -> bool:
        """Whether the bucket is there for its owner, which comes after the port and the keys."""
        keys = {"access_key_id": OWNER[0], "secret_access_key": OWNER[1], "region": "us-east-1"}
        bucket = S3Store(
            BUCKET,
            config={"endpoint": self.endpoint, **keys},
            client_options={"allow_http": True, "timeout": "2s"},
            retry_config={"max_retries": 0},
        )
        try:
            return list(bucket.list(prefix="none")) == []
        except (BaseError, FileNotFoundError):
            return False


def _identities() -> dict[str, object]:
    def identity(name: str, keys: tuple[str, str], actions: list[str]) -> dict[str, object]:
        return {"name": name, "credentials": [{"accessKey": keys[0], "secretKey": keys[1]}], "actions": actions}

    return {
        "identities": [
            identity("owner", OWNER, ["Admin", "Read", "Write", "List", "Tagging"]),
            identity("reader", READER, [f"Read:{BUCKET}", f"List:{BUCKET}"]),
        ]
    }


def _free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
