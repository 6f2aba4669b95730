"""Where an engine is tried: its own child process, with a witness in it, and a folder that is thrown away.

All goes through the host that a worker uses, so that what is proved here is what a deployment gets.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from seedbed.core.engine import Canvas, Capabilities, RenderTask, Stage
from seedbed.core.errors import JobFailure, NotReady
from seedbed.core.sizes import AspectRatio, Resolution, size_of
from seedbed.core.timeline import FPS, frame_count
from seedbed.worker import wire
from seedbed.worker.host import EngineHost, EngineLimits, processors
from seedbed.worker.testimony import HELD, Mark, Order, Testimony, as_memory, read_line
from seedbed.worker.witness import KIND

SHORTEST_S = 4
LONGEST_S = 15
PROMPT = "A quiet lake in the morning, slow pan to the right."
_LOOK_EVERY_S = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a video went: `done` or `failure`, and what the witness told, if its process lived to tell it."""

    path: Path
    done: wire.Done | None
    failure: JobFailure | None
    told: Testimony | None

    @property
    def fault(self) -> str:
        """Why there is no video; empty if there is one."""
        return "" if self.failure is None else f"it failed with {type(self.failure).__name__}: {self.failure}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """How a Stop went. `was_held`: the engine came to the place where it was to be stopped."""

    was_held: bool
    was_killed: bool
    took_s: float
    told: Testimony | None


class Bench:
    """One engine. Use `load` first, and `close` at the end."""

    def __init__(
        self,
        kind: str,
        options: Mapping[str, Any] | None,
        *,
        folder: Path,
        limits: EngineLimits,
        private: str | None = None,
        usual_s: int = SHORTEST_S,
    ) -> None:
        """`folder` must be empty. `private` is a variable that the engine's process is not to have."""
        self.folder = folder
        self._kind = kind
        self._usual_s = usual_s
        self._witness_folder = folder / "witness"
        self._jobs_folder = folder / "jobs"
        for made in (self._witness_folder, self._jobs_folder):
            made.mkdir()
        told = {"kind": kind, "options": options and dict(options), "folder": str(self._witness_folder)}
        self._host = EngineHost(KIND, replace(limits, threads=processors()), options=told, private=private)
        self._numbers = itertools.count(1)
        self._first: Outcome | None = None
        self.capabilities: Capabilities | None = None

    async def load(self) -> Capabilities:
        """Raises NotReady, in the engine's own words."""
        try:
            self.capabilities = await self._host.warm()
        except NotReady as fault:
            own_words = str(fault).partition("NotReady: ")[2]
            raise NotReady(own_words or str(fault).replace(KIND, self._kind)) from fault
        return self.capabilities

    async def check(self) -> str | None:
        return await self._host.check()

    async def close(self) -> None:
        await self._host.close()

    @property
    def grace_s(self) -> float:
        return self._host.grace_s

    def task(self, *, duration_s: int | None = None, **changes: Any) -> RenderTask:
        """Return the plain task of every question: text alone, the smallest size and length, seed 1, with sound."""
        longest_s = (self.capabilities and self.capabilities.max_duration_s) or LONGEST_S
        duration_s = duration_s or min(self._usual_s, longest_s)
        canvas = Canvas(size_of(Resolution.P480, AspectRatio.WIDE), frame_count(duration_s), FPS)
        plain = RenderTask(
            PROMPT,
            canvas,
            (),
            seed=1,
            wants_audio=True,
            model="seedance-2.0",
            resolution=Resolution.P480,
            duration_s=duration_s,
            ticket=f"check-{next(self._numbers)}",
        )
        return replace(plain, **changes)

    async def first(self) -> Outcome:
        """Return the video of the plain task, which is made once."""
        if self._first is None:
            self._first = await self.make(self.task())
        return self._first

    async def make(self, task: RenderTask, order: Order | None = None) -> Outcome:
        out = self._jobs_folder / task.ticket / "video.mp4"
        out.parent.mkdir()
        done, failure = None, None
        try:
            done = await self._host.make(_with(task, order), out, _unheard)
        except JobFailure as caught:
            failure = caught
        return Outcome(path=out, done=done, failure=failure, told=read_line(self._witness_folder, task.ticket))

    async def stop(self, place: Mark) -> Stopped:
        """Begin the plain task, and stop it for good at this place."""
        task, held = self.task(), self._witness_folder / HELD
        held.unlink(missing_ok=True)
        making = asyncio.create_task(self.make(task, Order(holds_at=place)))
        while not held.exists() and not making.done():
            await asyncio.wait([making], timeout=_LOOK_EVERY_S)
        was_held = not making.done()
        self._host.is_job_over = True
        began_s = time.monotonic()
        making.cancel()
        with suppress(asyncio.CancelledError):
            await making
        took_s = time.monotonic() - began_s
        was_killed = was_held and not self._host.is_warm
        told = read_line(self._witness_folder, task.ticket)
        return Stopped(was_held=was_held, was_killed=was_killed, took_s=took_s, told=told)


def _with(task: RenderTask, order: Order | None) -> RenderTask:
    return task if order is None else replace(task, memory=as_memory(order))


def _unheard(stage: Stage, fraction: float) -> None:
    """What is reported is the witness's affair."""
