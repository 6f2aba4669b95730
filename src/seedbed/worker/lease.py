"""Keeps a claimed job by beating for it, and says when it must be let go.

A worker that cannot reach the database for 0.8 of its lease stops by itself, because soon another one will be given the
job. A cancel is noticed by the next beat, and a notice makes that beat come at once.

A question on a connection that leads nowhere takes seconds to be cancelled: the driver asks the server to drop it, and
waits for the answer. So a beat that is late is left to end by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from enum import StrEnum

import structlog

from seedbed.core.engine import Stage
from seedbed.worker.patience import TRANSIENT

log = structlog.get_logger()

Beat = Callable[[Stage, float], Awaitable[bool]]

BEATS_A_LEASE = 3
RETRIES_A_LEASE = 15
TRUSTED_PART = 0.8  # of the lease, counted from the last beat that was answered
PROGRESS_EVERY_S = 0.25


class Loss(StrEnum):
    """Why a job must be let go."""

    GONE = "gone"  # cancelled, or somebody else's by now
    UNHEARD = "unheard"  # the database cannot be reached


class Lease:
    """The lease of one claim. It counts from when this is made, so make it before the claim's answer gets old."""

    def __init__(self, beat: Beat, *, lease_s: float) -> None:
        self._beat = beat
        self._lease_s = lease_s
        self._stage, self._fraction = Stage.FETCHING, 0.0
        self._told = asyncio.Event()
        self._news = asyncio.Event()
        self._heard_s = asyncio.get_running_loop().time()
        self._late: set[asyncio.Future[bool]] = set()  # asyncio itself holds no task

    def report(self, stage: Stage, fraction: float) -> None:
        """Note how far the job is; the next beat tells it."""
        if (stage, fraction) != (self._stage, self._fraction):
            self._stage, self._fraction = stage, fraction
            self._news.set()

    def look(self) -> None:
        """Beat at once: there is word that the job was cancelled."""
        self._told.set()
        self._news.set()

    async def keep(self) -> Loss:
        """Beat until the job must be let go, and return why. Cancel it when the job is done."""
        while True:
            left_s = self._heard_s + TRUSTED_PART * self._lease_s - _now_s()
            if left_s <= 0:
                return Loss.UNHEARD
            match await self._try_beat(within_s=left_s):
                case False:
                    return Loss.GONE
                case True:
                    await self._pause(self._lease_s / BEATS_A_LEASE)
                case None:
                    await asyncio.sleep(min(left_s, self._lease_s / RETRIES_A_LEASE))

    async def _try_beat(self, *, within_s: float) -> bool | None:
        """Return the answer, or None if there was none."""
        self._told.clear()
        self._news.clear()
        sent_s = _now_s()
        beating = asyncio.ensure_future(self._beat(self._stage, self._fraction))
        try:
            async with asyncio.timeout(within_s):
                is_ours = await asyncio.shield(beating)
        except (*TRANSIENT, TimeoutError) as exc:
            log.warning("lease.unheard", reason=type(exc).__name__)
            return None
        finally:
            self._leave(beating)
        self._heard_s = sent_s
        return is_ours

    def _leave(self, beating: asyncio.Future[bool]) -> None:
        """Let a beat that has not ended do so beside us. What becomes of it is of no interest any more."""
        if not beating.done():
            self._late.add(beating)
            beating.add_done_callback(self._late.discard)
            beating.cancel()

    async def _pause(self, longest_s: float) -> None:
        """Wait for the next beat's time: at once when told to look, soon when there is progress, else by and by."""
        shortest_s = min(PROGRESS_EVERY_S, longest_s)
        if not await _within(self._told, shortest_s):
            await _within(self._news, longest_s - shortest_s)


async def _within(event: asyncio.Event, wait_s: float) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(wait_s):
            return await event.wait()
    return False


def _now_s() -> float:
    return asyncio.get_running_loop().time()
