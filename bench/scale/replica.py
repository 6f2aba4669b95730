"""An API process on a database of ours, and a client that costs little beside it."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from seedbed.actions.create_account import create_account
from seedbed.actions.create_key import create_key
from seedbed.core.keys import ENTROPY_BYTES, Mode, Scope
from seedbed.store.database import connected

GENERATIONS = "/api/open/v1/video/generations"
START_S = 120.0
KEPT_S = 2.0  # the server closes connections that were idle for longer
ENOUGH_CREDITS = 1_000_000_000
SETTINGS = {
    "SEEDBED_QUEUE_LIMIT_JOBS": "10000000",
    "SEEDBED_RUNNING_LIMIT_JOBS": "100000",
    "SEEDBED_REQUESTS_PER_MINUTE": "100000000",
    "SEEDBED_LOG_LEVEL": "warning",
    "LC_ALL": "C.UTF-8",
}


async def new_key(database_url: str) -> str:
    """Make an account with credits and a key."""
    async with connected(database_url, name="bench") as conn:
        account = await create_account(conn, name="caller", credits=ENOUGH_CREDITS)
        scopes = [Scope.GENERATE]
        entropy = secrets.token_bytes(ENTROPY_BYTES)
        made = await create_key(conn, account.id, mode=Mode.LIVE, name="bench", scopes=scopes, entropy=entropy)
    return made.key


class Replica:
    """One `seedbed serve` without workers."""

    def __init__(self, folder: Path, database_url: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SEEDBED_")}
        environ = (
            kept
            | SETTINGS
            | {
                "SEEDBED_HOME": str(folder),
                "SEEDBED_PORT": str(self.port),
                "SEEDBED_DATABASE_URL": database_url,
                "SEEDBED_BLOBS_URL": (folder / "bytes").as_uri(),
            }
        )
        self._log = folder / f"replica-{self.port}.log"
        command = [sys.executable, "-m", "seedbed.cli", "serve", "--workers", "0"]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, env=environ)
        self.process = psutil.Process(self._process.pid)

    def await_up(self) -> None:
        until_s = time.monotonic() + START_S
        while time.monotonic() < until_s and self._process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        sys.exit(self._log.read_text())

    def cpu_s(self) -> float:
        spent = self.process.cpu_times()
        return spent.user + spent.system

    def memory_mb(self) -> float:
        """Return the memory that is this process's own (USS)."""
        return round(self.process.memory_full_info().uss / 1e6, 1)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(60)


@contextmanager
def replicas(folder: Path, database_url: str, count: int) -> Iterator[list[Replica]]:
    started = [Replica(folder, database_url) for _ in range(count)]
    try:
        for replica in started:
            replica.await_up()
        yield started
    finally:
        for replica in started:
            replica.stop()


class Caller:
    """One connection that is kept while it is used, and one request at a time over it."""

    def __init__(self, port: int, key: str) -> None:
        self._port = port
        self._head = f"Host: bench\r\nAuthorization: Bearer {key}\r\n"
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._used_s = 0.0

    async def ask(self, method: str, path: str, *, body: bytes = b"", header: str = "") -> bytes:
        """Return the body of the answer. Raises AssertionError if that is not a 200."""
        if self._streams is None or time.monotonic() - self._used_s > KEPT_S:
            self.close()
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        sent = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
        writer.write(f"{method} {path} HTTP/1.1\r\n{self._head}{header}{sent}\r\n".encode() + body)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
        answer = await reader.readexactly(int(length.group(1)) if length else 0)
        assert head.startswith("HTTP/1.1 200"), head + answer.decode()
        self._used_s = time.monotonic()
        return answer

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
