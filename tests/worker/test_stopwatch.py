"""How long an attempt was at each stage, on a clock of our own."""

from __future__ import annotations

from seedbed.core.engine import Stage
from seedbed.core.job import Spent
from seedbed.worker.stopwatch import Stopwatch


def measured(*reports: tuple[float, Stage], until_s: float) -> tuple[Spent, ...]:
    now_s = [0.0]
    watch = Stopwatch(lambda *_: None, now_s=lambda: now_s[0])
    for now_s[0], stage in reports:
        watch.report(stage, 0.0)
    now_s[0] = until_s
    return watch.spent()


def test_every_stage_lasts_until_the_next_one_and_the_last_one_until_now():
    spent = measured((1.0, Stage.FETCHING), (1.5, Stage.RENDERING), (3.0, Stage.RENDERING), until_s=4.25)

    assert spent == (Spent(Stage.FETCHING, 500), Spent(Stage.RENDERING, 2750))


def test_a_stage_that_comes_back_is_told_once():
    spent = measured((0.0, Stage.PREPARING), (1.0, Stage.RENDERING), (2.0, Stage.PREPARING), until_s=2.5)

    assert spent == (Spent(Stage.PREPARING, 1500), Spent(Stage.RENDERING, 1000))


def test_what_is_reported_goes_on():
    told = []
    watch = Stopwatch(lambda *report: told.append(report), now_s=lambda: 0.0)

    watch.report(Stage.FETCHING, 0.0)
    watch.report(Stage.FETCHING, 0.5)

    assert told == [(Stage.FETCHING, 0.0), (Stage.FETCHING, 0.5)]
