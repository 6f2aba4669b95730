"""Runs tasks beside others and ends them for certain, also where a cancel is swallowed.

A cancel that comes in the same moment as what a task waits for may be lost: `asyncio.wait_for` of Python 3.11 drops it,
and the database's pool waits with it. A task group cancels each of its tasks once, and would then wait for ever. So
whoever ends a task here cancels it again until it has ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import structlog

log = structlog.get_logger()

CANCELS = 5
CANCEL_AGAIN_S = 3.0  # longer than what runs beside the slots needs to end in good order


@asynccontextmanager
async def beside(*jobs: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run these beside the block and end them with it, however it ends. One that fails fails the block."""
    async with asyncio.TaskGroup() as group:
        running = [group.create_task(job) for job in jobs]
        try:
            yield
        finally:
            await end(*running)


async def end(*tasks: asyncio.Task[Any], again_s: float = CANCEL_AGAIN_S) -> None:
    """Cancel tasks and wait until they have ended; cancel those again that are still there after `again_s`.

    What became of them is theirs to tell. Our own cancel meanwhile is passed on once they have ended.
    """
    left, is_cancelled = set(tasks), False
    for _ in range(CANCELS):
        for task in left:
            task.cancel()
        is_cancelled = await _waited(left, again_s) or is_cancelled
        left = {task for task in left if not task.done()}
        if not left:
            break
        log.warning("tasks.end_slowly", tasks=sorted(str(task.get_coro()) for task in left))
    for task in set(tasks) - left:
        if not task.cancelled():
            task.exception()  # asked for, so that asyncio does not complain that nobody did
    if is_cancelled:
        raise asyncio.CancelledError


async def _waited(tasks: set[asyncio.Task[Any]], within_s: float) -> bool:
    """Wait for them. True: we were cancelled meanwhile."""
    try:
        if tasks:
            await asyncio.wait(tasks, timeout=within_s)
    except asyncio.CancelledError:
        return True
    return False
