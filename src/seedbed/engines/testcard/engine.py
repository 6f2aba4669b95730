"""The test engine: a test card of the promised form, at once or after as long as is asked. It looks at nothing.

It is for the tests of clients, where the clip must be right in form and what it shows is of no interest.
"""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

from seedbed.core.engine import Canvas, Capabilities, Made, RenderTask, Report, Stage, marks
from seedbed.core.latency import INSTANT, parse_latency
from seedbed.core.models import MODELS, NATIVE_ASPECT_RATIOS
from seedbed.core.references import Role
from seedbed.core.sizes import Resolution, Size, size_of
from seedbed.core.timeline import FPS, frame_count
from seedbed.engines.testcard.card import draw_card, preview
from seedbed.engines.testcard.recording import Recording, beeps, record_pictures, record_sound, write_clip
from seedbed.media.mux import silence

NAME = "testcard"
SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia"

_REPORT_EVERY_S = 0.05
_PREPARING_SHARE = 0.15  # of the time that it takes
_ANY_SIZE = Size(2, 2)
_FIRST = (Resolution.P720, Resolution.P480, Resolution.P1080)


class TestCard:
    """One make at a time. What clips are put together from is encoded at the start, what is wanted most first."""

    __test__ = False  # a test framework that collects by name should pass it by

    def __init__(self, latency: str = INSTANT) -> None:
        """`latency` as in `core.latency`. Raises ValueError for another word."""
        self._latency = parse_latency(latency)
        self._encoding = ThreadPoolExecutor(1, thread_name_prefix="testcard")
        self._hurrying = ThreadPoolExecutor(1, thread_name_prefix="testcard-wanted")
        longest = Canvas(_ANY_SIZE, frame_count(max(max(model.durations_s) for model in MODELS.values())), FPS)
        self._beeps = self._encoding.submit(record_sound, beeps(longest))
        self._silence = self._encoding.submit(record_sound, silence(longest))
        self._pictures: dict[Size, Future[Recording]] = {}
        for resolution in _FIRST:
            for aspect_ratio in NATIVE_ASPECT_RATIOS:
                size = size_of(resolution, aspect_ratio)
                self._pictures[size] = self._encoding.submit(record_pictures, size)
        wait([self._beeps, next(iter(self._pictures.values()))])  # so that not even the first clip waits

    def describe(self) -> Capabilities:
        return Capabilities(
            name=NAME,
            description="Shows a test card with the right size and length, for the tests of clients.",
            roles=frozenset(Role),
            makes_audio=True,
            digital_source_type=SOURCE_TYPE,
        )

    def make(self, task: RenderTask, out: Path, report: Report) -> Made:
        """Make the clip at `out`. Raises Stop (from `report`)."""
        making_s = self._latency.making_s(float(task.canvas.duration_s))
        sound, pictures = self._beeps if task.wants_audio else self._silence, self._pictures_of(task.canvas.size)
        _let_pass(making_s * _PREPARING_SHARE, Stage.PREPARING, report)
        while wait([sound, pictures], timeout=_REPORT_EVERY_S).not_done:
            report(Stage.PREPARING, 1.0)
        if making_s:
            report(Stage.RENDERING, 0.0, preview=preview(draw_card(task.canvas.size)))
        _let_pass(making_s * (1 - _PREPARING_SHARE), Stage.RENDERING, report)
        write_clip(pictures.result(), sound.result(), task.canvas, out, tags=marks(NAME, SOURCE_TYPE))
        report(Stage.RENDERING, 1.0)
        return Made(path=out)

    def _pictures_of(self, size: Size) -> Future[Recording]:
        known = self._pictures.get(size)
        if known is None or known.cancel():  # what is wanted now does not wait for what may be wanted
            self._pictures[size] = known = self._hurrying.submit(record_pictures, size)
        return known


def _let_pass(time_s: float, stage: Stage, report: Report) -> None:
    """Let time pass, with the progress of a stage that takes so long."""
    started_s = time.monotonic()
    while (passed_s := time.monotonic() - started_s) < time_s:
        report(stage, passed_s / time_s)
        time.sleep(min(_REPORT_EVERY_S, time_s - passed_s))
