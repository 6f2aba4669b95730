"""What runs beside the slots ends with the worker, also if a library swallows a cancel."""

import asyncio
from contextlib import suppress

from seedbed.worker import loop


async def stubborn() -> None:
    with suppress(asyncio.CancelledError):
        await asyncio.sleep(600)
    await asyncio.sleep(600)


async def test_a_task_that_swallows_its_cancel_is_cancelled_again():
    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)

    async with asyncio.timeout(loop.CANCELS * loop.CANCEL_AGAIN_S):
        await loop.end([task])

    assert task.cancelled()
