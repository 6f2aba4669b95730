"""Any rate becomes 24 frames a second: where things are between two frames, what a cut is, and how many frames."""

import math
from fractions import Fraction

import numpy as np
import pytest
from conform_makers import grey, luma_of, psnr, scenery, ssim
from hypothesis import given, settings
from hypothesis import strategies as st

from seedbed.core.engine import Canvas
from seedbed.core.errors import EngineFailed
from seedbed.core.sizes import Size
from seedbed.media.rate import MAX_HELD_FRAMES, TOLERANCE_S, Retiming, Timed, timed_frames

SIZE = Size(320, 180)
HALF = {"width": 320, "height": 180, "scale": 2}
ONE_SECOND = Canvas(SIZE, 25, 24)


def retimed(frames, times_s, *, canvas=ONE_SECOND, step_s=None):
    """Return the canvas's frames for these, and how many were held."""
    step_s = step_s or times_s[-1] - times_s[-2]
    ends = [*times_s[1:], times_s[-1] + step_s]
    retiming = Retiming(canvas, watch=lambda _: None)
    timed = (Timed(*when, frame) for *when, frame in zip(times_s, ends, frames, strict=True))
    return list(retiming(timed, fit=lambda frame: frame)), retiming.held_frames


def moving(fps, count):
    return [grey(scenery(n / fps, **HALF)) for n in range(count)]


@pytest.mark.parametrize(("fps", "count"), [(16, 18), (12.5, 14), (25, 27)])
def test_between_two_frames_things_are_where_they_would_be(fps, count):
    made, _ = retimed(moving(fps, count), [Fraction(n) / Fraction(fps) for n in range(count)])

    likeness = [psnr(luma_of(frame), scenery(n / 24, **HALF)) for n, frame in enumerate(made)]

    assert min(likeness) > 36  # measured: 39 at the worst; mixing two frames of 16 fps gives 22, holding them 19
    assert likeness[0] > 99
    assert min(ssim(luma_of(frame), scenery(n / 24, **HALF)) for n, frame in enumerate(made)) > 0.98


def test_a_frame_that_is_there_at_its_moment_is_taken_as_it_is():
    frames = moving(16, 18)

    made, _ = retimed(frames, [Fraction(n, 16) for n in range(18)])

    assert all(np.array_equal(luma_of(made[3 * n]), luma_of(frames[2 * n])) for n in range(9))


def test_a_cut_at_16_frames_a_second_stays_a_cut():
    before = [grey(scenery(n / 16, **HALF)) for n in range(9)]
    after = [grey(scenery(n / 16, **HALF, left=4000, top=900)[::-1, ::-1].copy()) for n in range(9)]

    made, _ = retimed(before + after, [Fraction(n, 16) for n in range(18)])

    there = [scenery(n / 24, **HALF) for n in range(14)]
    is_before = [psnr(luma_of(frame), there[min(n, 13)]) > 20 for n, frame in enumerate(made)]
    assert is_before == [True] * 13 + [False] * 12
    assert np.array_equal(luma_of(made[12]), luma_of(before[-1]))
    assert np.array_equal(luma_of(made[13]), luma_of(after[0]))


def test_a_clip_of_uneven_times_becomes_even():
    steps = [Fraction(n, 24) + Fraction(n % 3, 150) for n in range(28)]
    frames = [grey(scenery(float(time_s), **HALF)) for time_s in steps]

    made, _ = retimed(frames, steps)

    assert min(psnr(luma_of(f), scenery(n / 24, **HALF)) for n, f in enumerate(made)) > 33


def test_a_picture_that_stands_for_a_second_is_not_melted_into_the_next():
    made, _ = retimed([grey(np.full((180, 320), level, np.uint8)) for level in (60, 200)], [Fraction(0), Fraction(1)])

    assert [int(luma_of(frame).mean()) for frame in made] == [60] * 24 + [200]


@given(
    fps=st.sampled_from(
        [Fraction(8), Fraction(25, 2), Fraction(16), Fraction(24), Fraction(30000, 1001), Fraction(60)]
    ),
    count=st.integers(1, 80),
    seconds=st.integers(1, 2),
)
@settings(max_examples=20, deadline=None)
def test_there_are_exactly_as_many_frames_as_promised_or_a_refusal(fps, count, seconds):
    canvas = Canvas(Size(64, 64), 24 * seconds + 1, 24)
    frames = [grey(np.full((64, 64), 20 + n, np.uint8)) for n in range(count)]
    missing = sum(1 for n in range(canvas.frames) if Fraction(n, 24) >= count / fps - TOLERANCE_S)
    asked = {"canvas": canvas, "step_s": 1 / fps}

    if missing > MAX_HELD_FRAMES:
        with pytest.raises(EngineFailed, match="s long, where"):
            retimed(frames, [n / fps for n in range(count)], **asked)
        return
    seen = Retiming(canvas, watch=lambda _: None)
    timed = (Timed(n / fps, (n + 1) / fps, frame) for n, frame in enumerate(frames))
    made = [(frame.pts, frame.time_base, luma_of(frame).mean()) for frame in seen(timed, fit=lambda frame: frame)]

    assert [(pts, base) for pts, base, _ in made] == [(n, Fraction(1, 24)) for n in range(canvas.frames)]
    assert seen.held_frames == missing
    for number, (_, _, level) in enumerate(made):
        assert abs(level - 20 - min(count - 1, float(number * fps / 24))) <= 1.01 + 0.125 * math.ceil(fps / 24)


class Strange:
    """A container whose frames tell their times as badly as they may."""

    def __init__(self, *pts, step_s=Fraction(1, 24)):
        self._pts, self._step_s = pts, step_s

    def decode(self, _stream):
        for pts in self._pts:
            frame = grey(np.zeros((64, 64), np.uint8))
            frame.pts, frame.time_base = pts, self._step_s
            yield frame


class Track:
    def __init__(self, rate=24):
        self.average_rate = Fraction(rate)


def test_frames_that_go_back_are_left_out_and_those_without_a_time_follow_on():
    times = [timed.time_s * 24 for timed in timed_frames(Strange(5, 6, 6, 4, 8, None, 11), Track(), fps=24)]

    assert times == [0, 1, 3, 4, 6]


@pytest.mark.parametrize(("step_s", "is_taken_for_24"), [(Fraction(1001, 24000), True), (Fraction(1, 25), False)])
def test_nearly_the_same_rate_is_played_a_trifle_faster_so_that_nothing_is_drawn(step_s, is_taken_for_24):
    film = timed_frames(Strange(*range(362), step_s=step_s), Track(1 / step_s), fps=24)

    assert ([timed.time_s * 24 for timed in film] == list(range(362))) is is_taken_for_24
