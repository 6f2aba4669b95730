"""How much of other people's bodies this process holds at a time, on the disk and in memory.

A body of some size goes to the disk while it arrives, so a slow sender holds no memory; only a whole one is read, and
of those a few at a time, because parsing takes several times a body's size. Whoever comes too late waits a while, and
is then told to come again.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager

from seedbed.core.errors import Unavailable

MAX_ARRIVING = 64
MAX_ARRIVING_AN_ACCOUNT = 8
MAX_PARSED = 2
WAIT_S = 30.0


class Intake:
    """Places for large bodies: `arriving` on the disk, `parsed` in memory. Both raise Unavailable if none gets free."""

    def __init__(
        self,
        *,
        max_arriving: int = MAX_ARRIVING,
        max_arriving_an_account: int = MAX_ARRIVING_AN_ACCOUNT,
        max_parsed: int = MAX_PARSED,
        wait_s: float = WAIT_S,
    ) -> None:
        self._arriving = asyncio.Semaphore(max_arriving)
        self._parsed = asyncio.Semaphore(max_parsed)
        self._max_an_account = max_arriving_an_account
        self._of_account: Counter[Hashable] = Counter()
        self._wait_s = wait_s

    @asynccontextmanager
    async def arriving(self, account: Hashable) -> AsyncIterator[None]:
        """Hold a place on the disk. One account gets a few of them, so that it cannot shut the others out."""
        if self._of_account[account] >= self._max_an_account:
            raise Unavailable("Too many large requests of this account are arriving at once; send fewer at a time.")
        self._of_account[account] += 1
        try:
            async with self._place(self._arriving):
                yield
        finally:
            self._of_account[account] -= 1
            if not self._of_account[account]:
                del self._of_account[account]

    @asynccontextmanager
    async def parsed(self) -> AsyncIterator[None]:
        """Hold a place in memory, until nothing of the body is needed any more."""
        async with self._place(self._parsed):
            yield

    @asynccontextmanager
    async def _place(self, places: asyncio.Semaphore) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._wait_s):
                await places.acquire()
        except TimeoutError as exc:
            raise Unavailable("Too many large requests are arriving at once; try again shortly.") from exc
        try:
            yield
        finally:
            places.release()
