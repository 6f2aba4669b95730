"""A fleet on Ray loses actors, nodes, its own process and the head; jobs lose time, and nothing else.

The order of these tests does not matter: whoever takes the cluster away brings it back.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from ray_bench import Nodes, Service, await_true

pytestmark = [pytest.mark.server]
AS_ANOTHER_VERSION = """
import sys, ray
ray.__version__ = "2.59.0"
from seedbed.core.errors import NotReady
from seedbed.fleet.ray_cluster import join
try:
    join(sys.argv[1], fleet="f")
except NotReady as fault:
    print(fault)
"""


def pid_of(worker: str) -> int:
    return int(worker.split("-")[-2])


def test_a_killed_actor_comes_back_and_its_jobs_are_made(service: Service, nodes: Nodes) -> None:
    nodes.ask("add", num_cpus=2, resources={"pair": 2})
    service.configure("workers = 2\nresources = { pair = 1 }")
    service.start()
    await_true(lambda: service.pool().get("ready") == 2)
    before = service.workers()

    service.submit(8)
    await_true(lambda: service.states().get("processing"))
    os.kill(pid_of(before[0]), signal.SIGKILL)

    await_true(lambda: service.states() == {"succeeded": 8})
    await_true(lambda: len(set(service.workers()) - {before[0]}) == 2)


def test_the_workers_of_a_crashed_node_come_back_on_another(service: Service, nodes: Nodes) -> None:
    first = nodes.ask("add", num_cpus=1, resources={"lone": 1})
    service.configure("workers = 1\nresources = { lone = 1 }")
    service.start()
    await_true(lambda: service.pool().get("ready") == 1)
    before = service.workers()
    nodes.ask("add", num_cpus=1, resources={"lone": 1})

    service.submit(4)
    await_true(lambda: service.states().get("processing"))
    nodes.ask("crash", number=first)

    await_true(lambda: service.states() == {"succeeded": 4})
    assert not set(service.workers()) & set(before)


def test_a_pool_that_no_node_can_hold_says_so_and_waits_for_one(service: Service, nodes: Nodes) -> None:
    service.configure("workers = 1\nresources = { rare = 3 }")
    service.start()
    await_true(lambda: service.pool().get("troubles"))

    assert "no node of the cluster can hold a worker (1 CPU, 3 rare)" in service.pool()["troubles"]["card-0"]

    nodes.ask("add", num_cpus=1, resources={"rare": 3})
    await_true(lambda: service.pool()["ready"] == 1)
    assert service.pool()["troubles"] == {}


def test_what_a_node_lacks_is_told_until_it_has_it(service: Service, nodes: Nodes) -> None:
    nodes.ask("add", num_cpus=1, resources={"lacking": 1})
    folder = service.home / "blobs"
    folder.touch()  # where the results are to lie stands a file
    service.configure("workers = 1\nresources = { lacking = 1 }")
    service.start()
    await_true(lambda: "SEEDBED_BLOBS_URL cannot be opened" in service.pool().get("troubles", {}).get("card-0", ""))

    folder.unlink()

    await_true(lambda: service.pool()["ready"] == 1 and service.pool()["troubles"] == {})


def test_an_engine_gets_several_gpus_of_one_node(service: Service, nodes: Nodes) -> None:
    nodes.ask("add", num_cpus=2, num_gpus=2)
    service.configure("workers = 1\ngpus = 2")

    service.start()
    await_true(lambda: service.pool().get("ready") == 1)

    [worker] = service.status()["workers"]
    assert sorted(worker["gpus"].split(",")) == ["0", "1"]


def test_a_fleet_that_was_killed_leaves_its_workers_and_the_next_goes_on_with_them(
    service: Service, nodes: Nodes
) -> None:
    nodes.ask("add", num_cpus=2, resources={"kept": 2})
    service.configure("workers = { min = 1, max = 2, cool_down_s = 1, min_residency_s = 0 }\nresources = { kept = 1 }")
    first = service.start()
    await_true(lambda: service.pool().get("ready") == 1)
    before = service.workers()

    first.kill()
    service.submit(6)
    service.start()
    await_true(lambda: service.states() == {"succeeded": 6})

    assert set(before) <= set(service.workers())
    await_true(lambda: len(service.workers()) == 1)


def test_a_cluster_of_another_version_is_refused_in_words(nodes: Nodes) -> None:
    said = subprocess.run(
        [sys.executable, "-c", AS_ANOTHER_VERSION, nodes.address], capture_output=True, text=True, check=False
    )

    assert "cannot be used: Version mismatch" in said.stdout
    assert "Ray: 2.60" in said.stdout


def test_no_cluster_at_the_address_is_told(service: Service) -> None:
    service.configure("workers = 1")
    service.address = "127.0.0.1:1"
    command = [sys.executable, "-m", "seedbed.cli", "fleet", "--ray", "--address", service.address]

    said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)

    assert said.returncode == 1
    assert "Ray cluster" in said.stderr


def test_the_head_goes_and_comes_back(service: Service, nodes: Nodes) -> None:
    nodes.ask("add", num_cpus=1, resources={"last": 1})
    service.configure("workers = 1\nresources = { last = 1 }")
    fleet = service.start()
    await_true(lambda: service.pool().get("ready") == 1)

    nodes.ask("down")
    service.submit(2)
    await_true(lambda: "all" in service.pool()["troubles"])
    assert fleet.poll() is None

    nodes.ask("up")
    nodes.ask("add", num_cpus=1, resources={"last": 1})
    await_true(lambda: service.states() == {"succeeded": 2}, within_s=240)
    await_true(lambda: service.pool()["troubles"] == {})
