"""Remembers for two seconds how far a queued job is from its turn: many clients ask often, and it is an estimate."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from seedbed.core.job import Job, QueuePlace
from seedbed.store import jobs
from seedbed.store.database import Connection

LIFETIME_S = 2.0
MAX_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class _Kept:
    place: QueuePlace | None
    until_s: float


class QueuePlaces:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: dict[str, _Kept] = {}

    async def of(self, conn: Connection, job: Job) -> QueuePlace | None:
        """Return the place of a queued job, up to 2 s old; None while its pool is paused."""
        now_s = self._clock()
        kept = self._kept.get(job.id)
        if kept is None or kept.until_s <= now_s:
            kept = _Kept(await jobs.queue_place(conn, job), now_s + LIFETIME_S)
            self._keep(job.id, kept, now_s)
        return kept.place

    def _keep(self, job_id: str, kept: _Kept, now_s: float) -> None:
        if len(self._kept) >= MAX_KEPT:
            self._kept = {id_: other for id_, other in self._kept.items() if other.until_s > now_s}
        self._kept[job_id] = kept
