"""A whole service beside a database of the operator's own, and what a customer does with it."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType

import httpx
from clusters import free_port, server_folder

from seedbed.actions.create_account import create_account
from seedbed.actions.create_key import create_key
from seedbed.core.keys import Mode, Scope
from seedbed.store.database import connected

PATH = "/api/open/v1/video/generations"
PATIENCE_S = 90.0
NOTHING: Mapping[str, str] = MappingProxyType({})
FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
ORDER = {"model": "seedance-2.0-fast", "prompt": "a quiet lake", "duration": 4, "resolution": "480p"}


@dataclass(frozen=True, slots=True)
class Service:
    base: str
    key: str
    home: Path
    url: str
    settings: dict[str, str]

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    @property
    def log(self) -> Path:
        return self.home / "serve.log"

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.base, headers=self.headers, timeout=30, trust_env=False)


@contextmanager
def service(
    url: str, *, api: Mapping[str, str] = NOTHING, worker: Mapping[str, str] | None = None, **settings: str
) -> Iterator[Service]:
    """Run `seedbed serve` and a worker on a migrated database.

    `api` and `worker` are what else the one and the other find in their environment (`skewed`, `of_release`); with the
    second, the worker is a process of its own.
    """
    with server_folder("service") as home, ExitStack() as ending:
        port = free_port()
        told = environment(home, url, **settings) | {"SEEDBED_PORT": str(port)}
        workers = "1" if worker is None else "0"
        process = _started(["serve", "--workers", workers], told | api, home / "serve.log", ending)
        running = Service(f"http://127.0.0.1:{port}", asyncio.run(customer(url)), home, url, settings)
        if worker is not None:
            _started(["work"], told | worker, home / "work.log", ending)
        await_ready(running, process)
        yield running


def skewed(by: str) -> dict[str, str]:
    """Return the environment of a process whose clock is wrong; `by` as libfaketime says it, such as +1h."""
    return {"LD_PRELOAD": FAKETIME, "FAKETIME": by, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def of_release(search_path: str) -> dict[str, str]:
    """Return the environment of a process that finds its Python packages here first."""
    return {"PYTHONPATH": search_path}


def _started(command: list[str], environ: Mapping[str, str], log: Path, ending: ExitStack) -> subprocess.Popen[bytes]:
    with log.open("ab") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "seedbed.cli", *command],
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
        )
    ending.callback(process.wait, timeout=30)
    ending.callback(process.terminate)
    return process


def environment(home: Path, url: str, **settings: str) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("SEEDBED_", "PYTEST_"))}
    return ours | {
        "SEEDBED_HOME": str(home),
        "SEEDBED_DATABASE_URL": url,
        "SEEDBED_ENGINE": "testcard",
        "SEEDBED_OPEN_NETWORKS": "127.0.0.0/8",
        **settings,
    }


def run_cli(
    url: str, *arguments: str, home: Path = Path("/nonexistent"), **settings: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "seedbed.cli", *arguments],
        env=environment(home, url, **settings),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
        stdin=subprocess.DEVNULL,
    )


async def customer(url: str) -> str:
    async with connected(url, name="test") as conn:
        account = await create_account(conn, name="customer", credits=100_000)
        made = await create_key(
            conn, account.id, mode=Mode.LIVE, name="test", scopes=list(Scope), entropy=secrets.token_bytes(32)
        )
    return made.key


def await_ready(running: Service, process: subprocess.Popen[bytes]) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    with running.client() as client:
        while True:
            assert process.poll() is None, running.log.read_text()
            assert time.monotonic() < deadline_s, running.log.read_text()
            try:
                if client.get("/readyz").status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.1)


def walk(running: Service, *, jobs: int = 6) -> None:
    """Order, follow, load, cancel and order twice under one key, from several sides; then look into the books."""
    with running.client() as client, ThreadPoolExecutor(4) as pool, receiver() as told:
        video = order_twice(client, webhookUrl=told.url)
        assert follow(client, video)[-1] == "succeeded"
        result = client.get(client.get(f"{PATH}/{video}").json()["output"]["url"])
        assert result.content[4:8] == b"ftyp"
        assert told.arrived.wait(PATIENCE_S)
        assert json.loads(told.bodies[0])["requestId"] == video
        cancel(client)
        made = list(pool.map(lambda _: order_twice(client), range(jobs)))
        assert len(set(made)) == jobs
        assert {await_end(client, request_id) for request_id in made} == {"succeeded"}
    audit = run_cli(running.url, "audit", "--checksums", home=running.home, **running.settings)
    assert audit.returncode == 0, audit.stdout


class Told(ThreadingHTTPServer):
    """What webhooks tell."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Hearing)
        self.url = f"http://127.0.0.1:{self.server_port}/"
        self.bodies: list[bytes] = []
        self.stamps_unix_s: list[int] = []
        self.arrived = threading.Event()


class _Hearing(BaseHTTPRequestHandler):
    server: Told

    def do_POST(self) -> None:
        self.server.bodies.append(self.rfile.read(int(self.headers["content-length"])))
        self.server.stamps_unix_s.append(int(self.headers["webhook-timestamp"]))
        self.send_response(204)
        self.end_headers()
        self.server.arrived.set()

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@contextmanager
def receiver() -> Iterator[Told]:
    with Told() as told:
        threading.Thread(target=told.serve_forever, daemon=True).start()
        yield told
        told.shutdown()


def order_twice(client: httpx.Client, **wishes: object) -> str:
    """Order one video in two requests under one key; return the id of the one job that there is."""
    headers = {"Idempotency-Key": secrets.token_hex(8)}
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: client.post(PATH, json=ORDER | wishes, headers=headers), range(2)))
    assert {answer.status_code for answer in answers} <= {200, 409}, [answer.text for answer in answers]
    again = client.post(PATH, json=ORDER | wishes, headers=headers)
    assert again.headers.get("idempotent-replayed") == "true", again.text
    told = {answer.json()["requestId"] for answer in (*answers, again) if answer.status_code == 200}
    assert len(told) == 1
    return told.pop()


def follow(client: httpx.Client, request_id: str) -> list[str]:
    """Return the states that the stream of events tells, to its end."""
    with client.stream("GET", f"{PATH}/{request_id}/events") as stream:
        told = [json.loads(line.removeprefix("data:")) for line in stream.iter_lines() if line.startswith("data:")]
    return [event["status"] for event in told if "status" in event]


def cancel(client: httpx.Client) -> None:
    request_id = order_twice(client, duration=15, resolution="1080p")
    answers = [client.post(f"{PATH}/{request_id}/cancel") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200], answers[0].text
    assert client.get(f"{PATH}/{request_id}").json()["status"] == "cancelled"


def await_end(client: httpx.Client, request_id: str) -> str:
    deadline_s = time.monotonic() + PATIENCE_S
    while (found := client.get(f"{PATH}/{request_id}", params={"wait": 10}).json())["status"] in (
        "queued",
        "processing",
    ):
        assert time.monotonic() < deadline_s, found
    return str(found["status"])
