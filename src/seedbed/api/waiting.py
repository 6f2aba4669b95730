"""Holds an answer until a job's status changes: `?wait=`.

One question every quarter of a second serves all clients of this process that wait, so a thousand of them cost the
database no more than one, and none of them holds a connection.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from starlette.requests import Request

from seedbed.core.errors import InvalidRequest, Unavailable
from seedbed.core.job import Job, State

MAX_WAIT_S = 30
LOOK_EVERY_S = 0.25
CALLER_LEFT_S = 1.0  # so often it is asked whether the caller is still there
_NUMBER = re.compile(r"[0-9]{1,2}")


def wait_s(request: Request) -> int:
    """Return how long the caller wants to wait at most: 0..30. Raises InvalidRequest."""
    said = request.query_params.get("wait", "0")
    if not _NUMBER.fullmatch(said) or int(said) > MAX_WAIT_S:
        raise InvalidRequest(
            f"wait must be a whole number of seconds from 0 to {MAX_WAIT_S}; got '{said[:20]}'.", param="wait"
        )
    return int(said)


async def wait_for_change(
    watch: StateWatch, look: Callable[[], Awaitable[Job]], job: Job, request: Request, *, timeout_s: float
) -> Job:
    """Return the job when its state is another, the time is over, the service stops, or the caller has left."""
    until_s = time.monotonic() + timeout_s
    with watch.waiter(job) as changed:
        while not changed.done() and (left_s := until_s - time.monotonic()) > 0:
            await asyncio.wait([changed], timeout=min(CALLER_LEFT_S, left_s))
            if await request.is_disconnected():
                return job
        if changed.done():
            changed.result()
    return await look()


class StateWatch:
    """Looks after all jobs that somebody waits for, together: one question each time, whoever and how many they are.

    States are compared with what each waiter last saw, so a change between its look and the first question is found.
    """

    def __init__(
        self,
        states_of: Callable[[Collection[str]], Awaitable[Mapping[str, State]]],
        *,
        stopping: asyncio.Event,
        every_s: float = LOOK_EVERY_S,
    ) -> None:
        self._states_of = states_of
        self._stopping = stopping
        self._every_s = every_s
        self._waiters: set[_Waiter] = set()
        self._looking: asyncio.Task[None] | None = None

    @contextmanager
    def waiter(self, job: Job) -> Iterator[asyncio.Future[None]]:
        """Give a future that is done when the job's state is another, and when the service stops. It may raise."""
        waiter = _Waiter(job.id, job.state, asyncio.get_running_loop().create_future())
        self._waiters.add(waiter)
        if self._looking is None:
            self._looking = asyncio.create_task(self._look_on())
        try:
            yield waiter.changed
        finally:
            self._waiters.discard(waiter)
            waiter.changed.cancel()

    async def _look_on(self) -> None:
        try:
            while self._waiters:
                await asyncio.sleep(self._every_s)
                waiting = [waiter for waiter in self._waiters if not waiter.changed.done()]
                if waiting:
                    await self._look(waiting)
        finally:
            self._looking = None

    async def _look(self, waiting: Collection[_Waiter]) -> None:
        if self._stopping.is_set():
            for waiter in waiting:
                waiter.wake()
            return
        try:
            states = await self._states_of({waiter.job_id for waiter in waiting})
        except Unavailable as exc:
            for waiter in waiting:
                waiter.wake(exc)
            return
        for waiter in waiting:
            if states.get(waiter.job_id) is not waiter.before:
                waiter.wake()


@dataclass(frozen=True, slots=True, eq=False)
class _Waiter:
    job_id: str
    before: State
    changed: asyncio.Future[None]

    def wake(self, fault: Unavailable | None = None) -> None:
        if self.changed.done():
            return
        if fault:
            self.changed.set_exception(fault)
        else:
            self.changed.set_result(None)
