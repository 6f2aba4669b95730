"""One worker process on this machine, kept alive: one that ends by itself is started again, after a growing pause.

Start it from the main thread: on Linux the kernel's tie is to the thread that forked.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

import structlog

from seedbed.fleet.tie import STOP_WORD

log = structlog.get_logger()

_HEALTHY_S = 30.0  # a worker that lived so long was not broken from the start
_FIRST_PAUSE_S = 0.5
_MAX_PAUSE_S = 15.0


class KeptWorker:
    """A process `seedbed.fleet.process` with these arguments. `trouble` says how it ended, until it is well."""

    def __init__(self, arguments: Sequence[str], *, environ: Mapping[str, str]) -> None:
        self.trouble: str | None = None
        self._arguments = tuple(arguments)
        self._environ = dict(environ)
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = asyncio.Event()
        self._ends = 0  # in a row, of processes that were broken from the start

    async def keep(self) -> None:
        """Keep it alive until it is told to stop, and return when it has ended."""
        while not self._stopping.is_set():
            started_s = time.monotonic()
            status = await self._run_once()
            if self._stopping.is_set():
                return
            self._ends = 1 if time.monotonic() - started_s > _HEALTHY_S else self._ends + 1
            pause_s = min(_FIRST_PAUSE_S * 2 ** min(10, self._ends - 1), _MAX_PAUSE_S)
            self.trouble = f"ended with exit status {status}, {self._ends} times in a row; its log says why"
            log.error("worker.ended", worker=self._arguments, exit_status=status, next_start_in_s=pause_s)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._stopping.wait()

    def well(self) -> None:
        """Note that the worker was heard of."""
        self.trouble = None

    def ask_to_stop(self) -> None:
        """Let it finish its job or hand it back, and end."""
        self._stopping.set()
        self._say_stop()

    def kill(self) -> None:
        """End it now. Its engine sees the end of its input and ends too; the lease of its job runs out."""
        self._stopping.set()
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    async def _run_once(self) -> int:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "seedbed.fleet.process",
            *self._arguments,
            stdin=asyncio.subprocess.PIPE,
            env=self._environ,
            # A session of its own: Ctrl-C in the terminal reaches us alone, and we decide who stops when.
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        try:
            if self._stopping.is_set():
                self._say_stop()
            return await self._process.wait()
        finally:
            self._process = None

    def _say_stop(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(ConnectionError, RuntimeError):
                self._process.stdin.write(STOP_WORD)
