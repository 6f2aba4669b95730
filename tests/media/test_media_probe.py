import struct
from fractions import Fraction

import numpy as np
import pytest
from media_makers import cut, picture, png, sound, video
from PIL import Image

from seedbed.core.faults import Fault, MediaFault
from seedbed.core.formats import Format
from seedbed.core.limits import MediaLimits
from seedbed.core.sizes import Size
from seedbed.media.probe import probe
from seedbed.media.sniff import sniff, sniff_bytes

LIMITS = MediaLimits()


def fault_of(path, limits=LIMITS):
    with pytest.raises(MediaFault) as caught:
        probe(path, limits=limits)
    return caught.value


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.gif", "a.bmp"])
def test_a_picture_is_known_by_its_content_whatever_its_name(tmp_path, name):
    path = picture(tmp_path / name).rename(tmp_path / "no.txt")

    found = probe(path, limits=LIMITS)

    assert (found.format, found.size, found.duration_s) == (Format(name[2:]), Size(400, 320), None)
    assert found.size_bytes == path.stat().st_size


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.m4v"])
def test_a_video_is_measured(tmp_path, name):
    found = probe(video(tmp_path / name, audio_rate=44_100), limits=LIMITS)

    assert (found.format, found.size, found.duration_s) == (Format(name[2:]), Size(640, 480), Fraction(3))
    assert found.has_audio


def test_a_turned_video_and_a_turned_picture_are_measured_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    clip = video(tmp_path / "a.mp4", rotation=90)

    assert probe(clip, limits=LIMITS).size == Size(480, 640)
    assert probe(picture(tmp_path / "a.jpg", exif=exif), limits=LIMITS).size == Size(320, 400)


@pytest.mark.parametrize("name", ["a.mp3", "a.wav"])
@pytest.mark.parametrize("seconds", [2, 15])
def test_a_sound_is_measured_and_both_ends_of_its_range_pass(tmp_path, name, seconds):
    found = probe(sound(tmp_path / name, seconds=seconds), limits=LIMITS)

    assert found.format == Format(name[2:])
    assert abs(found.duration_s - seconds) < Fraction(1, 10)


def test_the_longest_clip_of_our_own_is_taken_as_a_reference(tmp_path):
    found = probe(video(tmp_path / "a.mp4", frames=24 * 15 + 1, width=320, height=320), limits=LIMITS)

    assert found.duration_s == Fraction(361, 24)


@pytest.mark.parametrize(("frames", "fault"), [(24, Fault.INVALID), (24 * 16, Fault.TOO_LARGE)])
def test_a_video_that_is_too_short_or_too_long_is_refused(tmp_path, frames, fault):
    refused = fault_of(video(tmp_path / "a.mp4", frames=frames, width=320, height=320))

    assert refused.fault is fault
    assert "2 to 15 s" in refused.reason


@pytest.mark.parametrize(("seconds", "fault"), [(1, Fault.INVALID), (16, Fault.TOO_LARGE), (60, Fault.TOO_LARGE)])
@pytest.mark.parametrize("name", ["a.mp3", "a.wav"])
def test_a_sound_that_is_too_short_or_too_long_is_refused(tmp_path, name, seconds, fault):
    assert fault_of(sound(tmp_path / name, seconds=seconds, rate=16_000)).fault is fault


@pytest.mark.parametrize(
    ("size", "fault"),
    [
        ((299, 400), Fault.INVALID),
        ((400, 299), Fault.INVALID),
        ((800, 319), Fault.INVALID),
        ((319, 800), Fault.INVALID),
    ],
)
def test_a_picture_that_is_too_small_or_too_narrow_is_refused(tmp_path, size, fault):
    Image.new("RGB", size).save(tmp_path / "a.png")

    assert fault_of(tmp_path / "a.png").fault is fault


@pytest.mark.parametrize("size", [(300, 300), (800, 320), (320, 800)])
def test_the_smallest_and_the_narrowest_pictures_pass(tmp_path, size):
    Image.new("RGB", size).save(tmp_path / "a.png")

    assert probe(tmp_path / "a.png", limits=LIMITS).size == Size(*size)


@pytest.mark.parametrize("size", [(6001, 6001), (20_000, 300), (300, 6001), (20_000, 20_000)])
def test_a_huge_picture_is_refused_by_its_header_alone(tmp_path, size):
    refused = fault_of(png(tmp_path / "a.png", width=size[0], height=size[1]))

    assert refused.fault is Fault.TOO_LARGE, "it holds no pixels, so decoding it would have called it broken"


def test_a_picture_whose_data_unpack_to_more_than_its_header_says_is_harmless(tmp_path):
    row = b"\0" + b"\x40\x80\xc0" * 320
    path = png(tmp_path / "a.png", width=320, height=320, rows=row * 320 + b"\0" * 200_000_000)

    assert path.stat().st_size < 1_000_000
    assert probe(path, limits=LIMITS).size == Size(320, 320)


def test_a_huge_video_is_refused(tmp_path):
    refused = fault_of(video(tmp_path / "a.mp4", width=640, height=480), MediaLimits(max_side_px=500))

    assert refused.fault is Fault.TOO_LARGE


def test_a_file_with_too_many_bytes_is_refused(tmp_path):
    refused = fault_of(picture(tmp_path / "a.bmp"), MediaLimits(image_bytes=100_000))

    assert (refused.fault, refused.reason) == (Fault.TOO_LARGE, "a picture may have 0.1 MB; this one has 0.384 MB")


@pytest.mark.parametrize("name", ["a.mp4", "a.mov"])
@pytest.mark.parametrize("options", [{}, {"movflags": "+faststart"}], ids=["index-last", "index-first"])
@pytest.mark.parametrize("keep", [0.3, 0.9])
def test_a_video_that_is_cut_off_is_invalid(tmp_path, name, options, keep):
    assert fault_of(cut(video(tmp_path / name, **options), keep=keep)).fault is Fault.INVALID


def test_a_wav_that_is_cut_off_is_invalid(tmp_path):
    assert fault_of(cut(sound(tmp_path / "a.wav", seconds=6), keep=0.6)).fault is Fault.INVALID


@pytest.mark.parametrize(
    "start", [b"ID3\x04\0\0\0\0\0\0", b"\xff\xfb\x90\x64", b"RIFF\0\0\0\0WAVEfmt ", b"\0\0\0\x18ftypisom"]
)
def test_rubbish_behind_a_good_beginning_is_invalid(tmp_path, start):
    (tmp_path / "a").write_bytes(start + np.random.default_rng(1).bytes(20_000))

    assert fault_of(tmp_path / "a").fault is Fault.INVALID


def test_a_video_without_a_picture_is_unsupported(tmp_path):
    made = sound(tmp_path / "a.mp4")

    assert fault_of(made).fault is Fault.UNSUPPORTED


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"hello, this is a text", "this is a text"),
        ("안녕하세요, 글입니다".encode(), "this is a text"),
        (b"BMW is a car, not a bitmap", "this is a text"),
        (b"<!DOCTYPE html><html><svg/></html>", "a web page"),
        (b"\xef\xbb\xbf\n <html>", "a web page"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG picture"),
        (b'<?xml version="1.0"?>\n<!-- made by -->\n<svg/>', "an SVG picture"),
        (b"<?xml version='1.0'?><feed/>", "an XML document"),
        (b'{"error":"no"}', "a JSON document"),
        (b"#EXTM3U\nfile:///etc/passwd", "a playlist"),
        (b"ffconcat version 1.0\nfile /etc/passwd", "a playlist"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1", "a HEIC picture"),
        (b"\0\0\0\x1cftypavif", "an AVIF picture"),
        (b"II*\0", "a TIFF picture"),
        (b"\x1a\x45\xdf\xa3", "a Matroska or WebM video"),
        (b"RIFF\0\0\0\0AVI LIST", "an AVI video"),
        (b"\0\0\0\x18ftyp3gp5", "a 3GP video"),
        (b"\0\0\0\x18ftypM4A ", "an M4A sound"),
        (b"OggS\0", "an Ogg file"),
        (b"fLaC\0", "a FLAC sound"),
        (b"\xff\xf1\x50\x80", "an AAC sound"),
        (b"%PDF-1.7", "a PDF document"),
        (b"PK\x03\x04", "a ZIP archive"),
        (b"\x1f\x8b\x08", "a gzip archive"),
        (b"\x93\x01\x02\x03\x04\x05\xfe\xfe\xfe", "no format that we know"),
    ],
)
def test_what_is_not_taken_is_named_and_what_is_taken_is_said(content, reason):
    with pytest.raises(MediaFault) as caught:
        sniff_bytes(content)

    assert caught.value.fault is Fault.UNSUPPORTED
    assert reason in caught.value.reason
    assert "what is taken is" in caught.value.reason


@pytest.mark.parametrize("frame", [b"\xff\xfb\x90\x64", b"\xff\xf3\x40\xc0", b"\xff\xfa\x92\x00"])
def test_an_mp3_without_a_tag_is_known_by_its_first_frame(frame):
    assert sniff_bytes(frame) is Format.MP3


@pytest.mark.parametrize("frame", [b"\xff\xfb\xf0\x64", b"\xff\xfb\x9c\x64", b"\xff\xeb\x90\x64", b"\xff\xfd\x90\x64"])
def test_an_impossible_mp3_frame_is_not_taken_for_one(frame):
    with pytest.raises(MediaFault):
        sniff_bytes(frame)


def test_a_quicktime_file_from_before_brands_is_known():
    assert sniff_bytes(struct.pack(">I", 1000) + b"moov" + b"\0" * 20) is Format.MOV


def test_an_empty_file_is_invalid(tmp_path):
    (tmp_path / "a.jpg").touch()

    with pytest.raises(MediaFault) as caught:
        sniff(tmp_path / "a.jpg")

    assert (caught.value.fault, caught.value.reason) == (Fault.INVALID, "the file is empty")
