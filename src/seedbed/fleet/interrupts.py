"""Ctrl-C, SIGTERM and a closed terminal: the first asks for an orderly end, the second forces one."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

T = TypeVar("T")

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


@contextlib.contextmanager
def interrupts(on_first: Callable[[], object], on_second: Callable[[], object]) -> Iterator[None]:
    """Call these in the running loop instead of being interrupted, until the end of the block."""
    loop = asyncio.get_running_loop()
    count = 0

    def interrupted() -> None:
        nonlocal count
        count += 1
        (on_first if count == 1 else on_second)()

    signals = [signal.Signals[name] for name in _NAMES if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in signals}
    try:
        for number in signals:
            if sys.platform == "win32":  # loops know no signals there; written, but never run
                signal.signal(number, lambda *_: loop.call_soon_threadsafe(interrupted))
            else:
                loop.add_signal_handler(number, interrupted)
        yield
    finally:
        for number in signals:
            if sys.platform != "win32":
                loop.remove_signal_handler(number)
            signal.signal(number, before[number])


def run_loop(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on the fastest loop that psycopg can use here."""
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(main)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    if sys.platform == "win32":
        return asyncio.SelectorEventLoop
    import uvloop

    return uvloop.new_event_loop
