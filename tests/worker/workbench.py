"""What the worker's tests share that is no fixture: a small canvas, a task, and a patient eye."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

from seedbed.core.engine import Canvas, RenderTask
from seedbed.core.sizes import Size
from seedbed.core.timeline import FPS, frame_count

NAP = "import time; time.sleep(600)"  # what an engine's own child does
HERE = Path(__file__).parent
WAIT_S = 30  # generous, because it bounds failing tests only
CANVAS = Canvas(Size(864, 496), frame_count(4), FPS)


def task(prompt: str = "a quiet lake") -> RenderTask:
    return RenderTask(prompt, CANVAS, (), seed=1, wants_audio=True)


async def until(condition: Callable[[], object]) -> None:
    """Wait until the condition holds."""
    for _ in range(WAIT_S * 100):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("It did not come true.")


def engines() -> set[int]:
    """The fake engines of this process and what they started, by number.

    Its other children do not count: a database, and perhaps a whole service that other tests keep running.
    """
    found = set()
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if child.status() != psutil.STATUS_ZOMBIE and any(map(_is_of_a_fake_engine, child.cmdline())):
                found.add(child.pid)
    return found


def _is_of_a_fake_engine(word: str) -> bool:
    return word == NAP or word.startswith("fake_engines:")
