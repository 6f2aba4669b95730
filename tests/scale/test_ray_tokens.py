"""A cluster with token authentication: a fleet gets in with its token alone, and is told what is missing without."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ray_bench import Nodes, Service, await_true
from structlog.testing import capture_logs

from seedbed.fleet.ray_slots import RaySlots

pytestmark = [pytest.mark.server]
TOKEN = "only-for-this-test-0123456789abcdef"
IN_WITHOUT = 'print(\'{"ready": true, "has_token": false}\')'


@pytest.fixture(scope="module", autouse=True)
def token() -> Iterator[None]:
    """The token of the cluster that this module starts, and of who joins it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "token")
        patch.setenv("RAY_AUTH_TOKEN", TOKEN)
        yield


def test_a_fleet_with_the_token_has_its_jobs_made(service: Service, nodes: Nodes) -> None:
    nodes.ask("add", num_cpus=1, resources={"guarded": 1})
    service.configure("workers = 1\nresources = { guarded = 1 }")

    service.start()
    service.submit(2)

    await_true(lambda: service.states() == {"succeeded": 2})


@pytest.mark.parametrize(
    "shown",
    [
        {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "another-0123456789abcdef0123456789"},
        {"RAY_AUTH_MODE": "token"},
        {"RAY_AUTH_MODE": "disabled"},
    ],
    ids=["another token", "none", "authentication off"],
)
def test_a_fleet_without_the_token_is_told_what_to_set(
    service: Service, shown: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.configure("workers = 1")
    with monkeypatch.context() as patch:
        patch.delenv("RAY_AUTH_TOKEN")
        patch.setenv("HOME", str(tmp_path))  # where Ray looks for a token
        for name, value in shown.items():
            patch.setenv(name, value)
        command = [sys.executable, "-m", "seedbed.cli", "fleet", "--ray", "--address", service.address]
        said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=150)

    assert said.returncode == 1
    assert "set RAY_AUTH_MODE=token here, and RAY_AUTH_TOKEN" in said.stderr


async def test_a_cluster_that_asks_for_no_token_is_warned_of() -> None:
    slots = RaySlots("fleet", "auto")
    slots._command = [sys.executable, "-c", IN_WITHOUT]

    with capture_logs() as said:
        await slots.open()
    await slots.close()

    assert [(event["event"], "token authentication is off" in event["reason"]) for event in said] == [
        ("ray.unprotected", True)
    ]
