"""The test engine: every clip is what the contract promises, decodes to its last frame, and takes as long as asked."""

from __future__ import annotations

from itertools import product

import av
import numpy as np
import pytest

from seedbed.core.engine import Canvas, RenderTask, Stage, Stop, marks
from seedbed.core.latency import Latency, parse_latency
from seedbed.core.sizes import SIZES, Size
from seedbed.core.timeline import FPS, frame_count
from seedbed.engines.testcard.engine import NAME, SOURCE_TYPE, TestCard
from seedbed.media.inspect import inspect

SMALL = Size(864, 496)
TAGS = marks(NAME, SOURCE_TYPE)


@pytest.fixture(scope="module")
def engine() -> TestCard:
    return TestCard()


def unheard(stage, fraction, *, preview=None) -> None:
    pass


def task(size=SMALL, *, duration_s=4, wants_audio=True) -> RenderTask:
    return RenderTask("A fox.", Canvas(size, frame_count(duration_s), FPS), (), 1, wants_audio)


@pytest.mark.parametrize(("duration_s", "wants_audio"), list(product((4, 5, 15), (True, False))))
def test_a_clip_of_any_length_is_exactly_what_was_promised(engine, tmp_path, duration_s, wants_audio):
    wanted = task(duration_s=duration_s, wants_audio=wants_audio)

    made = engine.make(wanted, tmp_path / "a.mp4", unheard)

    assert inspect(made.path, canvas=wanted.canvas, wants_audio=wants_audio, tags=TAGS).is_kept


@pytest.mark.parametrize("size", [SIZES[key] for key in list(SIZES)[::5]], ids=str)
def test_every_frame_decodes_and_the_hand_goes_round_once_a_second(engine, tmp_path, size):
    wanted = task(size)

    engine.make(wanted, tmp_path / "a.mp4", unheard)

    with av.open(str(tmp_path / "a.mp4")) as clip:
        frames = [frame.to_ndarray(format="gray").astype(int) for frame in clip.decode(video=0)]
    assert len(frames) == wanted.canvas.frames
    assert np.abs(frames[-1] - frames[0]).mean() < 0.1
    assert np.abs(frames[FPS] - frames[FPS // 2]).max() > 100
    assert inspect(tmp_path / "a.mp4", canvas=wanted.canvas, wants_audio=True, tags=TAGS).is_kept


def test_the_sound_beeps_on_the_second_or_is_silent(engine, tmp_path):
    for wants_audio in (True, False):
        engine.make(task(wants_audio=wants_audio), tmp_path / "a.mp4", unheard)
        with av.open(str(tmp_path / "a.mp4")) as clip:
            sound = np.concatenate([frame.to_ndarray() for frame in clip.decode(audio=0)], axis=1)
        loudest = [np.abs(sound[:, s * 48_000 + 1000 : s * 48_000 + 3000]).max() for s in range(4)]
        assert (min(loudest) > 0.05, max(loudest) > 0.05) == (wants_audio, wants_audio)
        assert np.abs(sound[:, 20_000:40_000]).max() < 0.01


def test_a_stop_is_heard_while_a_size_that_nobody_had_is_encoded(engine, tmp_path):
    def stop_while_preparing(stage, fraction, *, preview=None):
        assert stage is Stage.PREPARING
        raise Stop

    with pytest.raises(Stop):
        engine.make(task(Size(2560, 1440)), tmp_path / "a.mp4", stop_while_preparing)

    assert not (tmp_path / "a.mp4").exists()


def test_an_engine_that_takes_its_time_reports_progress_and_stops_at_once(tmp_path):
    heard = []

    def stop_at_rendering(stage, fraction, *, preview=None):
        heard.append((stage, fraction, preview))
        if preview:
            raise Stop

    with pytest.raises(Stop):
        TestCard("0.3").make(task(), tmp_path / "a.mp4", stop_at_rendering)

    assert {stage for stage, _, _ in heard} == {Stage.PREPARING, Stage.RENDERING}
    assert heard[-1][2].startswith(b"\xff\xd8")
    assert not (tmp_path / "a.mp4").exists()


def test_a_latency_is_one_of_two_words_or_seconds():
    assert parse_latency("instant") == Latency()
    assert parse_latency("2.5") == Latency(take_s=2.5)
    assert parse_latency("realistic").queue_s > 0
    assert parse_latency("realistic").making_s(10) > parse_latency("realistic").making_s(5) > 0
    for wrong in ("", "soon", "-1", "3601", "1e3", "nan", "٣"):
        with pytest.raises(ValueError, match="instant, realistic or a number"):
            parse_latency(wrong)
