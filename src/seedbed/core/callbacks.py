"""What the customers of a dialect are told by POST: in which form, of which states, and how often it is tried.

The native dialect tells the end of a job, for days if it must. The Ark dialect tells every state and gives up soon,
because whoever missed one asks for the task. Source: CONTRACT 1.11 and 2.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from seedbed.core.ark_offer import DIALECT as ARK
from seedbed.core.ark_view import ark_view
from seedbed.core.job import Job, State
from seedbed.core.native_view import native_view
from seedbed.core.retry import ARK_CALLBACK_WAITS, WEBHOOK_WAITS


@dataclass(frozen=True, slots=True)
class Callback:
    """`view` is what is sent, `waits` come before each try, `most_s` is the longest that an answer may take."""

    view: Callable[..., dict[str, Any]] = native_view
    tells_every_state: bool = False
    waits: Sequence[timedelta] = WEBHOOK_WAITS
    most_s: float | None = None

    def timeout_s(self, usual_s: float) -> float:
        return usual_s if self.most_s is None else min(usual_s, self.most_s)


_USUAL = Callback()
_CALLBACKS = {ARK: Callback(ark_view, tells_every_state=True, waits=ARK_CALLBACK_WAITS, most_s=5.0)}


def callback_of(dialect: str) -> Callback:
    return _CALLBACKS.get(dialect, _USUAL)


def as_told(job: Job, event: State) -> Job:
    """Return the job as it was when it came into that state. What is final stays, so an end is told as it is."""
    if event.is_final or event is job.state:
        return job
    return replace(job, state=event, progress=None, output=None, failure=None, finished_at=None)


def is_old_news(event: State, *, tries: int, now: State) -> bool:
    """Whether it need not be told any more: it was tried before, and the job has gone on since.

    The first try is made in any case, so that a receiver who answers hears of every state.
    """
    return tries > 0 and not event.is_final and event is not now
