"""Whole runs of the engine: the file it writes, what it reports, and how it stops."""

import threading
import time
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest
from animatic_scenes import SMALL, film_of, psnr, reference, save, somebody, task, texture

from seedbed.core.engine import Stage, Stop
from seedbed.core.errors import MediaFailure
from seedbed.core.references import Kind, Role
from seedbed.engines.animatic.encode import split
from seedbed.engines.animatic.engine import Animatic


@pytest.fixture
def engine():
    engine = Animatic()
    engine._finder = somebody()
    return engine


@pytest.fixture
def picture(tmp_path):
    return reference(save(tmp_path, texture()))


def quiet(stage, fraction, *, preview=None):
    pass


def frames_of(path):
    with av.open(str(path)) as container:
        return list(container.decode(video=0))


@pytest.mark.parametrize("frames", [97, 121, 25, 47, 49])
def test_every_frame_decodes_at_its_own_moment(engine, picture, tmp_path, frames):
    out = tmp_path / "clip.mp4"

    engine.make(task("push in, snow", picture, frames=frames), out, quiet)
    decoded = frames_of(out)

    assert [frame.pts * frame.time_base for frame in decoded] == [Fraction(n, 24) for n in range(frames)]
    assert {(frame.width, frame.height) for frame in decoded} == {(320, 180)}
    assert not any(frame.is_corrupt for frame in decoded)


def test_the_file_is_what_the_contract_promises(engine, picture, tmp_path):
    out = tmp_path / "clip.mp4"
    engine.make(task("push in", picture, frames=97), out, quiet)

    with av.open(str(out)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        context = video.codec_context
        assert (context.name, context.profile, context.pix_fmt) == ("h264", "High", "yuv420p")
        assert (context.colorspace, context.color_primaries, context.color_trc, context.color_range) == (1, 1, 1, 1)
        assert video.average_rate == video.guessed_rate == 24
        assert video.duration * video.time_base == Fraction(97, 24)
        assert (audio.codec_context.name, audio.codec_context.profile) == ("aac", "LC")
        assert (audio.rate, audio.layout.name) == (48000, "stereo")
        assert audio.duration * audio.time_base == Fraction(97, 24)
        assert "engine animatic" in container.metadata["comment"]
        assert container.metadata["digital_source_type"].endswith("/composite")
    assert out.read_bytes().index(b"moov") < out.read_bytes().index(b"mdat")


def test_what_is_encoded_is_what_was_drawn(engine, picture, tmp_path):
    out, clip = tmp_path / "clip.mp4", task("pan right", picture, frames=97)
    engine.make(clip, out, quiet)
    paint, decoded = film_of(clip, somebody()), frames_of(out)

    # Frames 47 to 49 lie around the seam of the two halves.
    for number in (0, 20, 47, 48, 49, 96):
        luma = decoded[number].to_ndarray()[: SMALL.height_px, : SMALL.width_px]
        assert psnr(luma, paint(number).y) > 36


def test_progress_is_reported_often_and_only_forwards(engine, picture, tmp_path):
    seen, moments, previews = [], [time.monotonic()], []

    def report(stage, fraction, *, preview=None):
        seen.append((list(Stage).index(stage), fraction))
        moments.append(time.monotonic())
        if preview:
            previews.append(preview)

    engine.make(task("push in", picture, frames=97), tmp_path / "clip.mp4", report)

    assert seen == sorted(seen)
    assert seen[-1] == (list(Stage).index(Stage.RENDERING), 1.0)
    assert len(previews) >= 2
    for jpeg in previews:
        assert max(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR).shape) <= 320


@pytest.mark.parametrize("stage", [Stage.PREPARING, Stage.RENDERING])
def test_a_stop_passes_through_and_leaves_no_thread_behind(engine, picture, tmp_path, stage):
    def report(now, fraction, *, preview=None):
        if now is stage:
            raise Stop

    before = threading.active_count()
    with pytest.raises(Stop):
        engine.make(task("push in", picture, frames=361), tmp_path / "clip.mp4", report)

    assert threading.active_count() == before
    assert not (tmp_path / "clip.mp4").exists()
    assert engine.make(task("push in", picture), tmp_path / "next.mp4", quiet).path.exists()


def test_the_shot_plan_and_what_was_left_out_are_told(engine, picture, tmp_path):
    clip = task(
        "slowly push in, rain",
        picture,
        reference("unused.png", Role.FIRST_FRAME, 1),
    )
    made = engine.make(clip, tmp_path / "clip.mp4", quiet)

    assert made.shot_plan["moves"][0]["said"] == "push in"
    assert made.shot_plan["kind"] == "picture"
    assert [warning.split(":")[0] for warning in made.warnings] == ["mediaUrls[1]"]
    assert "only one first frame" in made.warnings[0]


def test_a_reference_picture_is_moved_when_there_is_no_first_frame(engine, tmp_path):
    picture = reference(save(tmp_path, texture()), Role.REFERENCE_IMAGE)
    made = engine.make(task("push in", picture), tmp_path / "clip.mp4", quiet)

    assert made.shot_plan["kind"] == "picture"
    assert made.warnings == ()


def test_a_reference_video_lends_its_first_frame(engine, tmp_path):
    source = tmp_path / "source.mp4"
    engine.make(task("static", reference(save(tmp_path, texture()))), source, quiet)
    made = engine.make(
        task("static", reference(source, Role.REFERENCE_VIDEO, 0, Kind.VIDEO)), tmp_path / "clip.mp4", quiet
    )

    first, again = (frames_of(path)[0].to_ndarray()[:180] for path in (source, tmp_path / "clip.mp4"))
    assert psnr(first, again) > 30
    assert "motion" in made.warnings[0]


def test_a_broken_picture_is_named_by_its_place(engine, tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\nnothing")

    with pytest.raises(MediaFailure) as failure:
        engine.make(task("push in", reference(broken, position=3)), tmp_path / "clip.mp4", quiet)
    assert failure.value.name == "mediaUrls[3]"


def test_the_real_network_finds_a_thing_on_a_plain_ground(tmp_path):
    pixels = np.full((360, 640, 3), 190, np.uint8)
    cv2.circle(pixels, (220, 180), 90, (160, 40, 30), -1)
    subject = Animatic()._network().find(pixels)

    assert subject.confidence > 0.75
    assert subject.center[0] == pytest.approx(220 / 640, abs=0.05)
    assert subject.area == pytest.approx(np.pi * 90**2 / (640 * 360), rel=0.25)


@pytest.mark.parametrize(("frames", "workers"), [(97, 2), (25, 2), (24, 1), (1, 4), (361, 3), (361, 1), (361, 16)])
def test_the_parts_cover_every_frame_once(frames, workers):
    segments = split(frames, workers)

    assert [number for segment in segments for number in segment] == list(range(frames))
    assert min(len(segment) for segment in segments) >= min(24, frames)
