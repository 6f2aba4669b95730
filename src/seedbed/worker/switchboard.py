"""Passes notices of the database on to whom they concern within the process: idle slots, and jobs that are to stop.

A notice only makes somebody look sooner. Whoever is told looks at the database itself, so a lost, late or false notice
does no harm.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from seedbed.store.listening import Notice
from seedbed.store.notices import CANCEL_CHANNEL, WORK_CHANNEL


class Switchboard:
    def __init__(self) -> None:
        self._work = asyncio.Event()
        self._running: dict[str, Callable[[], None]] = {}

    def hear(self, notice: Notice) -> None:
        match notice.channel:
            case str(channel) if channel == WORK_CHANNEL:
                self._work.set()
            case str(channel) if channel == CANCEL_CHANNEL and notice.payload in self._running:
                self._running[notice.payload]()

    def wake_all(self) -> None:
        """Let everybody look: notices may have been missed, or the worker is stopping."""
        self._work.set()
        for look in list(self._running.values()):
            look()

    @contextmanager
    def watched(self, job_id: str, attempt: int, look: Callable[[], None]) -> Iterator[None]:
        """While inside, call `look` when that attempt is to stop."""
        self._running[f"{job_id}:{attempt}"] = look
        try:
            yield
        finally:
            del self._running[f"{job_id}:{attempt}"]

    def expect_work(self) -> None:
        """Forget what was heard so far. Call it before looking for work, so that what comes after is not missed."""
        self._work.clear()

    async def work(self, *, within_s: float) -> None:
        """Wait for a notice of new work, or until it is time to look anyway."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._work.wait()
