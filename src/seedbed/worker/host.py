"""Keeps one engine warm in a child process, and gives it one piece of work at a time.

A child that crashed, fell silent or did not stop in time is killed, and the next one is started at once, in the
background, so that the next job does not pay for it. Cancelling `make` is how a job is stopped.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from seedbed.core.engine import Capabilities, RenderTask, Stage
from seedbed.core.errors import EngineCrashed, EngineFailed, NotReady, StageOverran
from seedbed.worker import wire
from seedbed.worker.engine_process import Ended, EngineProcess

log = structlog.get_logger()

OnReport = Callable[[Stage, float], None]
OnPreview = Callable[[bytes], None]  # a small JPEG, as the child says
OnRemember = Callable[[dict[str, Any]], Awaitable[bool]]  # keeps it; False: the job is not this attempt's any more


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineLimits:
    grace_s: float = 0.75  # from being told to stop to being killed
    time_limit_s: float = 900.0  # for one piece of work, until the engine's own file is there
    finish_limit_s: float = 300.0  # to make that file what was promised
    silence_s: float = 60.0  # between two reports; an engine should report ten times a second
    start_s: float = 120.0  # to load the model
    memory_bytes: int | None = None
    threads: int = 1


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _StageClock:
    """Bounds the engine's own stages together, and from then on the last one, which is not the engine's, alone."""

    def __init__(self, limits: EngineLimits, capabilities: Capabilities | None) -> None:
        self.stage = Stage.PREPARING
        self.limit_s = max(limits.time_limit_s, (capabilities and capabilities.time_limit_s) or 0.0)
        self.running = asyncio.timeout(self.limit_s)
        self._finish_limit_s = limits.finish_limit_s

    def reached(self, stage: Stage) -> None:
        if stage is Stage.FINISHING and self.stage is not stage:
            self.limit_s = self._finish_limit_s
            self.running.reschedule(asyncio.get_running_loop().time() + self.limit_s)
        self.stage = stage


class EngineHost:
    """One engine. Not for concurrent calls of `make`: a worker with several slots has several hosts."""

    def __init__(
        self,
        engine: str,
        limits: EngineLimits,
        *,
        options: Mapping[str, Any] | None = None,
        private: str | None = None,
    ) -> None:
        self.engine = engine
        self._private = private
        self._limits = limits
        self._options = options
        self._process: EngineProcess | None = None
        self._capabilities: Capabilities | None = None
        self._starting: asyncio.Task[None] | None = None
        self._number = 0
        self.is_job_over = False  # whether a piece of work that is cancelled now will never be wanted again

    @property
    def grace_s(self) -> float:
        """How long the engine may take to stop before its process is killed."""
        return max(self._limits.grace_s, self._capabilities.grace_s if self._capabilities else 0.0)

    @property
    def is_warm(self) -> bool:
        """Whether the next piece of work could begin at once."""
        return self._process is not None and self._process.is_alive

    async def warm(self) -> Capabilities:
        """Wait until the engine is loaded, starting it if need be. Raises NotReady if it does not start."""
        await self._warm_process()
        assert self._capabilities is not None
        return self._capabilities

    async def make(
        self,
        task: RenderTask,
        out: Path,
        on_report: OnReport,
        *,
        on_preview: OnPreview | None = None,
        on_remember: OnRemember | None = None,
        last_frame: Path | None = None,
        crashes: bool = False,
    ) -> wire.Done:
        """Make the video at `out`. When cancelled, stops the engine before it passes that on.

        With `crashes` the process dies over it, for those who want to see that.
        Raises JobFailure, and NotReady if the engine does not start, which is no fault of this piece of work.
        """
        process = await self._warm_process()
        self._number += 1
        self.is_job_over = False
        process.send(wire.Make(self._number, task, out, last_frame, crashes))
        is_idle = False  # nothing of this piece of work goes on in the child
        try:
            answer = await self._answer(process, on_report, on_preview, on_remember)
            is_idle = True
        except asyncio.CancelledError:
            is_idle = await self._stop(process, is_for_good=self.is_job_over, on_remember=on_remember)
            raise
        except StageOverran:
            is_idle = await self._stop(process, is_for_good=True, on_remember=None)
            raise
        except Ended as end:
            log.warning("engine.ended", engine=self.engine, reason=str(end), last_words=process.last_words)
            raise end.failure from end
        finally:
            if not is_idle:
                process.kill()
                self._begin_start()
        if isinstance(answer, wire.Failed):
            raise wire.failure_of(answer)
        return answer

    async def check(self) -> str | None:
        """Say what is wrong with the server that a remote engine asks. Raises NotReady if the engine does not start."""
        return await self._asked(wire.Check)

    async def withdraw(self, task: RenderTask) -> None:
        """Have a remote engine end what it ordered for a job that is over. Raises NotReady as `check` does."""
        await self._asked(lambda number: wire.Withdraw(number, task))

    async def _asked(self, question: Callable[[int], wire.Check | wire.Withdraw]) -> str | None:
        process = await self._warm_process()
        self._number += 1
        process.send(question(self._number))
        is_idle = False
        try:
            while True:
                match await self._next(process):
                    case wire.Checked(self._number, fault):
                        is_idle = True
                        return fault
                    case wire.Stopped(self._number):
                        is_idle = True
                        return "It was stopped."
        except (Ended, EngineCrashed) as fault:
            return str(fault)
        finally:
            if not is_idle:
                process.kill()
                self._begin_start()

    async def replace(self) -> None:
        """End the child and begin to start another, for one that cannot be trusted any more."""
        if self._starting is None:
            if self._process is not None:
                self._process.kill()
            self._begin_start()

    async def close(self) -> None:
        """End the child. Idempotent."""
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.wait([self._starting])
        if self._process is not None:
            await self._process.close(grace_s=self._limits.grace_s)
            self._process = None

    async def _answer(
        self,
        process: EngineProcess,
        on_report: OnReport,
        on_preview: OnPreview | None,
        on_remember: OnRemember | None,
    ) -> wire.Done | wire.Failed:
        clock = _StageClock(self._limits, self._capabilities)
        try:
            async with clock.running:
                while True:
                    match await self._next(process):
                        case wire.Report(self._number, stage, fraction, preview):
                            clock.reached(stage)
                            on_report(stage, fraction)
                            if on_preview is not None and preview is not None:
                                on_preview(preview)
                        case wire.Remember(self._number, memory):
                            # Where nobody remembers, nothing is carried on, so that it is as good as kept.
                            if on_remember is None or await on_remember(memory):
                                process.send(wire.Remembered(self._number))
                        case wire.Done(self._number) | wire.Failed(self._number) as answer:
                            return answer
                        case wire.Stopped(self._number):
                            return wire.Failed(self._number, EngineFailed.__name__, "The engine gave up.")
        except TimeoutError:
            raise StageOverran(clock.stage, limit_s=clock.limit_s) from None

    async def _next(self, process: EngineProcess) -> wire.FromChild:
        silence_s = self._limits.silence_s
        try:
            async with asyncio.timeout(silence_s):
                return await process.receive()
        except TimeoutError:
            # It is killed, so it counts like one that crashed: a job may do that twice.
            raise EngineCrashed(f"The engine gave no sign of life for {silence_s:g} s.") from None

    async def _stop(self, process: EngineProcess, *, is_for_good: bool, on_remember: OnRemember | None) -> bool:
        """Tell the engine to stop, and say whether it did within its grace. What it then remembers is kept yet."""
        process.send(wire.Stop(self._number, is_for_good))
        with suppress(TimeoutError, Ended):
            async with asyncio.timeout(self.grace_s):
                while True:
                    match await process.receive():
                        case wire.Remember(self._number, memory):
                            if on_remember is None or await on_remember(memory):
                                process.send(wire.Remembered(self._number))
                        case wire.Stopped(self._number) | wire.Done(self._number) | wire.Failed(self._number):
                            return True
        log.warning("engine.killed", engine=self.engine, reason="it did not stop within its grace")
        return False

    async def _warm_process(self) -> EngineProcess:
        if self._starting is None and not self.is_warm:
            self._begin_start()
        if self._starting is not None:
            # Others may wait for the same start, so one that is cancelled leaves it going.
            await asyncio.shield(self._starting)
        assert self._process is not None
        return self._process

    def _begin_start(self) -> None:
        before, self._process = self._process, None
        self._starting = asyncio.create_task(self._start(before))
        self._starting.add_done_callback(self._started)

    def _started(self, starting: asyncio.Task[None]) -> None:
        self._starting = None
        if not starting.cancelled() and (fault := starting.exception()):
            log.error("engine.start_failed", engine=self.engine, reason=str(fault))

    async def _start(self, before: EngineProcess | None) -> None:
        if before is not None:
            await before.gone()
        limits = self._limits
        process = await EngineProcess.start(
            self.engine,
            options=self._options,
            private=self._private,
            memory_bytes=limits.memory_bytes,
            threads=limits.threads,
        )
        try:
            self._capabilities = await self._loaded(process)
        except (NotReady, asyncio.CancelledError):
            process.kill()
            await process.gone()
            raise
        self._process = process

    async def _loaded(self, process: EngineProcess) -> Capabilities:
        try:
            async with asyncio.timeout(self._limits.start_s):
                said = await process.receive()
        except TimeoutError as exc:
            raise NotReady(f"The engine '{self.engine}' takes longer than {self._limits.start_s:g} s to load.") from exc
        except Ended as exc:
            why = (process.last_words.strip().splitlines() or [str(exc)])[-1]
            raise NotReady(f"The engine '{self.engine}' does not start: {why}") from exc
        if not isinstance(said, wire.Ready):
            raise NotReady(f"The engine '{self.engine}' speaks before it is loaded.")
        return said.capabilities
