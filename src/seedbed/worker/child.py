"""The engine's own process: `python -m seedbed.worker.child NAME` loads one engine and makes videos, one by one.

It must never outlive its worker and never write into the protocol by accident. So it ends when its input ends (and is
run through `seedbed.lifeline`, for when it is too busy to notice), and what the engine or its libraries print to the
standard output goes to the standard error instead. An exception without a name ends the process: what state it left the
engine in, nobody knows.
"""

from __future__ import annotations

import argparse
import os
import queue
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from seedbed.core.engine import Engine, RenderTask, Stage
from seedbed.core.engine import Stop as StopWork
from seedbed.core.errors import JobFailure, NotReady
from seedbed.worker import wire
from seedbed.worker.engines import load_engine
from seedbed.worker.production import produce

REPORT_EVERY_S = 0.1
ANSWER_EVERY_S = 0.05  # how often who waits for an answer looks whether it is to stop
PREVIEW_EVERY_S = 2.0
MAX_PREVIEW_BYTES = 200_000


class Child:
    """One engine, and the pipe to its worker. The reading thread only ever sets flags and queues work."""

    def __init__(self, engine: Engine, receive: BinaryIO, send: BinaryIO) -> None:
        self._engine = engine
        self._receive = receive
        self._send = send
        self._work: queue.SimpleQueue[wire.Make | wire.Check | wire.Withdraw] = queue.SimpleQueue()
        self._orders = _Orders()

    def run(self) -> None:
        """Make what is asked for, one piece after the other. Never returns."""
        threading.Thread(target=self._listen, name="listen", daemon=True).start()
        self._say(wire.Ready(self._engine.describe()))
        while True:
            match self._work.get():
                case wire.Make() as work:
                    self._make(work)
                case wire.Check(number):
                    self._ask(number, "check")
                case wire.Withdraw(number, task):
                    self._ask(number, "withdraw", task)

    def _listen(self) -> None:
        try:
            for line in self._receive:
                match wire.decode_to_child(line):
                    case (wire.Make() | wire.Check() | wire.Withdraw()) as work:
                        self._work.put(work)
                    case wire.Stop(number, is_for_good):
                        self._orders.stop(number, is_for_good=is_for_good)
                    case wire.Remembered(number):
                        self._orders.remembered(number)
        finally:
            # The worker is gone, or no longer makes sense: there is nobody to work for and nothing to keep.
            os._exit(0)

    def _make(self, work: wire.Make) -> None:
        if work.crashes:
            os._exit(1)
        try:
            self._say(produce(self._engine, work, _Reporter(work.number, self._orders, self._send)))
        except StopWork:
            self._say(wire.Stopped(work.number))
        except JobFailure as failure:
            self._say(wire.failed(work.number, failure))
        self._orders.forget(work.number)

    def _ask(self, number: int, method: str, *about: RenderTask) -> None:
        """Ask a remote engine something. Others have no server that could be asked."""
        ask = getattr(self._engine, method, None)
        try:
            fault = ask(*about, _Reporter(number, self._orders, self._send)) if ask else None
            self._say(wire.Checked(number, fault))
        except StopWork:
            self._say(wire.Stopped(number))
        except JobFailure as failure:
            self._say(wire.Checked(number, str(failure)))
        self._orders.forget(number)

    def _say(self, message: wire.Message) -> None:
        self._send.write(wire.encode(message))


class _Orders:
    """What the worker has said about pieces of work. Written by the listening thread, read by the one that works."""

    def __init__(self) -> None:
        self._stopped: dict[int, bool] = {}
        self._kept: queue.SimpleQueue[int] = queue.SimpleQueue()

    def stop(self, number: int, *, is_for_good: bool) -> None:
        self._stopped[number] = is_for_good

    def remembered(self, number: int) -> None:
        self._kept.put(number)

    def forget(self, number: int) -> None:
        self._stopped.pop(number, None)

    def check(self, number: int) -> None:
        """Raises Stop if that piece of work is to stop."""
        if number in self._stopped:
            raise StopWork(is_for_good=self._stopped[number])

    def wait_until_remembered(self, number: int) -> None:
        """Raises Stop if it is to stop: for good at once, and otherwise once what the next attempt needs is kept."""
        while not self._stopped.get(number, False):
            with suppress(queue.Empty):
                if self._kept.get(timeout=ANSWER_EVERY_S) == number:
                    break
        self.check(number)


class _Reporter:
    """Implements `Report`: raises Stop once told to, and sends what is new, at most ten times a second.

    Of the previews the newest goes along, every two seconds at most; one that is too large never does.
    """

    def __init__(self, number: int, orders: _Orders, send: BinaryIO) -> None:
        self._number = number
        self._orders = orders
        self._send = send
        self._stage: Stage | None = None
        self._sent_s = 0.0
        self._preview: bytes | None = None
        self._shown_s = -PREVIEW_EVERY_S

    def __call__(self, stage: Stage, fraction: float, *, preview: bytes | None = None) -> None:
        self._orders.check(self._number)
        if preview is not None and len(preview) <= MAX_PREVIEW_BYTES:
            self._preview = preview
        now_s = time.monotonic()
        if stage is not self._stage or now_s - self._sent_s >= REPORT_EVERY_S:
            self._stage, self._sent_s = stage, now_s
            self._send.write(
                wire.encode(wire.Report(self._number, stage, min(1.0, max(0.0, fraction)), self._due(now_s)))
            )

    def remember(self, memory: dict[str, Any]) -> None:
        self._send.write(wire.encode(wire.Remember(self._number, memory)))
        self._orders.wait_until_remembered(self._number)

    def _due(self, now_s: float) -> bytes | None:
        """Return the newest preview if it is time for one."""
        if self._preview is None or now_s - self._shown_s < PREVIEW_EVERY_S:
            return None
        preview, self._preview, self._shown_s = self._preview, None, now_s
        return preview


def main() -> None:
    receive, send = _take_pipes()
    arguments = _parse_arguments()
    sys.excepthook = _end
    _stay_under_the_worker()
    if arguments.memory_bytes:
        _limit_memory(arguments.memory_bytes)
    options = _take_options(receive) if arguments.configured else None
    Child(load_engine(arguments.engine, options), receive, send).run()


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="seedbed.worker.child")
    parser.add_argument("engine")
    parser.add_argument("--memory-bytes", type=int)
    parser.add_argument("--configured", action="store_true", help="its options come first, as a line of their own")
    return parser.parse_args()


def _take_options(receive: BinaryIO) -> dict[str, Any]:
    """Read what the engine is made with. It may hold a key, and so comes by no argument that others could list."""
    match wire.decode_to_child(receive.readline()):
        case wire.Options(options):
            return options
        case _:
            raise NotReady("The engine's process was not told its options.")


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Keep the pipes for ourselves; whoever else reads or prints meets an empty input and the standard error."""
    receive, send = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb", buffering=0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return receive, send


def _stay_under_the_worker() -> None:
    """Be the first to go when memory is short, and leave Ctrl-C and SIGTERM to the worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if sys.platform == "linux":
        with suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("500")


def _limit_memory(limit_bytes: int) -> None:
    import resource  # only where there is such a thing

    resource.setrlimit(resource.RLIMIT_AS, (limit_bytes, limit_bytes))


def _end(kind: type[BaseException], exception: BaseException, trace: TracebackType | None) -> None:
    # OpenCV has an exception of its own for an allocation that failed.
    if isinstance(exception, MemoryError) or "Insufficient memory" in str(exception):
        os._exit(wire.OUT_OF_MEMORY_EXIT)
    sys.__excepthook__(kind, exception, trace)
    sys.stderr.flush()
    os._exit(1)


if __name__ == "__main__":
    main()
