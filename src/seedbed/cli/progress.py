"""Shows how far a generation is, or a transfer: a bar, or plain lines in a log. Transfers are silent in a log.

The service tells the fraction of a stage, truthfully; how the stages share the whole bar is our estimate.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from seedbed.cli.console import is_live
from seedbed_client import Progress, QueuePlace, Status

if TYPE_CHECKING:
    from rich.console import Console

SHARES = {"fetching": 0.03, "preparing": 0.12, "rendering": 0.78, "finishing": 0.05, "storing": 0.02}
_PLAIN_STEP = 0.25

TellBytes = Callable[[int, int | None], None]


class Seen(Protocol):
    """A generation at a moment, or an event that says how it stands."""

    @property
    def status(self) -> Status | None: ...
    @property
    def progress(self) -> Progress | None: ...
    @property
    def queue(self) -> QueuePlace | None: ...


Tell = Callable[[Seen], None]


@dataclass(slots=True)
class Estimate:
    """How far the whole is, and how long it may still take. `started_s` is when it began to be made."""

    started_s: float | None = None

    def text(self, seen: Seen, *, now_s: float) -> str:
        if seen.status is Status.QUEUED:
            return place(seen)
        if seen.progress is None:
            return ""
        self.started_s = self.started_s or now_s
        done, passed_s = overall(seen), now_s - self.started_s
        # Right after the start the rate is noise, and a wild guess is worse than none.
        return f"about {max(1, round(passed_s * (1 - done) / done))} s left" if passed_s > 1 and done > 0.1 else ""


def overall(seen: Seen) -> float:
    """Return how much of the whole is done: 0.0 .. 1.0."""
    if seen.status is Status.SUCCEEDED:
        return 1.0
    if seen.progress is None:
        return 0.0
    stages = list(SHARES)
    if seen.progress.stage not in stages:
        return 0.0
    before = sum(SHARES[stage] for stage in stages[: stages.index(seen.progress.stage)])
    return before + SHARES[seen.progress.stage] * seen.progress.fraction


def describe(seen: Seen) -> str:
    if seen.status is Status.PROCESSING:
        return seen.progress.stage if seen.progress else "starting"
    return seen.status.value if seen.status else "waiting"


def place(seen: Seen) -> str:
    """Return the place in the queue in words; nothing if there is none."""
    if seen.queue is None:
        return ""
    eta = f", about {seen.queue.eta_s:.0f} s" if seen.queue.eta_s else ""
    return f"place {seen.queue.position} in the queue{eta}"


@contextlib.contextmanager
def shown_progress(out: Console) -> Iterator[Tell]:
    """Give a function that shows each state of one generation, until the end of the block."""
    if not is_live(out):
        yield _Lines(out)
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("  {task.description:<10}"),
        BarColumn(bar_width=32),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
    )
    estimate = Estimate()
    with Progress(*columns, console=out, transient=True) as bar:
        task = bar.add_task("sending", total=1.0, left="")

        def tell(seen: Seen) -> None:
            left = estimate.text(seen, now_s=time.monotonic())
            bar.update(task, completed=overall(seen), description=describe(seen), left=left)

        yield tell


@contextlib.contextmanager
def shown_bytes(out: Console, what: str) -> Iterator[TellBytes]:
    """Give a function that shows how many bytes are through, and of how many, until the end of the block."""
    if not is_live(out):
        yield lambda _done, _total: None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (
        TextColumn("  {task.description}"),
        BarColumn(bar_width=32),
        DownloadColumn(),
        TransferSpeedColumn(),
    )
    with Progress(*columns, console=out, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


class _Lines:
    """One line whenever the stage changes or another quarter is done."""

    def __init__(self, out: Console) -> None:
        self._out = out
        self._estimate = Estimate()
        self._last: tuple[str, int] | None = None

    def __call__(self, seen: Seen) -> None:
        left = self._estimate.text(seen, now_s=time.monotonic())
        now = (describe(seen), int(overall(seen) / _PLAIN_STEP))
        if now != self._last:
            self._last = now
            self._out.print(f"  {now[0]:<10} {overall(seen):4.0%} {left}".rstrip())
