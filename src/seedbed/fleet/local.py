"""Worker processes on this machine: those beside the service that started them, and those of a fleet.

They are tied to this process and end with it, however it ends. Start them from the main thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Mapping, Sequence

from seedbed.core.fleet_sizing import PoolSpec
from seedbed.fleet.backend import Placed
from seedbed.fleet.kept import KeptWorker

STOPPING_S = 15.0  # for the job in hand to be finished or handed back


class LocalWorkers:
    """One worker for each of these engines. Use `running`. `kill` ends them at once, and their engines with them."""

    def __init__(self, engines: Sequence[str], *, environ: Mapping[str, str]) -> None:
        self._workers = [KeptWorker([engine], environ=environ) for engine in engines]

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep them running until the end of the block, then let each finish or hand back its job."""
        keepers = [asyncio.create_task(worker.keep()) for worker in self._workers]
        try:
            yield
        finally:
            await _end(self._workers, keepers)

    def kill(self) -> None:
        """End the workers now. Their engines see the end of their input and end too; the jobs' leases run out."""
        for worker in self._workers:
            worker.kill()


class LocalSlots:
    """The slots of a fleet that lives on this machine alone: a backend of `fleet.placing`."""

    name = "local"
    is_one_host = True

    def __init__(self, fleet: str, *, environ: Mapping[str, str]) -> None:
        self._fleet = fleet
        self._environ = dict(environ)
        self._pools: dict[str, str] = {}
        self._workers: dict[str, KeptWorker] = {}
        self._keepers: dict[str, asyncio.Task[None]] = {}

    async def placed(self) -> list[Placed]:
        for slot in [slot for slot, keeper in self._keepers.items() if keeper.done()]:
            await self._keepers.pop(slot)
            del self._workers[slot], self._pools[slot]
        return [Placed(slot, self._pools[slot], worker.trouble) for slot, worker in self._workers.items()]

    async def start(self, slot: str, pool: PoolSpec) -> None:
        if slot not in self._workers:
            self._pools[slot] = pool.name
            self._workers[slot] = KeptWorker([pool.engine, self._fleet, slot], environ=self._environ)
            self._keepers[slot] = asyncio.create_task(self._workers[slot].keep())

    async def stop(self, slot: str) -> None:
        if slot in self._workers:
            self._workers[slot].ask_to_stop()

    async def well(self, slot: str) -> None:
        if slot in self._workers:
            self._workers[slot].well()

    async def release(self) -> None:
        """End all of them in good order: they are of no use to the leader elsewhere."""
        await _end(list(self._workers.values()), list(self._keepers.values()))
        self._workers, self._keepers, self._pools = {}, {}, {}

    async def close(self) -> None:
        await self.release()

    def kill(self) -> None:
        for worker in self._workers.values():
            worker.kill()


async def _end(workers: Sequence[KeptWorker], keepers: Sequence[asyncio.Task[None]]) -> None:
    for worker in workers:
        worker.ask_to_stop()
    if keepers:
        await asyncio.wait(keepers, timeout=STOPPING_S)
    for worker in workers:
        worker.kill()
    for keeper in keepers:
        keeper.cancel()
    await asyncio.gather(*keepers, return_exceptions=True)


def child_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Return our environment with these settings over it, for a worker."""
    return {**os.environ, **settings}


def is_running(pid: int) -> bool:
    """Return whether there is such a process. It need not be ours."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
