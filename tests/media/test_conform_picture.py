"""Any size, depth and colour becomes the canvas's: sharp, unstretched, upright, and of the same colours."""

from fractions import Fraction

import numpy as np
import pytest
from conform_makers import coloured, decoded, grey, luma_of, middle_colour, psnr, ssim, write_clip
from media_makers import TAGS

from seedbed.core.engine import Canvas
from seedbed.core.sizes import Size
from seedbed.media.conform import Way, conform
from seedbed.media.scaling import Scaler, middle_part

CANVAS = Canvas(Size(160, 96), 25, 24)
RED, CLEAR_RED = (200, 40, 60, 255), (200, 40, 60, 128)
SILENT_CODERS = {"libx265": {"x265-params": "log-level=none"}, "libsvtav1": {"preset": "12"}}


def conformed(source, tmp_path, canvas=CANVAS):
    return conform(source, tmp_path / "out.mp4", canvas=canvas, wants_audio=False, tags=TAGS)


def weave(*, width, height, top=0.0, scale=1.0):
    """(H, W) luma of waves of 8 pixels, and of 53, computed for any size."""
    y, x = np.meshgrid(top + (np.arange(height) + 0.5) * scale, (np.arange(width) + 0.5) * scale, indexing="ij")
    fine, coarse = np.sin(x / 1.6 + y / 2.1), np.sin(x / 11) * np.cos(y / 13)
    return np.clip(125 + 50 * fine + 40 * coarse, 16, 235).round().astype(np.uint8)


def test_a_frame_of_1344x768_is_as_sharp_at_1280x720_as_if_it_were_made_there():
    made = luma_of(Scaler(Size(1280, 720))(grey(weave(width=1344, height=768))))

    there = weave(width=1280, height=720, top=6, scale=1.05)
    assert psnr(made[8:-8, 8:-8], there[8:-8, 8:-8]) > 50  # measured: 53.3; bilinear scaling gives 41.6
    assert ssim(made[8:-8, 8:-8], there[8:-8, 8:-8]) > 0.9995


@pytest.mark.parametrize(
    ("picture", "canvas", "pixel_shape", "part"),
    [
        ((1344, 768), (1280, 720), 1, (0, 6, 1344, 756)),
        ((1280, 704), (1280, 720), 1, (14, 0, 1252, 704)),
        ((720, 1280), (1280, 720), 1, (0, 438, 720, 404)),
        ((641, 363), (641, 363), 1, (0, 0, 640, 362)),
        ((720, 576), (1024, 576), Fraction(64, 45), (0, 0, 720, 576)),
    ],
)
def test_the_largest_middle_part_of_the_canvas_shape_is_kept(picture, canvas, pixel_shape, part):
    got = middle_part(Size(*picture), Size(*canvas), pixel_shape=Fraction(pixel_shape))

    assert (got.left_px, got.top_px, got.width_px, got.height_px) == part


@pytest.mark.parametrize(
    ("pixel_format", "matrix", "color_range"),
    [
        *[("yuv420p", 5, 1), ("yuv420p", 5, 2), ("yuvj420p", 5, 2), ("yuv420p", 1, 1), ("yuv444p", 1, 2)],
        *[("yuv420p10le", 1, 1), ("yuv422p", 5, 1), ("yuv420p", None, None), ("rgb24", None, None)],
        *[("gbrp10le", None, None), ("yuva420p", 5, 1)],
    ],
)
@pytest.mark.parametrize("colour", [RED, (20, 140, 220, 255), (128, 128, 128, 255)])
def test_colours_survive_whatever_matrix_range_and_depth_they_came_in(colour, pixel_format, matrix, color_range):
    frame = coloured(colour, pixel_format=pixel_format, matrix=matrix, color_range=color_range)

    made = Scaler(Size(640, 640))(frame)

    assert (made.format.name, made.colorspace, made.color_range, made.color_trc) == ("yuv420p", 1, 1, 1)
    assert np.abs(middle_colour(made) - colour[:3]).mean() < 2
    assert np.abs(middle_colour(made) - colour[:3]).max() <= 3


def test_what_is_transparent_lies_on_black():
    made = Scaler(Size(640, 640))(coloured(CLEAR_RED, pixel_format="yuva444p", matrix=1))

    assert np.abs(middle_colour(made) - (100, 20, 30)).max() <= 3


def test_reference_white_of_an_hdr_picture_becomes_white_and_grey_stays_grey():
    frame = coloured((148, 148, 148, 255), width=64, height=64, pixel_format="yuv420p10le", matrix=9)
    frame.colorspace, frame.color_primaries, frame.color_trc = 9, 9, 16  # 148 of 255 is 203 cd/m2 in PQ

    white = middle_colour(Scaler(Size(64, 64))(frame))

    assert white.min() > 240
    assert np.ptp(white) <= 2


@pytest.mark.parametrize(
    ("name", "codec", "pixel_format"),
    [
        *[("a.mp4", "libx265", "yuv420p10le"), ("a.mp4", "libsvtav1", "yuv420p"), ("a.webm", "libvpx-vp9", "yuv420p")],
        *[("a.mp4", "libx264", "yuv444p"), ("a.mp4", "libx264rgb", "rgb24"), ("a.mov", "qtrle", "argb")],
    ],
)
def test_every_codec_of_the_field_is_decoded_to_its_last_frame(tmp_path, name, codec, pixel_format):
    frames = [coloured(RED, width=192, height=128, pixel_format=pixel_format) for _ in range(25)]
    source = write_clip(tmp_path / name, frames, codec=codec, options=SILENT_CODERS.get(codec))

    got = conformed(source, tmp_path)

    made, _ = decoded(got.path)
    assert (got.way, got.held_frames) == (Way.REENCODED, 0)
    assert [frame.pts * frame.time_base for frame in made] == [Fraction(n, 24) for n in range(25)]
    assert {(frame.width, frame.height, frame.format.name) for frame in made} == {(160, 96, "yuv420p")}
    assert np.abs(middle_colour(made[-1]) - RED[:3]).max() <= 6


def halves(frame):
    luma = luma_of(frame).astype(int)
    height, width = luma.shape
    return {
        "top": luma[: height // 2].mean(),
        "bottom": luma[height // 2 :].mean(),
        "left": luma[:, : width // 2].mean(),
        "right": luma[:, width // 2 :].mean(),
    }


@pytest.mark.parametrize(("rotation", "bright"), [(90, "left"), (-90, "right"), (180, "bottom"), (0, "top")])
def test_a_turned_picture_is_turned_upright(tmp_path, rotation, bright):
    luma = np.full((128, 128), 40, np.uint8)
    luma[:64] = 200
    frames = [grey(luma) for _ in range(25)]
    source = write_clip(tmp_path / "a.mp4", frames, rotation=rotation or None)

    made, _ = decoded(conformed(source, tmp_path).path)

    assert max(halves(made[0]), key=halves(made[0]).get) == bright


def test_a_file_that_is_right_but_for_its_turn_is_not_passed_on(tmp_path):
    upright = conformed(write_clip(tmp_path / "a.mp4", [grey(np.full((96, 160), 90, np.uint8))] * 25), tmp_path)
    turned = tmp_path / "turned.mp4"
    data = bytearray(upright.path.read_bytes())
    # The identity matrix of the video track's header, replaced by half a turn.
    at = data.index(b"tkhd") + 4 + 40
    one, minus = (1 << 16).to_bytes(4, "big"), ((1 << 32) - (1 << 16)).to_bytes(4, "big")
    assert data[at : at + 4] == one
    data[at : at + 4] = data[at + 16 : at + 20] = minus
    turned.write_bytes(data)

    got = conform(turned, tmp_path / "o.mp4", canvas=CANVAS, wants_audio=False, tags=TAGS)

    assert got.way is Way.REENCODED


def test_oblong_pixels_are_made_square_before_anything_is_cut(tmp_path):
    """96x96 with pixels 5 wide by 3 high is shown 160x96: a square of 30x50 of its pixels becomes one of 50x50."""
    luma = np.full((96, 96), 40, np.uint8)
    luma[23:73, 33:63] = 220
    source = write_clip(tmp_path / "a.mp4", [grey(luma) for _ in range(25)], pixel_shape=Fraction(5, 3))

    made, _ = decoded(conformed(source, tmp_path).path)

    bright = luma_of(made[0]) > 130
    assert abs(int(bright.any(axis=0).sum()) - 50) <= 2
    assert abs(int(bright.any(axis=1).sum()) - 50) <= 2
