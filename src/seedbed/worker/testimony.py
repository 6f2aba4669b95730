"""What is told to the witness of an engine, and what it tells of each video (`worker.witness`).

The order travels with the task, in the place of the engine's memory; the testimony goes into a file, a line for each
video, because it is wanted above all of those that were stopped or failed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from seedbed.core.engine import Stage

JOURNAL = "journal.jsonl"
HELD = "held"  # a file of this name stands in the witness's folder while an engine is held at a report

_STAGES = list(Stage)


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A place in the progress of a video: the number of its stage, and the fraction of that."""

    stage: int = 0
    fraction: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """At the first report that has come so far, hold the engine until it is stopped, or let it run out of memory."""

    holds_at: Mark | None = None
    runs_out_at: Mark | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Testimony:
    """How one `make` went. `ending` is `made`, `stopped`, or the name of the exception that left it.

    `longest_gap_s` is between two reports, the beginning and the end. `strays` are files written outside the job's
    folder. `loudest` is the highest sample of the engine's own file, 0.0 .. 1.0; None if there was none to look at.
    """

    __test__ = False  # a test framework that collects by name should pass it by

    ticket: str
    ending: str
    took_s: float
    longest_gap_s: float
    marks: tuple[Mark, ...] = ()
    faults: tuple[str, ...] = field(default=())
    stopped_s: float | None = None  # from the Stop to the end of `make`
    reports_after_stop: int = 0
    strays: tuple[str, ...] = ()
    loudest: float | None = None

    def at(self, share: float) -> Mark:
        """Return the mark that this share of its reports had passed, 0.0 .. 1.0."""
        return self.marks[min(len(self.marks) - 1, int(share * len(self.marks)))] if self.marks else Mark()


def mark_of(stage: Stage, fraction: float) -> Mark:
    return Mark(_STAGES.index(stage), fraction)


def as_memory(order: Order) -> dict[str, Any]:
    memory: dict[str, Any] = msgspec.to_builtins(order)
    return memory


def order_of(memory: dict[str, Any] | None) -> Order:
    return msgspec.convert(memory or {}, Order)


def write_line(folder: Path, testimony: Testimony) -> None:
    with (folder / JOURNAL).open("ab") as journal:
        journal.write(msgspec.json.encode(testimony) + b"\n")


def read_line(folder: Path, ticket: str) -> Testimony | None:
    """Return what was told of the video with this ticket; None if its process was gone before it could tell."""
    try:
        lines = (folder / JOURNAL).read_bytes().splitlines()
    except FileNotFoundError:
        return None
    told = [msgspec.json.decode(line, type=Testimony) for line in lines]
    return next((testimony for testimony in told if testimony.ticket == ticket), None)
