import hashlib
from fractions import Fraction

import av
import numpy as np
import pytest
from media_makers import TAGS, cut, gradient, sound, video

from seedbed.core.engine import Canvas
from seedbed.core.errors import EngineFailed
from seedbed.core.sizes import Size
from seedbed.media.conform import Way, conform
from seedbed.media.inspect import inspect, is_faststart
from seedbed.media.mux import (
    add_audio,
    add_video,
    covering_crop,
    encode_audio,
    encode_video,
    open_mp4,
    silence,
    to_frame,
    write_packets,
)

CANVAS = Canvas(Size(248, 432), frames=49, fps=24)


def conformed(source, tmp_path, *, canvas=CANVAS, wants_audio=True, tags=TAGS):
    return conform(source, tmp_path / "out.mp4", canvas=canvas, wants_audio=wants_audio, tags=tags)


def right_file(path, *, loud=False, canvas=CANVAS, tags=TAGS):
    """Write a file that keeps the contract, as a good engine does."""
    with open_mp4(path, tags=tags) as container:
        frames = (to_frame(gradient(248, 432) // 4 + n, number=n, canvas=canvas) for n in range(canvas.frames))
        waves = silence(canvas)
        if loud:
            waves[:] = np.sin(np.arange(waves.shape[1]) / 20) / 2
        picture = encode_video(add_video(container, canvas, preset="superfast"), frames)
        write_packets(container, picture, encode_audio(add_audio(container), waves))
    return path


def assert_keeps_the_contract(path, canvas=CANVAS):
    """Decode every frame: nothing here trusts a header, or the inspection that is under test."""
    with av.open(str(path)) as container:
        picture, track = container.streams.video[0], container.streams.audio[0]
        frames = list(container.decode(picture))
        container.seek(0)
        samples = sum(frame.samples for frame in container.decode(track))
        assert [frame.pts * frame.time_base for frame in frames] == [Fraction(n, 24) for n in range(canvas.frames)]
        assert {(frame.width, frame.height) for frame in frames} == {(canvas.size.width_px, canvas.size.height_px)}
        assert (picture.codec_context.name, picture.profile, picture.pix_fmt) == ("h264", "High", "yuv420p")
        assert {(f.color_range, f.colorspace, f.color_primaries, f.color_trc) for f in frames} == {(1, 1, 1, 1)}
        assert picture.average_rate == 24
        assert picture.duration * picture.time_base == canvas.duration_s
        assert (track.codec_context.name, track.profile, track.rate) == ("aac", "LC", 48_000)
        assert track.layout.name == "stereo"
        assert abs(Fraction(samples, 48_000) - canvas.duration_s) < Fraction(1, 10)
        assert TAGS.items() <= container.metadata.items()
        assert len(container.streams) == 2
    content = path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def grey_levels(path):
    with av.open(str(path)) as container:
        return [int(frame.to_ndarray(format="rgb24").mean().round()) for frame in container.decode(video=0)]


def loudness(path):
    with av.open(str(path)) as container:
        return max(float(np.abs(frame.to_ndarray()).max()) for frame in container.decode(audio=0))


@pytest.mark.parametrize(
    "made",
    [
        {"width": 384, "height": 216, "fps": 16, "frames": 33},
        {"width": 386, "height": 218, "fps": 30, "frames": 61, "audio_rate": 44_100},
        {"width": 248, "height": 432, "fps": 24, "frames": 49},
        {"width": 248, "height": 432, "fps": 24, "frames": 40, "audio_rate": 48_000},
        {"width": 248, "height": 432, "fps": 24, "frames": 90, "audio_rate": 16_000},
        {"width": 320, "height": 240, "fps": 25, "frames": 50, "rotation": 90},
    ],
    ids=["16fps", "odd-30fps", "untagged", "short", "long", "turned"],
)
@pytest.mark.parametrize("wants_audio", [True, False])
def test_whatever_an_engine_makes_comes_out_as_promised(tmp_path, made, wants_audio):
    got = conformed(video(tmp_path / "made.mp4", **made), tmp_path, wants_audio=wants_audio)

    assert got.way is Way.REENCODED
    assert_keeps_the_contract(got.path)
    assert (loudness(got.path) > 0.05) == (wants_audio and "audio_rate" in made)


def test_webm_is_welcome(tmp_path):
    source = video(tmp_path / "made.webm", codec="libvpx", width=320, height=240, frames=45, audio_rate=48_000)

    assert_keeps_the_contract(conformed(source, tmp_path).path)


def test_a_short_clip_holds_its_last_frame_and_a_long_one_is_trimmed(tmp_path):
    short = video(tmp_path / "short.mp4", width=320, height=320, frames=40)
    long = video(tmp_path / "long.mp4", width=320, height=320, frames=90)
    held = conform(short, tmp_path / "a.mp4", canvas=CANVAS, wants_audio=False, tags=TAGS)
    trimmed = conform(long, tmp_path / "b.mp4", canvas=CANVAS, wants_audio=False, tags=TAGS)

    assert (held.held_frames, trimmed.held_frames) == (9, 0)
    assert all(abs(level - min(n, 39)) <= 2 for n, level in enumerate(grey_levels(held.path)))
    assert all(abs(level - n) <= 2 for n, level in enumerate(grey_levels(trimmed.path)))


def test_a_right_file_passes_byte_for_byte(tmp_path):
    source = right_file(tmp_path / "made.mp4", loud=True)

    got = conformed(source, tmp_path)

    assert got.way is Way.PASSED
    assert got.path.read_bytes() == source.read_bytes()
    assert (got.size, got.frames, got.fps) == (CANVAS.size, 49, 24)
    assert (got.size_bytes, got.sha256) == (source.stat().st_size, hashlib.sha256(source.read_bytes()).hexdigest())
    assert_keeps_the_contract(got.path)


def test_a_right_file_without_our_tags_is_remuxed_with_the_same_picture(tmp_path):
    source = right_file(tmp_path / "made.mp4", tags={}, loud=True)

    got = conformed(source, tmp_path)

    assert got.way is Way.REMUXED
    assert_keeps_the_contract(got.path)
    assert video_packets(got.path) == video_packets(source)
    assert loudness(got.path) > 0.3


def test_unwanted_sound_becomes_silence_and_the_picture_is_kept(tmp_path):
    source = right_file(tmp_path / "made.mp4", loud=True)

    got = conformed(source, tmp_path, wants_audio=False)

    assert got.way is Way.REMUXED
    assert loudness(got.path) < 0.001
    assert video_packets(got.path) == video_packets(source)


def test_an_index_at_the_end_is_moved_to_the_front(tmp_path):
    source = right_file(tmp_path / "right.mp4")
    with av.open(str(source)) as given, av.open(str(tmp_path / "late.mp4"), "w", options={}) as late:
        copies = {s.index: late.add_stream_from_template(s) for s in (given.streams.video[0], given.streams.audio[0])}
        for packet in given.demux():
            if packet.dts is not None:
                packet.stream = copies[packet.stream.index]
                late.mux(packet)
    assert not is_faststart(tmp_path / "late.mp4")

    got = conformed(tmp_path / "late.mp4", tmp_path)

    assert got.way is Way.REMUXED
    assert_keeps_the_contract(got.path)


def video_packets(path):
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


@pytest.mark.parametrize(
    "canvas", [Canvas(CANVAS.size, 48, 24), Canvas(CANVAS.size, 50, 24), Canvas(Size(432, 248), 49, 24)]
)
def test_one_frame_or_one_side_off_is_noticed(tmp_path, canvas):
    source = right_file(tmp_path / "made.mp4")

    assert inspect(source, canvas=CANVAS, wants_audio=True, tags=TAGS).is_kept
    assert not inspect(source, canvas=canvas, wants_audio=True, tags=TAGS).has_video


@pytest.mark.parametrize("shape", [(1000, 500), (500, 1000), (333, 777), (864, 496)])
def test_a_crop_covers_the_canvas_from_the_middle_without_stretching(shape):
    pixels = np.zeros((shape[1], shape[0], 3), np.uint8)
    pixels[shape[1] // 2, shape[0] // 2] = 255

    kept = covering_crop(pixels, Size(864, 496))

    height, width = kept.shape[:2]
    assert abs(width - height * 864 / 496) <= 1
    assert width == shape[0] or height == shape[1]
    [(y, x)] = np.argwhere(kept[..., 0])
    assert abs(y - height / 2) <= 1
    assert abs(x - width / 2) <= 1


def test_colours_survive_the_way_through_the_encoder(tmp_path):
    canvas = Canvas(Size(640, 640), 2, 24)
    red = np.full((640, 640, 3), (200, 40, 60), np.uint8)
    with open_mp4(tmp_path / "a.mp4", tags=TAGS) as container:
        picture = encode_video(add_video(container, canvas), [to_frame(red, number=n, canvas=canvas) for n in range(2)])
        write_packets(container, picture, encode_audio(add_audio(container), silence(canvas)))

    from seedbed.media.decode import first_frame_of_video

    assert np.abs(first_frame_of_video(tmp_path / "a.mp4").astype(int) - (200, 40, 60)).max() <= 3


@pytest.mark.parametrize("content", [b"", b"no video at all", b"\x1a\x45\xdf\xa3 rubbish"])
def test_a_file_that_cannot_be_read_is_the_engines_failure(tmp_path, content):
    (tmp_path / "made.mp4").write_bytes(content)

    with pytest.raises(EngineFailed):
        conformed(tmp_path / "made.mp4", tmp_path)


def test_a_file_without_a_picture_or_cut_off_is_the_engines_failure(tmp_path):
    with pytest.raises(EngineFailed, match="no picture"):
        conformed(sound(tmp_path / "sound.mp4"), tmp_path)
    with pytest.raises(EngineFailed, match="cannot be read"):
        conformed(cut(video(tmp_path / "made.mp4"), keep=0.5), tmp_path)
