"""What comes instead of a video: every such file ends as the engine's failure, in a sentence, and costs little."""

import os
import resource
from contextlib import suppress

import av
import numpy as np
import pytest
from conform_makers import grey, tone, write_clip, write_sound
from media_makers import TAGS, cut

from seedbed.core.engine import Canvas, Stop
from seedbed.core.errors import EngineFailed
from seedbed.core.sizes import Size
from seedbed.media.conform import conform

CANVAS = Canvas(Size(160, 96), 49, 24)
MB = 1024 * 1024


def conformed(source, tmp_path, **how):
    return conform(source, tmp_path / "out.mp4", canvas=CANVAS, wants_audio=True, tags=TAGS, **how)


def clip(path, *, frames=49, width=160, height=90, **how):
    return write_clip(path, [grey(np.full((height, width), 20 + n, np.uint8)) for n in range(frames)], **how)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>", "an HTML or XML page, not a video"),
        (b'\xef\xbb\xbf \r\n{"error": "quota"}', "a JSON document, not a video"),
        (b"#EXTM3U\nhttp://169.254.169.254/secret\n", "a playlist, not a video"),
        (b"just words", "cannot be read"),
        (b"\x00\x00\x00\x18ftypmp42" + bytes(400), "cannot be read"),
        (b"\x1a\x45\xdf\xa3" + b"rubbish" * 100, "cannot be read"),
        (b"\xff\xd8\xff\xe0" + bytes(400), "cannot be read"),
    ],
)
def test_what_is_no_video_is_said_in_words(tmp_path, content, sentence):
    (tmp_path / "a.mp4").write_bytes(content)

    with pytest.raises(EngineFailed, match=sentence):
        conformed(tmp_path / "a.mp4", tmp_path)


def test_a_file_that_is_not_there_is_the_engines_failure_too(tmp_path):
    with pytest.raises(EngineFailed, match="is not there"):
        conformed(tmp_path / "nothing.mp4", tmp_path)


def test_a_huge_file_is_refused_by_its_size_before_it_is_read(tmp_path):
    source = clip(tmp_path / "a.mp4")
    os.truncate(source, 4 * 1024 * MB)

    with pytest.raises(EngineFailed, match="has 4294967296 bytes; at most 2147483648 are taken"):
        conformed(source, tmp_path)
    with pytest.raises(EngineFailed, match="at most 1000 are taken"):
        conformed(clip(tmp_path / "b.mp4"), tmp_path, max_source_bytes=1000)


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        ({"width": 16_384, "height": 64, "frames": 3}, "is 16384x64; sides of 16 to 8192 pixels are taken"),
        ({"width": 8192, "height": 4096, "frames": 1}, "is 8192x4096, which is more than"),
        ({"width": 8, "height": 8}, "is 8x8; sides of 16"),
        ({"frames": 3}, "is 0.12 s long, where 2.04 s were wanted"),
        ({"frames": 31}, "is 1.29 s long, where 2.04 s were wanted"),
    ],
)
def test_measures_that_no_engine_should_return_are_named(tmp_path, made, sentence):
    source = clip(tmp_path / "a.mp4", codec="mpeg4" if made.get("width") == 8 else "libx264", **made)

    with pytest.raises(EngineFailed, match=sentence):
        conformed(source, tmp_path)


def test_sound_alone_is_no_video(tmp_path):
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        track = container.add_stream("aac", rate=48_000)
        write_sound(container, track, tone(hertz=440, seconds=2, rate=48_000, channels=2), rate=48_000, layout="stereo")

    with pytest.raises(EngineFailed, match="no picture"):
        conformed(tmp_path / "a.mp4", tmp_path)


@pytest.mark.parametrize("keep", [0.03, 0.3, 0.6])
@pytest.mark.parametrize("name", ["a.mp4", "early.mp4", "a.webm"])
def test_a_file_that_is_cut_off_ends_in_words_wherever_it_is_cut(tmp_path, name, keep):
    rng = np.random.default_rng(5)
    noise = [grey(rng.integers(16, 235, (90, 160), np.uint8)) for _ in range(49)]
    codec = "libvpx" if name.endswith("webm") else "libx264"
    source = write_clip(tmp_path / "whole.webm" if codec == "libvpx" else tmp_path / "whole.mp4", noise, codec=codec)
    if name == "early.mp4":
        source = conform(source, tmp_path / "early.mp4", canvas=CANVAS, wants_audio=True, tags=TAGS).path

    with pytest.raises(EngineFailed, match=r"cannot be read|s long, where|no (frame|picture) that can be decoded"):
        conformed(cut(source, keep=keep), tmp_path)


@pytest.mark.parametrize("seed", range(12))
def test_bytes_that_were_turned_over_never_end_in_anything_but_a_video_or_words(tmp_path, seed):
    source = clip(tmp_path / "a.mp4", sound=tone(hertz=440, seconds=2, rate=48_000, channels=2))
    data = bytearray(source.read_bytes())
    rng = np.random.default_rng(seed)
    for at in rng.integers(0, len(data), 30):
        data[at] = rng.integers(0, 256)
    source.write_bytes(data)

    with suppress(EngineFailed):
        got = conformed(source, tmp_path)
        with av.open(str(got.path)) as container:
            assert len(list(container.decode(video=0))) == 49


def test_a_4k_source_needs_less_than_half_a_gigabyte_more(tmp_path):
    source = clip(tmp_path / "a.mp4", width=3840, height=2160, frames=17, fps=8, options={"preset": "ultrafast"})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    conformed(source, tmp_path)

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 512 * 1024


def test_a_stop_is_heard_before_every_frame_and_while_sound_is_read(tmp_path):
    source = clip(tmp_path / "a.mp4", sound=tone(hertz=440, seconds=2, rate=44_100, channels=2), rate=44_100)
    asked = []

    def stop_at(number):
        asked.append(number)
        if number == 20:
            raise Stop

    with pytest.raises(Stop):
        conformed(source, tmp_path, watch=stop_at)

    assert asked.count(0) > 40
    assert sorted(set(asked)) == list(range(21))
