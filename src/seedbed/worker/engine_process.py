"""Starts the engine's child process, talks with it line by line, and ends it.

The child gets no secrets (our settings and the bucket's keys are taken out of its environment), a process group of its
own so that whatever it started ends with it (also when we are killed: `seedbed.lifeline`), and a share of the
processors.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from seedbed.core.errors import EngineCrashed, EngineKilledForMemory, JobFailure
from seedbed.lifeline import guarded
from seedbed.worker import wire

LAST_WORDS_BYTES = 4096
DYING_S = 5.0  # how long a process that was killed may take to be gone
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")
PRIVATE_PREFIXES = ("SEEDBED_", "PG", "AWS_", "AZURE_", "GOOGLE_")


class Ended(Exception):
    """The child is gone, or talks nonsense. `failure` says how, in words that its job may bear."""

    def __init__(self, failure: JobFailure) -> None:
        super().__init__(str(failure))
        self.failure = failure


class EngineProcess:
    """A running child. Use `start`, then `send` and `receive`; `kill` is always safe."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._oom_kills = oom_kills()
        self._last_words: deque[bytes] = deque()
        self._hearing = asyncio.create_task(self._hear())

    @classmethod
    async def start(
        cls,
        engine: str,
        *,
        options: Mapping[str, Any] | None = None,
        private: str | None = None,
        memory_bytes: int | None,
        threads: int,
    ) -> EngineProcess:
        """Start the child. `private` is a variable of the environment that it is not to have."""
        command = guarded([sys.executable, "-P", "-m", "seedbed.worker.child", engine])
        if memory_bytes is not None:
            command += ["--memory-bytes", str(memory_bytes)]
        if options is not None:
            command.append("--configured")
        pipe = asyncio.subprocess.PIPE
        process = cls(
            await asyncio.create_subprocess_exec(
                *command,
                stdin=pipe,
                stdout=pipe,
                stderr=pipe,
                limit=wire.MAX_LINE_BYTES,
                start_new_session=True,
                env=child_environment(os.environ, threads=threads, private=private),
            )
        )
        if options is not None:
            process.send(wire.Options(dict(options)))
        return process

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process.returncode is None

    @property
    def last_words(self) -> str:
        """The end of what the child printed, for the log alone."""
        return b"".join(self._last_words).decode(errors="replace")[-LAST_WORDS_BYTES:]

    def send(self, message: wire.Message) -> None:
        """Say something to the child. That it is gone shows when it is listened to."""
        assert self._process.stdin is not None
        with suppress(ConnectionError, RuntimeError):
            self._process.stdin.write(wire.encode(message))

    async def receive(self) -> wire.FromChild:
        """Return what the child says next. May be cancelled at any time without losing a word. Raises Ended."""
        assert self._process.stdout is not None
        try:
            line = await self._process.stdout.readline()
            if line.endswith(b"\n"):
                return wire.decode_from_child(line)
        except (ValueError, msgspec.MsgspecError) as exc:
            raise Ended(EngineCrashed("The engine's process broke its protocol.")) from exc
        returncode = await self.gone()
        raise Ended(judge_end(returncode, oom_kills_before=self._oom_kills, oom_kills_after=oom_kills()))

    def kill(self) -> None:
        """End the child and all that it started, now. Does not wait until it is gone (`gone`)."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    async def gone(self) -> int:
        """Return the exit status of a child that is ending; one that takes too long over it is killed."""
        try:
            async with asyncio.timeout(DYING_S):
                returncode = await self._process.wait()
        except TimeoutError:
            self.kill()
            returncode = await self._process.wait()
        self.kill()  # what it started, if that is still there
        await asyncio.wait([self._hearing], timeout=DYING_S)
        self._hearing.cancel()
        return returncode

    async def close(self, *, grace_s: float) -> None:
        """Let the child end by itself, which it does at the end of its input; kill it if it does not."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(grace_s):
                await self._process.wait()
        self.kill()
        await self.gone()

    async def _hear(self) -> None:
        assert self._process.stderr is not None
        while chunk := await self._process.stderr.read(LAST_WORDS_BYTES):
            self._last_words.append(chunk)
            while sum(map(len, self._last_words)) > 2 * LAST_WORDS_BYTES:
                self._last_words.popleft()


def child_environment(
    environ: dict[str, str] | os._Environ[str], *, threads: int, private: str | None = None
) -> dict[str, str]:
    """Return the environment of a child: few threads, no key, and no settings, which hold the database's password."""
    kept = {k: value for k, value in environ.items() if not k.startswith(PRIVATE_PREFIXES) and k != private}
    return {**dict.fromkeys(THREAD_VARIABLES, str(threads)), **kept, "PYTHONUNBUFFERED": "1"}


def judge_end(returncode: int, *, oom_kills_before: int | None, oom_kills_after: int | None) -> JobFailure:
    """Return what a child's end means for its job. Counts are the kernel's; None where it does not tell."""
    if returncode == wire.OUT_OF_MEMORY_EXIT:
        return EngineKilledForMemory("The engine ran out of memory.")
    if returncode == -signal.SIGKILL and (oom_kills_before is None or oom_kills_before != oom_kills_after):
        return EngineKilledForMemory("The engine was ended because the machine ran out of memory.")
    if returncode < 0:
        return EngineCrashed(f"The engine's process was ended by {_name_of(-returncode)}.")
    return EngineCrashed(f"The engine's process ended with exit code {returncode}.")


def oom_kills() -> int | None:
    """Return how many processes the kernel has ended for want of memory since it started."""
    try:
        lines = Path("/proc/vmstat").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), None)


def _name_of(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
