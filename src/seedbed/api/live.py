"""Follows jobs for everybody in this process who wants to know: for streams of events, and for `?wait=`.

However many clients follow however many jobs, the database sees one connection that listens for notices and one
question a tick: which of these jobs are further than what is known of them? Notices make a change known at once; the
question finds whatever no notice told. Nothing is queued for anybody: whoever is slow sees the present when it looks.

Places in the queue change for everybody at once and are worth little: they are told a few at a time, so that no change
of state waits behind them.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Collection, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import islice

import structlog

from seedbed.core.errors import Unavailable
from seedbed.core.job import Job, QueuePlace, State
from seedbed.store import job_states
from seedbed.store.database import Pool, borrow, url_of
from seedbed.store.job_states import Step
from seedbed.store.listening import Notice, listen
from seedbed.store.notices import CANCEL_CHANNEL, CHANGE_CHANNEL

log = structlog.get_logger()

TICK_S = 0.1
COALESCE_S = 0.01  # a burst of notices is one question
REST_EVERY_S = 1.0  # of jobs that are not being made, nearly all news comes as notices
QUEUE_EVERY_S = 3.0
QUEUE_NEW_EVERY_S = 0.5  # while jobs come that have no place yet
PLACES_AT_ONCE = 16  # are told between two looks at anything else: each takes a third of a millisecond, or a whole one
PLACES_PAUSE_S = 0.01
AGAIN_AFTER_S = 1.0  # a part of this that has broken is begun again
TOLD_SHARE = 0.05  # a place that has changed by less is not told: far back, every claim moves everybody


@dataclass(slots=True, eq=False)
class Watched:
    """A job as this process knows it now. `job` is None once it has been erased."""

    job: Job | None
    queue: QueuePlace | None = None
    followers: set[asyncio.Event] = field(default_factory=set)

    @property
    def state(self) -> State | None:
        return self.job.state if self.job else None

    def tell(self) -> None:
        for news in self.followers:
            news.set()


@dataclass(slots=True, eq=False)
class Follower:
    """One client's view of a job: it sleeps until there is news, and then looks."""

    watched: Watched
    told: asyncio.Event

    async def news(self, *, within_s: float) -> bool:
        """Wait for something to have changed since the last call. False: nothing has, in that time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self.told.wait()
        is_news = self.told.is_set()
        self.told.clear()
        return is_news


class LiveFeed:
    """All followed jobs of a process. It works only while there are any, and begins and ends by itself."""

    def __init__(self, pool: Pool, *, stopping: asyncio.Event, tick_s: float = TICK_S) -> None:
        self._pool = pool
        self._stopping = stopping
        self._tick_s = tick_s
        self._watched: dict[str, Watched] = {}
        self._told: set[str] = set()  # jobs that there is word of
        self._word = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        self._looked_s = 0.0
        self._unseen: list[str] = []  # jobs that are still to be looked at in this round of all of them

    @property
    def is_stopping(self) -> bool:
        return self._stopping.is_set()

    @contextmanager
    def following(self, job: Job) -> Iterator[Follower]:
        """Follow a job that was just read, for the length of the block."""
        watched = self._watched.setdefault(job.id, Watched(job))
        if watched.job is not None and watched.job.version < job.version:
            watched.job = job
            watched.tell()
        follower = Follower(watched, asyncio.Event())
        watched.followers.add(follower.told)
        self._hear_of(job.id)  # what has changed since it was read is asked for at once
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        try:
            yield follower
        finally:
            watched.followers.discard(follower.told)
            if not watched.followers:
                self._watched.pop(job.id, None)

    async def _run(self) -> None:
        """Keep all parts going while there is anybody to tell. One that breaks is logged, and begun again."""
        parts: dict[str, Callable[[], Coroutine[None, None, None]]] = {
            "notices": self._hear_on,
            "looks": self._look_on,
            "places": self._place_on,
        }
        tasks: dict[str, asyncio.Task[None]] = {}
        try:
            while self._watched:
                for name in parts.keys() - tasks.keys():
                    tasks[name] = asyncio.create_task(parts[name]())
                await asyncio.wait(tasks.values(), return_when=asyncio.FIRST_COMPLETED)
                for name in [name for name, task in tasks.items() if task.done()]:
                    if fault := tasks.pop(name).exception():
                        log.error("live.broke", part=name, exc_info=fault)
                        await asyncio.sleep(AGAIN_AFTER_S)
        finally:
            self._running = None
            for task in tasks.values():
                task.cancel()
            await asyncio.gather(*tasks.values(), return_exceptions=True)

    async def _hear_on(self) -> None:
        await listen(
            url_of(self._pool),
            lambda notice: self._hear_of(_job_of(notice)),
            missed=self._missed,
            name="api notices",
            channels=(CHANGE_CHANNEL, CANCEL_CHANNEL),
        )

    async def _look_on(self) -> None:
        while self._watched:
            await self._tick()

    def _hear_of(self, job_id: str) -> None:
        if job_id in self._watched:
            self._told.add(job_id)
            self._word.set()

    def _missed(self) -> None:
        self._told.update(self._watched)  # notices may have gone unheard, so all are looked at
        self._word.set()

    async def _tick(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, self._looked_s + self._tick_s - time.monotonic())):
                await self._word.wait()
        self._word.clear()
        if self.is_stopping:
            for watched in self._watched.values():
                watched.tell()
        try:
            await self._look(self._due())
        except Unavailable as exc:
            log.warning("live.blind", reason=str(exc))
        await asyncio.sleep(COALESCE_S)

    def _due(self) -> Collection[str]:
        """Return the jobs to look at: those there is word of; each tick also those in the making and a share of all.

        A share, so that thousands of jobs which rest are never one long question that news has to wait for.
        """
        now_s = time.monotonic()
        told, self._told = self._told, set()
        if now_s - self._looked_s < self._tick_s:
            return told
        self._looked_s = now_s
        if not self._unseen:
            self._unseen = list(self._watched)
        share = math.ceil(len(self._watched) * self._tick_s / REST_EVERY_S)
        told.update(self._unseen[-share:])
        del self._unseen[-share:]
        return told.union(job_id for job_id, watched in self._watched.items() if watched.state is State.PROCESSING)

    async def _look(self, job_ids: Collection[str]) -> None:
        known = {}
        for job_id in job_ids:
            watched = self._watched.get(job_id)
            if watched and watched.job and not watched.job.state.is_final:
                known[job_id] = Step(watched.job.version, watched.job.progress)
        if not known:
            return
        async with borrow(self._pool) as conn:
            news = await job_states.changed(conn, known)
        for job_id, now in news.items():
            if watched := self._watched.get(job_id):
                _move_on(watched, now)

    async def _place_on(self) -> None:
        """Find the places of queued jobs: of all now and then, of those that have none sooner."""
        placed_s = 0.0
        while True:
            await asyncio.sleep(QUEUE_NEW_EVERY_S if placed_s else self._tick_s)
            queued = {job_id: one for job_id, one in self._watched.items() if one.state is State.QUEUED}
            if time.monotonic() - placed_s < QUEUE_EVERY_S:
                queued = {job_id: one for job_id, one in queued.items() if one.queue is None}
            elif queued:
                placed_s = time.monotonic()
            if queued:
                with suppress(Unavailable):  # they are estimates
                    await self._place(queued)

    async def _place(self, queued: dict[str, Watched]) -> None:
        async with borrow(self._pool) as conn:
            places = await job_states.queue_places(conn, list(queued))
        while few := list(islice(places, PLACES_AT_ONCE)):
            for job_id, place in few:
                watched = queued[job_id]
                if watched.state is State.QUEUED and _is_worth_telling(watched.queue, place):
                    watched.queue = place
                    watched.tell()
            await asyncio.sleep(PLACES_PAUSE_S)


def _is_worth_telling(before: QueuePlace | None, now: QueuePlace) -> bool:
    return before is None or abs(now.position - before.position) > TOLD_SHARE * before.position


def _job_of(notice: Notice) -> str:
    return notice.payload.partition(":")[0]


def _move_on(watched: Watched, now: Job | Step | None) -> None:
    if isinstance(now, Step):
        watched.job = replace(watched.job, progress=now.progress) if watched.job else None
    else:
        watched.job = now
    if watched.job is None or watched.job.state is not State.QUEUED:
        watched.queue = None
    watched.tell()
