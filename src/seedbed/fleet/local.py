"""Worker processes on this machine, kept alive beside the service that started them.

A worker that ends by itself is started again, after a pause that grows while it keeps ending. Start them from the main
thread: on Linux the kernel's tie is to the thread that forked.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence

import structlog

from seedbed.fleet.tie import STOP_WORD

log = structlog.get_logger()

STOPPING_S = 15.0  # for the job in hand to be finished or handed back
_HEALTHY_S = 30.0  # a worker that lived so long was not broken from the start
_MAX_PAUSE_S = 15.0


class LocalWorkers:
    """One worker for each of these engines. Use `running`. `kill` ends them at once, and their engines with them."""

    def __init__(self, engines: Sequence[str], *, environ: Mapping[str, str]) -> None:
        self._engines = tuple(engines)
        self._environ = dict(environ)
        self._processes: set[asyncio.subprocess.Process] = set()
        self._stopping = asyncio.Event()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep them running until the end of the block, then let each finish or hand back its job."""
        keepers = [asyncio.create_task(self._keep(number, engine)) for number, engine in enumerate(self._engines)]
        try:
            yield
        finally:
            self._stopping.set()
            for process in self._processes:
                self._ask_to_stop(process)
            if keepers:
                await asyncio.wait(keepers, timeout=STOPPING_S)
            self.kill()
            for keeper in keepers:
                keeper.cancel()
            await asyncio.gather(*keepers, return_exceptions=True)

    def kill(self) -> None:
        """End the workers now. Their engines see the end of their input and end too; the jobs' leases run out."""
        self._stopping.set()
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError):
                process.kill()

    async def _keep(self, number: int, engine: str) -> None:
        pause_s = 0.5
        while not self._stopping.is_set():
            started_s = time.monotonic()
            returncode = await self._run_once(engine)
            if self._stopping.is_set():
                return
            log.error("worker.ended", number=number, engine=engine, exit_status=returncode, next_start_in_s=pause_s)
            await asyncio.sleep(pause_s)
            lived_s = time.monotonic() - started_s
            pause_s = 0.5 if lived_s > _HEALTHY_S else min(2 * pause_s, _MAX_PAUSE_S)

    async def _run_once(self, engine: str) -> int:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "seedbed.fleet.process",
            engine,
            stdin=asyncio.subprocess.PIPE,
            env=self._environ,
            # A session of its own: Ctrl-C in the terminal reaches us alone, and we decide who stops when.
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        self._processes.add(process)
        try:
            if self._stopping.is_set():
                self._ask_to_stop(process)
            return await process.wait()
        finally:
            self._processes.discard(process)

    def _ask_to_stop(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        with contextlib.suppress(ConnectionError, RuntimeError):
            process.stdin.write(STOP_WORD)


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
