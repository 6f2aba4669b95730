"""A Ray cluster, and a service whose fleet runs on it, as tests ask for them."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from seedbed.actions.create_account import create_account
from seedbed.actions.submit import submit
from seedbed.cli.main import app
from seedbed.store.database import connected, many
from store.orders import a_request, an_order, answer_of

WAIT_S = 120


def await_true(claim: Callable[[], object], *, within_s: float = WAIT_S) -> None:
    deadline_s = time.monotonic() + within_s
    while not claim():
        assert time.monotonic() < deadline_s
        time.sleep(0.2)


@dataclass
class Nodes:
    """The cluster's process."""

    process: subprocess.Popen[str]
    address: str

    def ask(self, do: str, **facts: Any) -> Any:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"do": do, **facts}) + "\n")
        self.process.stdin.flush()
        return self.heard()

    def heard(self) -> Any:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())["is"]


@dataclass
class Service:
    """A database, a folder that all share, and the fleet that is kept for them."""

    database: str
    home: Path
    address: str
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def configure(self, pool: str) -> None:
        (self.home / "seedbed.toml").write_text(f'[engines.card]\nkind = "testcard@1"\n[pools.card]\n{pool}\n')

    def start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "seedbed.cli", "fleet", "--name", self.home.name, "--ray"]
        self.running.append(subprocess.Popen([*command, "--address", self.address], env=os.environ))
        return self.running[-1]

    def status(self) -> dict[str, Any]:
        return json.loads(CliRunner().invoke(app, ["fleet", "status", "--json"]).output)

    def pool(self) -> dict[str, Any]:
        return next((pool for fleet in self.status()["fleets"] for pool in fleet["pools"]), {})

    def workers(self) -> list[str]:
        return [worker["worker"] for worker in self.status()["workers"]]

    def submit(self, count: int) -> None:
        async def submitted() -> None:
            async with connected(self.database, name="test") as conn:
                account = (await create_account(conn, name="Ada", credits=10_000)).id
                for _ in range(count):
                    request = a_request(expires_after_s=3600)
                    order = an_order(account, pool="card", request=request, running_limit_jobs=8)
                    await submit(conn, order, answer_of=answer_of)

        asyncio.run(submitted())

    def states(self) -> dict[str, int]:
        async def counted() -> dict[str, int]:
            async with connected(self.database, name="test") as conn:
                rows = await many(conn, "select state, count(*) as jobs from job group by state", {})
            return {row["state"]: row["jobs"] for row in rows}

        return asyncio.run(counted())
