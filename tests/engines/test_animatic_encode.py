"""How a clip is cut into parts, how many are worked on at a time, and what the encoder is handed."""

import av
import numpy as np
import pytest
from animatic_scenes import SMALL

from seedbed.core.engine import Canvas
from seedbed.core.sizes import SIZES, Size
from seedbed.engines.animatic import encoder
from seedbed.engines.animatic.encode import encode, split, workers_for
from seedbed.engines.animatic.encoder import X264, choose_encoder, to_frame
from seedbed.engines.animatic.planes import Planes
from seedbed.media.conform import Way, conform
from seedbed.media.mux import silence


def shade(frame):
    """A gradient that drifts, so that no frame is its neighbour."""
    planes = Planes.empty(SMALL.width_px, SMALL.height_px)
    planes.y[:] = (np.arange(SMALL.width_px) // 3 + 2 * frame) % 200 + 20
    planes.u[:], planes.v[:] = 110, 140
    return planes


def write(path, frames, *, workers=2, tags=None, cuts=()):
    canvas = Canvas(SMALL, frames, 24)
    encode(
        path,
        canvas,
        [shade] * workers,
        sound=silence(canvas),
        tags=tags or {},
        cuts=cuts,
        watch=lambda _done: None,
        poll_s=0.02,
    )
    return canvas


def key_frames(path):
    with av.open(str(path)) as container:
        return sorted(packet.pts // 512 for packet in container.demux(video=0) if packet.is_keyframe and packet.size)


def test_a_long_clip_has_more_parts_than_workers_so_that_none_waits_long():
    assert len(split(361, 2)) == 4
    assert len(split(121, 2)) == 2


@pytest.mark.parametrize(
    ("size", "threads", "workers"), [(Size(1280, 720), 2, 2), (Size(1920, 1080), 64, 8), (Size(1280, 720), 0, 1)]
)
def test_there_are_no_more_workers_than_threads_or_memory(size, threads, workers):
    assert workers_for(Canvas(size, 121, 24), threads) == workers


def test_parts_that_outnumber_the_workers_join_without_a_gap(tmp_path):
    canvas = write(tmp_path / "clip.mp4", 200)

    with av.open(str(tmp_path / "clip.mp4")) as container:
        decoded = list(container.decode(video=0))
    assert [frame.pts // 512 for frame in decoded] == list(range(canvas.frames))
    for number in (0, 49, 50, 99, 100, 149, 150, 199):
        assert np.abs(decoded[number].to_ndarray()[:180].astype(int) - shade(number).y).mean() < 3


def test_a_cut_begins_with_a_key_frame(tmp_path):
    write(tmp_path / "plain.mp4", 60)
    write(tmp_path / "cut.mp4", 60, cuts=(17, 41))

    assert key_frames(tmp_path / "plain.mp4") == [0, 30]
    assert key_frames(tmp_path / "cut.mp4") == [0, 17, 30, 41]


def test_a_finished_clip_needs_no_second_pass(tmp_path):
    tags = {"encoded_by": "Seedbed", "engine": "animatic", "digital_source_type": "composite"}
    canvas = write(tmp_path / "made.mp4", 49, tags=tags)

    conformed = conform(tmp_path / "made.mp4", tmp_path / "out.mp4", canvas=canvas, wants_audio=True, tags=tags)

    assert conformed.way is Way.PASSED
    assert (tmp_path / "out.mp4").samefile(tmp_path / "made.mp4")


def test_planes_that_lie_together_reach_the_encoder_without_a_copy():
    together = shade(3)
    apart = Planes(*(plane.copy() for plane in together.each()))

    frames = [to_frame(planes, 3) for planes in (together, apart)]

    assert together.whole is not None
    assert apart.whole is None
    assert np.array_equal(frames[0].to_ndarray(), frames[1].to_ndarray())
    together.y[0, 0] = 99
    assert frames[0].to_ndarray()[0, 0] == 99


def test_a_card_that_cannot_encode_leaves_it_to_x264(monkeypatch, tmp_path):
    driver = tmp_path / "nvidiactl"
    driver.touch()
    monkeypatch.setattr(encoder, "_NVIDIA", driver)
    monkeypatch.setattr(encoder, "NVENC", "no_such_encoder")

    assert choose_encoder(Canvas(SMALL, 25, 24)) == X264


@pytest.mark.parametrize("size", sorted(set(SIZES.values()), key=str), ids=str)
def test_planes_of_every_size_reach_the_encoder_as_they_are(size):
    planes = Planes.empty(size.width_px, size.height_px)
    for plane in planes.each():
        plane[:] = np.arange(plane.size).reshape(plane.shape) % 251

    frame = to_frame(planes, 0)

    for seen, plane in zip(frame.planes, planes.each(), strict=True):
        lines = np.frombuffer(memoryview(seen), np.uint8).reshape(-1, seen.line_size)
        assert np.array_equal(lines[: seen.height, : seen.width], plane)
