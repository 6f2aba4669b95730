"""An engine that has another one make the video, and looks over its shoulder: for `seedbed engine check`.

It runs in the engine's own process, where alone it can be seen whether a Stop was passed on, how long the engine was
silent, what its own file holds before it is conformed, and what it wrote elsewhere. It may hold the engine at a report
until it is told to stop, so that a check stops it where it wants to; and it may fail an allocation there.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from seedbed.core.engine import PROTOCOL, Canvas, Capabilities, Made, RenderTask, Report, Stage, Stop
from seedbed.core.errors import EngineFailed
from seedbed.core.faults import MediaFault
from seedbed.media.inspect import container_format
from seedbed.media.screening import MAX_SOURCE_BYTES, screen_file
from seedbed.media.soundtrack import sound_of
from seedbed.worker.engines import load_engine
from seedbed.worker.strays import Strays
from seedbed.worker.testimony import HELD, Mark, Order, Testimony, mark_of, order_of, write_line

KIND = "seedbed.worker.witness:Witness"
HOLD_S = 60.0  # how long an engine is held at most, if nobody stops it
HOLD_EVERY_S = 0.02


class Witness:
    """`options`: the engine's `kind`, its own `options` or None, and a `folder` for the journal and temporary files."""

    protocol = PROTOCOL

    def __init__(self, options: dict[str, Any]) -> None:
        self._folder = Path(options["folder"])
        os.environ["TMPDIR"] = tempfile.tempdir = options["folder"]
        self._engine: Any = load_engine(options["kind"], options["options"])
        self._strays = Strays()

    def describe(self) -> Capabilities:
        described: Capabilities = self._engine.describe()
        return described

    def check(self, report: Report) -> str | None:
        return self._engine.check(report) if hasattr(self._engine, "check") else None

    def make(self, task: RenderTask, out: Path, report: Report) -> Made:
        """Have the video made, and write down how it went, whatever happens."""
        watch = _Watch(report, order_of(task.memory), self._folder)
        ending, loudest = "made", None
        with self._strays.watched(out.parent) as strays:
            try:
                made: Made = self._engine.make(replace(task, memory=None), out, watch)
            except Stop:
                ending = "stopped"
                raise
            except BaseException as exc:
                ending = type(exc).__name__
                raise
            else:
                watch.close()
                loudest = _loudest(made.path, task.canvas)
                return made
            finally:
                watch.close()
                write_line(self._folder, watch.testimony(task.ticket, ending, strays, loudest))


class _Watch:
    """Implements `Report`, and keeps what it sees of those who call it."""

    def __init__(self, report: Report, order: Order, folder: Path) -> None:
        self._report = report
        self._order = order
        self._folder = folder
        self._thread = threading.get_ident()
        self._began_s = self._last_s = time.monotonic()
        self._ended_s: float | None = None
        self._stop_s: float | None = None
        self._longest_gap_s = 0.0
        self._after_stop = 0
        self._marks: list[Mark] = []
        self._faults: dict[str, None] = {}

    def __call__(self, stage: Stage, fraction: float, *, preview: bytes | None = None) -> None:
        self._see(stage, fraction)
        try:
            if self._is_due(self._order.holds_at):
                self._hold(stage, fraction)
            if self._is_due(self._order.runs_out_at):
                self._order = replace(self._order, runs_out_at=None)
                raise MemoryError
            self._report(stage, fraction, preview=preview)
        except Stop:
            self._stop_s = self._stop_s or time.monotonic()
            raise
        finally:
            self._last_s = time.monotonic()

    def remember(self, memory: dict[str, Any]) -> None:
        try:
            self._report.remember(memory)
        except Stop:
            self._stop_s = self._stop_s or time.monotonic()
            raise

    def close(self) -> None:
        """What comes from now on is not the engine's time. Idempotent."""
        if self._ended_s is None:
            self._ended_s = time.monotonic()
            if self._stop_s is None:
                self._longest_gap_s = max(self._longest_gap_s, self._ended_s - self._last_s)

    def testimony(self, ticket: str, ending: str, strays: dict[str, None], loudest: float | None) -> Testimony:
        ended_s = self._ended_s or time.monotonic()
        return Testimony(
            ticket=ticket,
            ending=ending,
            took_s=ended_s - self._began_s,
            longest_gap_s=self._longest_gap_s,
            marks=tuple(self._marks),
            faults=tuple(self._faults),
            stopped_s=None if self._stop_s is None else ended_s - self._stop_s,
            reports_after_stop=self._after_stop,
            strays=tuple(strays),
            loudest=loudest,
        )

    def _see(self, stage: Stage, fraction: float) -> None:
        self._longest_gap_s = max(self._longest_gap_s, time.monotonic() - self._last_s)
        self._after_stop += self._stop_s is not None
        mark = mark_of(stage, fraction)
        if not 0.0 <= fraction <= 1.0:
            self._faults[f"it reports a fraction of {fraction:g}, which lies not within 0 and 1"] = None
        if self._marks and mark.stage < self._marks[-1].stage:
            self._faults[f"it goes back to the stage '{stage}'"] = None
        elif self._marks and mark < self._marks[-1]:
            self._faults[f"the fraction of its stage '{stage}' falls"] = None
        if threading.get_ident() != self._thread:
            self._faults["it reports from another thread than the one that called make"] = None
        self._marks.append(mark)

    def _is_due(self, mark: Mark | None) -> bool:
        return mark is not None and self._marks[-1] >= mark

    def _hold(self, stage: Stage, fraction: float) -> None:
        """Report the same again and again. Raises Stop, once told to."""
        self._order = replace(self._order, holds_at=None)
        (self._folder / HELD).touch()
        until_s = time.monotonic() + HOLD_S
        while time.monotonic() < until_s:
            self._report(stage, fraction)
            time.sleep(HOLD_EVERY_S)


def _loudest(path: Path, canvas: Canvas) -> float | None:
    """Return the highest sample. What cannot be read is left to those who conform it."""
    try:
        screen_file(path, max_bytes=MAX_SOURCE_BYTES)
        sound = sound_of(path, container_format(path), canvas, watch=lambda: None)
    except (MediaFault, EngineFailed, OSError):
        return None
    return float(np.abs(sound).max(initial=0.0))
