import io

import numpy as np
import pytest
from media_makers import cut, gradient, picture, png, video
from PIL import Image, ImageCms

from seedbed.core.faults import Fault, MediaFault
from seedbed.media.decode import decode_image, first_frame_of_video, last_frame_of_video

WHITE, BLACK, RED = (255, 255, 255), (0, 0, 0), (255, 0, 0)


def assert_same_picture(pixels, expected, *, within):
    assert pixels.shape == expected.shape
    assert pixels.dtype == np.uint8
    assert np.abs(pixels.astype(int) - expected).mean() <= within


def fault_of(path, **options):
    with pytest.raises(MediaFault) as caught:
        decode_image(path, **options)
    return caught.value.fault


@pytest.mark.parametrize(
    ("name", "within"), [("a.png", 0), ("a.bmp", 0), ("a.webp", 4), ("a.jpg", 4), ("a.jpeg", 4), ("a.gif", 12)]
)
def test_every_format_decodes_to_the_same_picture(tmp_path, name, within):
    assert_same_picture(decode_image(picture(tmp_path / name)), gradient(), within=within)


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png"])
def test_an_animation_is_its_first_frame(tmp_path, name):
    colours = [Image.new("RGB", (320, 320), colour) for colour in ("red", "lime", "blue")]
    colours[0].save(tmp_path / name, save_all=True, append_images=colours[1:], duration=100)

    pixels = decode_image(tmp_path / name)

    assert np.abs(pixels.astype(int) - RED).max() <= 3


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_comes_out_upright(tmp_path, orientation):
    back = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = Image.fromarray(gradient())
    if orientation in back:
        stored = stored.transpose(back[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / "a.png", exif=exif)

    assert_same_picture(decode_image(tmp_path / "a.png"), gradient(), within=0)


def test_a_broken_exif_block_does_not_spoil_the_picture(tmp_path):
    picture(tmp_path / "a.jpg", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\xff" * 40)

    assert_same_picture(decode_image(tmp_path / "a.jpg"), gradient(), within=4)


def test_cmyk_comes_out_as_its_colours(tmp_path):
    Image.fromarray(gradient()).convert("CMYK").save(tmp_path / "a.jpg", quality=95)

    assert_same_picture(decode_image(tmp_path / "a.jpg"), gradient(), within=4)


def test_sixteen_bit_grey_is_scaled_and_not_clipped(tmp_path):
    ramp = np.tile(np.linspace(0, 65535, 400).astype(np.uint16), (320, 1))
    Image.fromarray(ramp).save(tmp_path / "a.png")

    pixels = decode_image(tmp_path / "a.png")

    assert_same_picture(pixels, np.repeat((ramp[..., None] / 257).round(), 3, axis=2), within=0)


def test_sixteen_bit_colour_decodes(tmp_path):
    row = b"\0" + b"\xff\xff\x80\x00\x00\x00" * 320
    png(tmp_path / "a.png", width=320, height=320, depth=16, rows=row * 320)

    assert np.abs(decode_image(tmp_path / "a.png").astype(int) - (255, 128, 0)).max() <= 1


@pytest.mark.parametrize("mode", ["L", "1", "P"])
def test_grey_black_and_white_and_palettes_decode(tmp_path, mode):
    Image.fromarray(gradient()).convert(mode).save(tmp_path / "a.png")

    expected = np.asarray(Image.fromarray(gradient()).convert(mode).convert("RGB"))
    assert_same_picture(decode_image(tmp_path / "a.png"), expected, within=0)


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [
        ("RGBA", (255, 255, 255, 0), BLACK),
        ("RGBA", (255, 0, 0, 255), RED),
        ("RGBA", (200, 100, 50, 128), (100, 50, 25)),
        ("LA", (255, 0), BLACK),
        ("LA", (200, 128), (100, 100, 100)),
    ],
)
@pytest.mark.parametrize("name", ["a.png", "a.webp"])
def test_alpha_is_laid_on_black(tmp_path, mode, colour, expected, name):
    Image.new(mode, (320, 320), colour).save(tmp_path / name, **({"lossless": True} if name.endswith("webp") else {}))

    assert np.abs(decode_image(tmp_path / name).astype(int) - expected).max() <= 1


@pytest.mark.parametrize("name", ["a.png", "a.gif"])
def test_a_transparent_palette_entry_is_laid_on_black(tmp_path, name):
    palette = Image.new("P", (320, 320), 1)
    palette.putpalette([*WHITE, *RED, *WHITE])
    palette.paste(0, (0, 0, 160, 320))
    palette.save(tmp_path / name, transparency=0)

    pixels = decode_image(tmp_path / name)

    assert tuple(pixels[10, 10]) == BLACK
    assert tuple(pixels[10, 300]) == RED


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_transparent_colour_is_laid_on_black(tmp_path, mode):
    white = WHITE if mode == "RGB" else 255
    Image.new(mode, (320, 320), white).save(tmp_path / "a.png", transparency=white)

    assert decode_image(tmp_path / "a.png").max() == 0


def test_an_embedded_profile_is_converted_to_srgb(tmp_path):
    """A picture tagged as linear light must become brighter in its middle tones."""
    linear = linear_profile()
    picture(tmp_path / "a.png", np.full((320, 320, 3), 64, np.uint8), icc_profile=linear)

    pixels = decode_image(tmp_path / "a.png")

    assert np.abs(pixels.astype(int) - 137).max() <= 2  # the sRGB curve at 64 / 255


def linear_profile():
    """Return the sRGB profile with its tone curves replaced by straight lines."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = int.from_bytes(profile[128:132], "big")
    for i in range(count):
        entry = 132 + 12 * i
        if profile[entry : entry + 4] in (b"rTRC", b"gTRC", b"bTRC"):
            at = int.from_bytes(profile[entry + 4 : entry + 8], "big")
            profile[at : at + 12] = b"curv\0\0\0\0\0\0\0\0"  # a curve of no points is the identity
            profile[entry + 8 : entry + 12] = (12).to_bytes(4, "big")
    return bytes(profile)


def test_a_broken_profile_is_as_good_as_none(tmp_path):
    picture(tmp_path / "a.png", icc_profile=b"no profile at all")

    assert_same_picture(decode_image(tmp_path / "a.png"), gradient(), within=0)


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.gif", "a.bmp"])
@pytest.mark.parametrize("keep", [0.1, 0.5, 0.9])
def test_a_picture_that_is_cut_off_is_invalid(tmp_path, name, keep):
    noise = np.random.default_rng(1).integers(0, 255, (320, 400, 3), np.uint8)

    assert fault_of(cut(picture(tmp_path / name, noise), keep=keep)) in (Fault.INVALID, Fault.UNSUPPORTED)


def test_a_picture_with_more_pixels_than_allowed_is_refused_by_its_header(tmp_path):
    assert fault_of(png(tmp_path / "a.png", width=7000, height=6000)) is Fault.TOO_LARGE
    assert fault_of(png(tmp_path / "b.png", width=20_000, height=20_000)) is Fault.TOO_LARGE
    assert fault_of(png(tmp_path / "c.png", width=12_000, height=12_000)) is Fault.TOO_LARGE


def test_other_formats_are_not_even_tried(tmp_path):
    stored = io.BytesIO()
    Image.fromarray(gradient()).save(stored, "TIFF")
    (tmp_path / "a.png").write_bytes(stored.getvalue())

    assert fault_of(tmp_path / "a.png") is Fault.UNSUPPORTED


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.m4v"])
def test_the_first_and_last_frames_of_a_video_are_found(tmp_path, name):
    path = video(tmp_path / name, frames=73)

    assert np.abs(first_frame_of_video(path).astype(int) - 0).max() <= 3
    assert np.abs(last_frame_of_video(path).astype(int) - 72).max() <= 3


def test_a_turned_video_comes_out_upright(tmp_path):
    path = video(tmp_path / "a.mp4", width=640, height=480, rotation=90, frames=3)

    assert first_frame_of_video(path).shape == (640, 480, 3)


def test_a_file_that_is_no_video_is_invalid(tmp_path):
    (tmp_path / "a.mp4").write_text("#EXTM3U\nfile:///etc/passwd\n")

    with pytest.raises(MediaFault) as caught:
        first_frame_of_video(tmp_path / "a.mp4")

    assert caught.value.fault is Fault.INVALID
