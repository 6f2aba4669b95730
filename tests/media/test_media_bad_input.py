"""Odd and broken references at the gate: each is taken as it is, or refused with the reason."""

import io
from fractions import Fraction

import av
import numpy as np
import pytest
from media_makers import picture, png, sound, video
from PIL import Image

from seedbed.core.faults import Fault, MediaFault
from seedbed.core.limits import MediaLimits, Probe
from seedbed.core.sizes import Size
from seedbed.media.probe import probe
from seedbed.media.sandbox import KILLED, TOO_SLOW, probe_in_child, probe_many

LIMITS = MediaLimits()


def refusal(path, limits=LIMITS):
    with pytest.raises(MediaFault) as caught:
        probe(path, limits=limits)
    return caught.value.fault, caught.value.reason


def wav(path, *, codec, rate, layout):
    with av.open(str(path), "w", format="wav") as container:
        stream = container.add_stream(codec, rate=rate)
        stream.layout = layout
        silence = np.zeros((1, 2 * rate * (2 if layout == "stereo" else 1)), np.int16)
        frame = av.AudioFrame.from_ndarray(silence, format="s16", layout=layout)
        frame.sample_rate, frame.pts = rate, 0
        fitted = av.AudioResampler(format=stream.format, layout=layout, rate=rate).resample(frame)
        for part in [*fitted, None]:
            container.mux(stream.encode(part))
    return path


@pytest.mark.parametrize("codec", ["pcm_u8", "pcm_s24le", "pcm_f32le", "pcm_f64le"])
@pytest.mark.parametrize(("rate", "layout"), [(8_000, "mono"), (96_000, "stereo")])
def test_a_wav_of_any_depth_and_rate_is_taken_even_if_it_is_silent(tmp_path, codec, rate, layout):
    found = probe(wav(tmp_path / "a.wav", codec=codec, rate=rate, layout=layout), limits=LIMITS)

    assert found.duration_s == 2


def test_an_mp3_with_a_cover_is_a_sound(tmp_path):
    cover = io.BytesIO()
    Image.new("RGB", (500, 500), "red").save(cover, "JPEG")
    body = b"\0image/jpeg\0\x03\0" + cover.getvalue()
    frame = b"APIC" + len(body).to_bytes(4, "big") + b"\0\0" + body
    size = len(frame)
    tag = b"ID3\x03\0\0" + bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0)) + frame
    path = sound(tmp_path / "a.mp3")
    path.write_bytes(tag + path.read_bytes())

    found = probe(path, limits=LIMITS)

    assert (found.format, found.size) == ("mp3", None)


@pytest.mark.parametrize("name", ["a.wav", "a.mp3"])
def test_a_sound_shorter_than_a_beat_is_refused_with_its_length(tmp_path, name):
    fault, reason = refusal(sound(tmp_path / name, seconds=0.1))

    assert fault is Fault.INVALID
    assert "2 to 15 s" in reason


def test_a_video_of_one_frame_is_refused_with_its_length(tmp_path):
    fault, reason = refusal(video(tmp_path / "a.mp4", frames=1))

    assert fault is Fault.INVALID
    assert "2 to 15 s" in reason


def test_a_video_of_varying_rate_is_measured_by_its_clock(tmp_path):
    moments = [0, 1, 2, 3, 40, 41, 75, 90]
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"preset": "ultrafast", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 320, 320, "yuv420p"
        for moment in moments:
            frame = av.VideoFrame.from_ndarray(np.full((320, 320, 3), moment, np.uint8))
            frame.pts, frame.time_base = moment, Fraction(1, 30)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())

    found = probe(tmp_path / "a.mp4", limits=LIMITS)

    assert 3 <= found.duration_s < Fraction(7, 2)


async def test_a_video_with_a_corrupt_tail_is_taken_or_refused_and_harms_nobody(tmp_path):
    paths = []
    for part in (0.5, 0.8, 0.95):
        path = video(tmp_path / f"{part}.mp4", frames=60, width=320, height=320, step=7, movflags="+faststart")
        data = bytearray(path.read_bytes())
        start = int(len(data) * part)
        data[start:] = np.random.default_rng(3).bytes(len(data) - start)
        path.write_bytes(data)
        paths.append(path)

    answers = await probe_many(paths, limits=LIMITS)

    assert all(isinstance(answer, Probe) or answer.fault is Fault.INVALID for answer in answers)
    assert not {KILLED, TOO_SLOW} & {answer.reason for answer in answers if isinstance(answer, MediaFault)}


@pytest.mark.parametrize("colour", ["black", "white", (1, 2, 3)])
def test_a_picture_of_one_colour_is_a_picture(tmp_path, colour):
    Image.new("RGB", (300, 750), colour).save(tmp_path / "a.png")

    assert probe(tmp_path / "a.png", limits=LIMITS).size == Size(300, 750)


def test_a_picture_one_pixel_too_narrow_is_refused(tmp_path):
    Image.new("RGB", (300, 751)).save(tmp_path / "a.png")

    assert refusal(tmp_path / "a.png")[0] is Fault.INVALID


async def test_a_picture_at_the_largest_size_passes_the_child_and_one_past_it_does_not(tmp_path):
    Image.new("L", (6000, 6000)).save(tmp_path / "a.png")

    found = await probe_in_child(tmp_path / "a.png", limits=LIMITS)

    assert found.size == Size(6000, 6000)
    assert refusal(png(tmp_path / "b.png", width=6001, height=6000))[0] is Fault.TOO_LARGE


def test_a_file_of_exactly_the_bytes_allowed_is_taken_and_one_more_is_not(tmp_path):
    size_bytes = picture(tmp_path / "a.png").stat().st_size

    assert probe(tmp_path / "a.png", limits=MediaLimits(image_bytes=size_bytes)).size_bytes == size_bytes
    assert refusal(tmp_path / "a.png", MediaLimits(image_bytes=size_bytes - 1))[0] is Fault.TOO_LARGE
