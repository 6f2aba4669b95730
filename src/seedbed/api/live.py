"""Follows jobs for everybody in this process who wants to know: for streams of events, and for `?wait=`.

However many clients follow however many jobs, the database sees one connection that listens for notices and one
question a tick: which of these jobs are further than what is known of them? Notices make a change known at once; the
question finds whatever no notice told. Nothing is queued for anybody: whoever is slow sees the present when it looks.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace

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
        self._looked_at_all_s = 0.0

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
        notices = listen(
            url_of(self._pool),
            lambda notice: self._hear_of(_job_of(notice)),
            missed=self._missed,
            name="api notices",
            channels=(CHANGE_CHANNEL, CANCEL_CHANNEL),
        )
        beside = [asyncio.create_task(notices), asyncio.create_task(self._place_on())]
        try:
            while self._watched:
                await self._tick()
        finally:
            self._running = None
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)

    def _hear_of(self, job_id: str) -> None:
        if job_id in self._watched:
            self._told.add(job_id)
            self._word.set()

    def _missed(self) -> None:
        self._looked_s = self._looked_at_all_s = 0.0  # notices may have gone unheard, so all are looked at
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
        """Return the jobs to look at: those that there is word of, those in the making each tick, all now and then."""
        now_s = time.monotonic()
        told, self._told = self._told, set()
        if now_s - self._looked_s < self._tick_s:
            return told
        self._looked_s = now_s
        if now_s - self._looked_at_all_s >= REST_EVERY_S:
            self._looked_at_all_s = now_s
            return list(self._watched)
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
            steps = await job_states.changed(conn, known)
            anew = [job_id for job_id, step in steps.items() if step and step.version != known[job_id].version]
            jobs = await job_states.find_all(conn, anew) if anew else {}
        for job_id, step in steps.items():
            if watched := self._watched.get(job_id):
                _move_on(watched, step, jobs.get(job_id))

    async def _place_on(self) -> None:
        """Find the places of queued jobs: now and then, and sooner while there are new ones."""
        placed_s = 0.0
        while True:
            await asyncio.sleep(QUEUE_NEW_EVERY_S if placed_s else self._tick_s)
            queued = {job_id: one for job_id, one in self._watched.items() if one.state is State.QUEUED}
            is_new = any(watched.queue is None for watched in queued.values())
            if not queued or (not is_new and time.monotonic() - placed_s < QUEUE_EVERY_S):
                continue
            placed_s = time.monotonic()
            with suppress(Unavailable):  # they are estimates
                await self._place(queued)

    async def _place(self, queued: dict[str, Watched]) -> None:
        async with borrow(self._pool) as conn:
            places = await job_states.queue_places(conn, list(queued))
        for job_id, place in places.items():
            watched = queued[job_id]
            if watched.state is State.QUEUED and _is_worth_telling(watched.queue, place):
                watched.queue = place
                watched.tell()


def _is_worth_telling(before: QueuePlace | None, now: QueuePlace) -> bool:
    return before is None or abs(now.position - before.position) > TOLD_SHARE * before.position


def _job_of(notice: Notice) -> str:
    return notice.payload.partition(":")[0]


def _move_on(watched: Watched, step: Step | None, job: Job | None) -> None:
    if step is None:
        watched.job = None
    elif job is not None:
        watched.job = job
    elif watched.job is not None:
        watched.job = replace(watched.job, progress=step.progress)
    if watched.job is None or watched.job.state is not State.QUEUED:
        watched.queue = None
    watched.tell()
