"""A Ray cluster for the module, and fleets on it that are started as operators start them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path += [str(Path(__file__).parents[1] / folder) for folder in ("chaos", "e2e", "replicas", "s3")]

from ray.util import get_node_ip_address
from ray_bench import WAIT_S, Nodes, Service

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    with socket.socket() as found:
        found.bind(("", 0))
        port = found.getsockname()[1]
    environ = os.environ | {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
    command = [sys.executable, str(HERE / "ray_nodes.py"), str(port)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ, start_new_session=True
    ) as process:
        nodes = Nodes(process, f"{get_node_ip_address()}:{port}")
        assert nodes.heard() == "up"
        yield nodes
        assert process.stdin is not None
        process.stdin.close()
        process.wait(WAIT_S)


@pytest.fixture
def service(database: str, tmp_path: Path, nodes: Nodes, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setenv("SEEDBED_DATABASE_URL", database)
    monkeypatch.setenv("SEEDBED_HOME", str(tmp_path))
    monkeypatch.setenv("SEEDBED_BLOBS_URL", f"file://{tmp_path}/blobs")
    monkeypatch.setenv("SEEDBED_LEASE_S", "3")
    service = Service(database, tmp_path, nodes.address)
    yield service
    for process in service.running:
        process.send_signal(signal.SIGTERM)
        process.wait(WAIT_S)
    nodes.ask("clear")
