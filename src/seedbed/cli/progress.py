"""Shows how far a generation is: a bar with stage, place in the queue and time left, or plain lines in a log.

The service tells the fraction of a stage, truthfully; how the stages share the whole bar is our estimate.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from seedbed.cli.console import is_live
from seedbed_client.generation import Generation, Status

if TYPE_CHECKING:
    from rich.console import Console

SHARES = {"fetching": 0.03, "preparing": 0.12, "rendering": 0.78, "finishing": 0.05, "storing": 0.02}
_PLAIN_STEP = 0.25


class Tell(Protocol):
    def __call__(self, generation: Generation) -> None: ...


@dataclass(slots=True)
class Estimate:
    """How far the whole is, and how long it may still take. `started_s` is when it began to be made."""

    started_s: float | None = None

    def text(self, generation: Generation, *, now_s: float) -> str:
        if generation.status is Status.QUEUED:
            return _queued(generation)
        if generation.progress is None:
            return ""
        self.started_s = self.started_s or now_s
        done, passed_s = overall(generation), now_s - self.started_s
        # Right after the start the rate is noise, and a wild guess is worse than none.
        return f"about {max(1, round(passed_s * (1 - done) / done))} s left" if passed_s > 1 and done > 0.1 else ""


def overall(generation: Generation) -> float:
    """Return how much of the whole is done: 0.0 .. 1.0."""
    if generation.status is Status.SUCCEEDED:
        return 1.0
    if generation.progress is None:
        return 0.0
    stages = list(SHARES)
    if generation.progress.stage not in stages:
        return 0.0
    before = sum(SHARES[stage] for stage in stages[: stages.index(generation.progress.stage)])
    return before + SHARES[generation.progress.stage] * generation.progress.fraction


def describe(generation: Generation) -> str:
    if generation.status is Status.PROCESSING:
        return generation.progress.stage if generation.progress else "starting"
    return generation.status.value


def _queued(generation: Generation) -> str:
    if generation.queue_position is None:
        return ""
    eta = f", about {generation.eta_s:.0f} s" if generation.eta_s else ""
    return f"place {generation.queue_position} in the queue{eta}"


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

        def tell(generation: Generation) -> None:
            left = estimate.text(generation, now_s=time.monotonic())
            bar.update(task, completed=overall(generation), description=describe(generation), left=left)

        yield tell


class _Lines:
    """One line whenever the stage changes or another quarter is done."""

    def __init__(self, out: Console) -> None:
        self._out = out
        self._estimate = Estimate()
        self._last: tuple[str, int] | None = None

    def __call__(self, generation: Generation) -> None:
        left = self._estimate.text(generation, now_s=time.monotonic())
        now = (describe(generation), int(overall(generation) / _PLAIN_STEP))
        if now != self._last:
            self._last = now
            self._out.print(f"  {now[0]:<10} {overall(generation):4.0%} {left}".rstrip())
