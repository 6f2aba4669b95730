"""Ctrl-C, SIGTERM and a closed terminal: the first asks for an orderly end, the second forces one.

SIGHUP says two things: the terminal was closed, or, to a service, "read your configuration anew". Whoever can reload is
asked to, unless it had a terminal that is gone now. What was started by `nohup` outlives its terminal.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator, Mapping
from typing import Any, TypeVar

T = TypeVar("T")

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


@contextlib.contextmanager
def interrupts(
    on_first: Callable[[], object], on_second: Callable[[], object], *, on_reload: Callable[[], object] | None = None
) -> Iterator[None]:
    """Call these in the running loop instead of being interrupted, until the end of the block.

    `on_reload` is for SIGHUP that is no closed terminal; without it, SIGHUP interrupts like the others.
    """
    count = 0

    def interrupted() -> None:
        nonlocal count
        count += 1
        (on_first if count == 1 else on_second)()

    told: dict[signal.Signals, Callable[[], object]] = {
        signal.Signals[name]: interrupted for name in _NAMES if hasattr(signal, name)
    }
    if sys.platform != "win32":
        is_kept = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN  # by `nohup`
        if on_reload:
            told[signal.SIGHUP] = _hung_up(interrupted, on_reload, is_kept=is_kept)
        elif is_kept:
            del told[signal.SIGHUP]
    with _handling(told):
        yield


def _hung_up(on_end: Callable[[], object], on_reload: Callable[[], object], *, is_kept: bool) -> Callable[[], object]:
    ends_with_terminal = not is_kept and _has_terminal()
    return lambda: on_end() if ends_with_terminal and not _has_terminal() else on_reload()


def _has_terminal() -> bool:
    """Return whether this process belongs to a terminal. Once that was closed, it does not any more."""
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True


@contextlib.contextmanager
def _handling(told: Mapping[signal.Signals, Callable[[], object]]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in told}
    try:
        for number, act in told.items():
            if sys.platform == "win32":  # loops know no signals there; written, but never run
                signal.signal(number, lambda *_, act=act: loop.call_soon_threadsafe(act))
            else:
                loop.add_signal_handler(number, act)
        yield
    finally:
        for number, handler in before.items():
            if sys.platform != "win32":
                loop.remove_signal_handler(number)
            signal.signal(number, handler)


def run_loop(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on the fastest loop that psycopg can use here."""
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(main)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    if sys.platform == "win32":
        return asyncio.SelectorEventLoop
    import uvloop

    return uvloop.new_event_loop
