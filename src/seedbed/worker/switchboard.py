"""Passes notices of the database on to whom they concern: idle slots, jobs that are to stop, webhooks that are due.

All that a worker hears, it hears on one connection, so that a thousand of them are a thousand connections and not two.

A notice only makes somebody look sooner. Whoever is told looks at the database itself, so a lost, late or false notice
does no harm. One of new work speaks of one job, so that one idle slot is told: a hundred that run for it would only be
in each other's way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress

from procrastinate.manager import get_channel_for_queues

from seedbed.store import deliveries
from seedbed.store.database import Pool, url_of
from seedbed.store.listening import Notice, listen
from seedbed.store.notices import CANCEL_CHANNEL, WORK_CHANNEL

CHANNELS = (WORK_CHANNEL, CANCEL_CHANNEL, *get_channel_for_queues([deliveries.QUEUE]))


class Switchboard:
    """`pools` are those whose new jobs concern somebody here; none: those of every pool."""

    def __init__(self, pools: Collection[str] = ()) -> None:
        self._pools = pools
        self._has_news = False  # there was nobody idle to be told
        self._idle: list[asyncio.Event] = []  # of each slot that waits, the longest first
        self._running: dict[str, Callable[[], None]] = {}
        self._tuned: dict[str, Callable[[Notice], None]] = {}

    async def listen(self, pool: Pool) -> None:
        """Hear all of CHANNELS in the pool's database, for ever; end it by cancelling."""
        await listen(url_of(pool), self.hear, missed=self.wake_all, name="worker notices", channels=CHANNELS)

    def hear(self, notice: Notice) -> None:
        match notice.channel:
            case str(channel) if channel == WORK_CHANNEL:
                self._call_one(notice.payload)
            case str(channel) if channel == CANCEL_CHANNEL and notice.payload in self._running:
                self._running[notice.payload]()
            case str(channel) if channel in self._tuned:
                self._tuned[channel](notice)

    def wake_all(self) -> None:
        """Let everybody look: notices may have been missed, or the worker is stopping."""
        self._has_news = True
        for called in self._idle:
            called.set()
        for look in list(self._running.values()):
            look()

    def _call_one(self, pool: str) -> None:
        if self._pools and pool not in self._pools:
            return
        called = next((called for called in self._idle if not called.is_set()), None)
        if called is None:
            self._has_news = True
        else:
            called.set()

    @contextmanager
    def watched(self, job_id: str, attempt: int, look: Callable[[], None]) -> Iterator[None]:
        """While inside, call `look` when that attempt is to stop."""
        self._running[f"{job_id}:{attempt}"] = look
        try:
            yield
        finally:
            del self._running[f"{job_id}:{attempt}"]

    @contextmanager
    def tuned(self, channels: Iterable[str], hear: Callable[[Notice], None]) -> Iterator[None]:
        """While inside, call `hear` for all that is said in these of CHANNELS. What went unheard before is not told."""
        tuned = dict.fromkeys(channels, hear)
        assert tuned.keys() <= set(CHANNELS), "nobody listens there"
        self._tuned |= tuned
        try:
            yield
        finally:
            self._tuned = {channel: heard for channel, heard in self._tuned.items() if heard is not hear}

    def expect_work(self) -> None:
        """Forget what was heard so far. Call it before looking for work, so that what comes after is not missed."""
        self._has_news = False

    async def work(self, *, within_s: float) -> None:
        """Wait for a notice of new work that no other slot was told of, or until it is time to look anyway."""
        if self._has_news:
            return
        called = asyncio.Event()
        self._idle.append(called)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(within_s):
                    await called.wait()
        finally:
            self._idle.remove(called)
