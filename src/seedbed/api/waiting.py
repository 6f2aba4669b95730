"""Holds an answer until a job's status changes: `?wait=`.

It looks again every quarter of a second, each time with a connection of its own, so that a thousand waiting clients
hold no connection while they wait.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable

from starlette.requests import Request

from seedbed.core.errors import InvalidRequest
from seedbed.core.job import Job

MAX_WAIT_S = 30
LOOK_EVERY_S = 0.25
_NUMBER = re.compile(r"[0-9]{1,2}")


def wait_s(request: Request) -> int:
    """Return how long the caller wants to wait at most: 0..30. Raises InvalidRequest."""
    said = request.query_params.get("wait", "0")
    if not _NUMBER.fullmatch(said) or int(said) > MAX_WAIT_S:
        raise InvalidRequest(
            f"wait must be a whole number of seconds from 0 to {MAX_WAIT_S}; got '{said[:20]}'.", param="wait"
        )
    return int(said)


async def wait_for_change(look: Callable[[], Awaitable[Job]], job: Job, request: Request, *, timeout_s: float) -> Job:
    """Return the job when its state is another, the time is over, or the caller has left."""
    until_s = time.monotonic() + timeout_s
    before = job.state
    while job.state is before and (left_s := until_s - time.monotonic()) > 0:
        await asyncio.sleep(min(LOOK_EVERY_S, left_s))
        if await request.is_disconnected():
            break
        job = await look()
    return job
