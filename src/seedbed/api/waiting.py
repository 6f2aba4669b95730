"""Holds an answer until a job's status changes: `?wait=`. It follows the job as streams of events do (`live`)."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable

from starlette.requests import Request

from seedbed.api.live import LiveFeed
from seedbed.core.errors import InvalidRequest
from seedbed.core.job import Job

MAX_WAIT_S = 30
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
    live: LiveFeed, look: Callable[[], Awaitable[Job]], job: Job, request: Request, *, timeout_s: float
) -> Job:
    """Return the job when its state is another, the time is over, the service stops, or the caller has left."""
    until_s = time.monotonic() + timeout_s
    with live.following(job) as follower:
        while (left_s := until_s - time.monotonic()) > 0 and not live.is_stopping:
            now = follower.watched.job
            if now is None or now.state is not job.state:
                break
            await follower.news(within_s=min(CALLER_LEFT_S, left_s))
            if await request.is_disconnected():
                return job
    return await look()
