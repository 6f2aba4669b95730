"""A Ray cluster of processes that can be hurt: a head, and nodes that are started again as an operator's systemd would.

All of them run on this machine, with a resource of our own invention, so that no GPU is needed.
"""

from __future__ import annotations

import json
import signal
import sys
from contextlib import suppress
from pathlib import Path

import psutil
from chaos_stage import Kept
from ray.util import get_node_ip_address
from replica_stage import free_port

PLACES = 2  # workers that a node can hold
RESOURCE = "place"
FREED = ("--min-worker-port=0", "--max-worker-port=0", "--dashboard-agent-listen-port=0")
SMALL = ("--object-store-memory=80000000", "--disable-usage-stats", "--block")
# The head gives a silent node up after some twenty seconds; its own default is more than a minute.
HEAD_ENVIRON = {
    "RAY_health_check_initial_delay_ms": "5000",
    "RAY_health_check_period_ms": "1000",
    "RAY_health_check_timeout_ms": "4000",
    "RAY_health_check_failure_threshold": "4",
}


class Machine(Kept):
    """All processes of a head or a node, which are hurt together as those of one machine are."""

    def pids(self) -> set[int]:
        if not self.is_up or self.process is None:
            return set()
        with suppress(psutil.NoSuchProcess):
            machine = psutil.Process(self.process.pid)
            return {machine.pid, *(child.pid for child in machine.children(recursive=True))}
        return set()

    def crash(self, *, away_s: float) -> None:
        """End everything at once, as a power cut does; it is started again later."""
        self.rest_s = away_s
        self.send(signal.SIGKILL, to_children=True)

    def freeze(self) -> None:
        self.send(signal.SIGSTOP, to_children=True)

    def thaw(self) -> None:
        self.send(signal.SIGCONT, to_children=True)

    def end(self) -> None:
        self._ending = True
        self.rest_s = 0
        self.thaw()
        self.send(signal.SIGKILL, to_children=True)


def head_of(folder: Path, *, port: int, environ: dict[str, str]) -> Machine:
    """Return a head that holds no worker. Its state is in its memory alone, as Ray's default is."""
    command = [_ray(), "start", "--head", f"--port={port}", f"--ray-client-server-port={free_port()}"]
    command += [f"--temp-dir={folder / 'ray'}", "--num-cpus=0", "--include-dashboard=false", *FREED, *SMALL]
    return Machine("head", command, environ | HEAD_ENVIRON, folder / "head.log")


def node_of(folder: Path, number: int, *, address: str, environ: dict[str, str]) -> Machine:
    resources = json.dumps({RESOURCE: PLACES})
    command = [_ray(), "start", f"--address={address}", f"--num-cpus={PLACES}", f"--resources={resources}"]
    name = f"node-{number}"
    return Machine(name, [*command, *FREED, *SMALL], environ, folder / f"{name}.log")


def new_address() -> str:
    return f"{get_node_ip_address()}:{free_port()}"


def workers_among(pids: set[int]) -> set[int]:
    """Return which of these processes are workers of ours."""
    return {pid for pid in pids if _is_worker(pid)}


def _is_worker(pid: int) -> bool:
    with suppress(psutil.Error, IndexError):
        return "WorkerActor" in psutil.Process(pid).cmdline()[0]
    return False


def _ray() -> str:
    return str(Path(sys.executable).parent / "ray")
