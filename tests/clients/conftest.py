"""A service for real clients, and the table of what each of them did."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "e2e"))

from programs import OPERATIONS, ROOT, RunClient, Saw, Tell
from serving import Served, new_home

_TABLE = pytest.StashKey[dict[str, set[str]]]()


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    with new_home() as home:
        service = Served(home)
        try:
            yield service
        finally:
            service.stop()


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Tell:
    """Note for the table that a client did these operations."""
    table = request.config.stash.setdefault(_TABLE, {})

    def note(client: str, *operations: str) -> None:
        table.setdefault(client, set()).update(operations)

    return note


@pytest.fixture
def run_client(served: Served) -> RunClient:
    """Run a client's own program with the service's address and key; return what each operation saw."""

    def run(*command: str | Path, cwd: Path = ROOT) -> Saw:
        done = subprocess.run(
            [*command, served.base_url, served.key], capture_output=True, text=True, timeout=300, check=False, cwd=cwd
        )
        assert done.returncode == 0, done.stdout + done.stderr
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        return {line["operation"]: line["saw"] for line in lines}

    return run


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    table = config.stash.get(_TABLE, {})
    if table:
        terminalreporter.write_sep("=", "what each client did")
    for client, done in sorted(table.items()):
        cells = (operation if operation in done else "-" * len(operation) for operation in OPERATIONS)
        terminalreporter.write_line(f"{client:<36} {'  '.join(cells)}")
