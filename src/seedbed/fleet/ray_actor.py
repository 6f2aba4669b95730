"""The ordinary worker as an actor of Ray: Ray gives it a machine and its GPUs, and begins it anew when it dies.

Ray knows nothing of jobs: the worker takes them from the database as every other does. What Ray loses, a lease brings
back. Ray imports this module on its nodes, so they need the same release of Seedbed as the fleet.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version

from seedbed.core.deployment import EngineSpec
from seedbed.core.errors import NotReady
from seedbed.settings import Settings
from seedbed.store.workers import Place

STOP_WITHIN_S = 8.0
_FIRST_PAUSE_S = 1.0
_MAX_PAUSE_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a worker needs to know. `keys` are the environment variables with the key of its engine, and no others'."""

    settings: Settings
    engine: EngineSpec
    place: Place
    keys: Mapping[str, str]
    release: str


class WorkerActor:
    """One worker. It runs in a thread that lives as long as the process, so that Ray can still ask how it is."""

    def __init__(self, task: Task) -> None:
        self._trouble: str | None = None
        self._task = task
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        here = version("seedbed")
        if here != task.release:
            self._trouble = f"the node has Seedbed {here}, the fleet {task.release}; install that one there"
            return
        os.environ.update(task.keys)
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)
        self._thread.start()

    def trouble(self) -> str | None:
        """Say what keeps the worker from its work, or None. That it answers at all says that it has a place."""
        return self._trouble

    def well(self) -> None:
        """Hear that the worker shows itself, so that what kept it from its work is past."""
        self._trouble = None

    def stop(self) -> None:
        """Have the worker finish its job or hand it back, and wait for its end."""
        if self._loop is not None and self._stopping is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(STOP_WITHIN_S)

    def _run(self) -> None:
        status = 1
        try:
            asyncio.run(self._work())
            status = 0
        finally:
            if status:
                os._exit(status)  # Ray begins a new one

    async def _work(self) -> None:
        from seedbed.blobs.probe import probe
        from seedbed.blobs.store import open_blobs
        from seedbed.telemetry.logs import start_logging
        from seedbed.worker.loop import run_worker

        settings = self._task.settings
        assert settings.database_url is not None  # the fleet has one
        start_logging(settings.log_level)
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        pause_s = _FIRST_PAUSE_S
        while not self._stopping.is_set():
            try:
                blobs = open_blobs(settings.blobs_url, settings.blobs_folder, ca_bundle=settings.ca_bundle)
                await probe(blobs)  # the keys of a bucket are the node's own
                await run_worker(
                    settings.database_url,
                    blobs,
                    settings,
                    engine=self._task.engine,
                    stopping=self._stopping,
                    place=self._task.place,
                )
            except NotReady as exc:
                # A new process would fare no better, and Ray begins one at once.
                self._trouble = str(exc)
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, _MAX_PAUSE_S)
