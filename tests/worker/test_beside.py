"""What runs beside something else ends with it, also if a library swallows a cancel."""

import asyncio
from contextlib import suppress

import pytest

from seedbed.worker.beside import beside, end


async def stubborn() -> None:
    """Swallow one cancel."""
    with suppress(asyncio.CancelledError):
        await asyncio.sleep(600)
    await asyncio.sleep(600)


async def forever(*, ended: list[str]) -> None:
    try:
        await asyncio.sleep(600)
    finally:
        ended.append("ended")


async def started(coroutine) -> asyncio.Task[None]:
    task = asyncio.create_task(coroutine)
    await asyncio.sleep(0)
    return task


async def test_a_task_that_swallows_its_cancel_is_cancelled_again():
    task = await started(stubborn())

    await end(task, again_s=0.01)

    assert task.cancelled()


async def test_who_is_cancelled_while_it_ends_others_ends_them_first():
    task = await started(stubborn())
    ending = await started(end(task, again_s=0.05))

    ending.cancel()

    with pytest.raises(asyncio.CancelledError):
        await ending
    assert task.cancelled()


async def test_a_failure_that_ends_a_task_is_nobody_elses():
    async def failing() -> None:
        raise RuntimeError

    await end(await started(failing()))


@pytest.mark.parametrize("fault", [None, ValueError("the block's own")])
async def test_what_runs_beside_a_block_ends_with_it(fault):
    ended: list[str] = []

    with suppress(ExceptionGroup):
        async with beside(forever(ended=ended), forever(ended=ended)):
            await asyncio.sleep(0)
            if fault:
                raise fault

    assert ended == ["ended"] * 2


async def test_a_task_that_fails_fails_the_block_beside_it():
    async def failing() -> None:
        raise RuntimeError("no")

    ended: list[str] = []

    with pytest.raises(ExceptionGroup) as failed:
        async with beside(failing(), forever(ended=ended)):
            await asyncio.sleep(600)

    assert failed.group_contains(RuntimeError, match="no")
    assert ended == ["ended"]
