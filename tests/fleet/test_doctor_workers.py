"""What `seedbed doctor` says of the workers of a service."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner

from seedbed.cli.main import app
from seedbed.store import workers
from seedbed.store.database import connected
from seedbed.store.workers import WorkerState

pytestmark = pytest.mark.server


def tell(url: str, state: WorkerState, reason: str | None = None) -> None:
    async def beat() -> None:
        async with connected(url, name="test") as conn:
            await workers.heartbeat(conn, "gpu-7", ["default"], {}, None, state=state, reason=reason)

    asyncio.run(beat())


@pytest.fixture
def doctor(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SEEDBED_DATABASE_URL", database)
    monkeypatch.setenv("SEEDBED_HOME", str(tmp_path))
    monkeypatch.setenv("SEEDBED_PORT", "0")
    monkeypatch.setenv("COLUMNS", "400")
    return lambda: CliRunner().invoke(app, ["doctor"])


def test_doctor_names_a_quarantined_worker_and_why(doctor, database: str) -> None:
    tell(database, WorkerState.QUARANTINED, "the card fell off the bus")

    examined = doctor()

    assert examined.exit_code == 1
    [line] = [line for line in examined.output.splitlines() if "gpu-7" in line]
    assert line.startswith("!!")
    assert "quarantined since" in line
    assert "the card fell off the bus" in line


def test_doctor_counts_the_workers_that_are_well(doctor, database: str) -> None:
    tell(database, WorkerState.READY)

    assert "1 at work" in doctor().output
