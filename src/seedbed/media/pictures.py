"""Turns a picture file into pixels.

Whatever the file holds (any bit depth, palette, CMYK, an embedded profile, transparency, a turned camera), what comes
out is one kind of array: (H, W, 3) uint8, sRGB, full range, upright, laid on black. Hostile files are met here too:
untrusted ones pass a limited child process first (`media.sandbox`), and only our formats' decoders are ever tried.
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from seedbed.core.faults import Fault, MediaFault

Pixels = npt.NDArray[np.uint8]

PILLOW_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
MAX_PIXELS = 6000 * 6000
# What an ICC profile calls its device colours, and the Pillow mode that holds them.
MODE_OF_PROFILE = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}
# What Pillow's decoders raise for files that are broken in one way or another.
BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, struct.error, zlib.error)
IS_BROKEN = "the picture is broken or cut off and cannot be decoded"


def decode_image(path: Path, *, max_pixels: int = MAX_PIXELS) -> Pixels:
    """Return the (first) picture of a jpg, png, webp, gif or bmp file: (H, W, 3) uint8, sRGB, full range, upright.

    Transparent parts are laid on black. Raises MediaFault: unsupported, too large (before a pixel is decoded), invalid.
    """
    with open_image(path, max_pixels=max_pixels) as picture, _quiet():
        try:
            picture.load()
            opaque = _laid_on_black(_eight_bits(_upright(picture)))
        except BROKEN as exc:
            raise MediaFault(Fault.INVALID, IS_BROKEN) from exc
        return np.array(_in_srgb(opaque, picture.info.get("icc_profile")), dtype=np.uint8)


def open_image(path: Path, *, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """Open a picture and read its header only. Its size is the stored one, before it is turned upright.

    The caller closes it. Raises MediaFault: unsupported, too large, invalid.
    """
    try:
        with _quiet():
            picture = Image.open(path, formats=PILLOW_FORMATS)
    except UnidentifiedImageError as exc:
        raise MediaFault(Fault.UNSUPPORTED, "this is not a readable jpg, png, webp, gif or bmp picture") from exc
    except Image.DecompressionBombError as exc:
        raise MediaFault(Fault.TOO_LARGE, f"the picture has far more than {max_pixels} pixels") from exc
    except BROKEN as exc:
        raise MediaFault(Fault.INVALID, IS_BROKEN) from exc
    if picture.width * picture.height > max_pixels:
        size = f"{picture.width}x{picture.height}"
        picture.close()
        raise MediaFault(Fault.TOO_LARGE, f"the picture is {size} pixels large; at most {max_pixels} in all are taken")
    return picture


def is_turned_sideways(picture: Image.Image) -> bool:
    """Say whether its EXIF orientation swaps width and height."""
    return _orientation(picture) >= 5


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence Pillow's warnings: what matters becomes a MediaFault, the rest is a stranger's sloppy file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _orientation(picture: Image.Image) -> int:
    """Return the EXIF orientation, 1..8. A broken EXIF block counts as none: the picture itself may be sound."""
    try:
        with _quiet():
            orientation = picture.getexif().get(0x0112, 1)
    except BROKEN:
        return 1
    return orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1


def _upright(picture: Image.Image) -> Image.Image:
    return ImageOps.exif_transpose(picture) if _orientation(picture) > 1 else picture


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Return 16-bit grey as 8-bit grey. Pillow's own conversion clips instead of scaling."""
    if not picture.mode.startswith("I"):
        return picture
    grey = np.asarray(picture).astype(np.int64)
    eight = ((np.clip(grey, 0, 65535) * 255 + 32767) // 65535).astype(np.uint8)
    transparent = picture.info.get("transparency")
    if isinstance(transparent, int):
        eight[grey == transparent] = 0
    return Image.fromarray(eight)


def _laid_on_black(picture: Image.Image) -> Image.Image:
    """Return it opaque, in mode RGB, L or CMYK, still in its own colour space."""
    if picture.has_transparency_data:
        layer = picture.convert("RGBA")
        black = Image.new("RGB", picture.size)
        black.paste(layer, mask=layer.getchannel("A"))
        return black
    return picture if picture.mode in ("RGB", "L", "CMYK") else picture.convert("RGB")


def _in_srgb(picture: Image.Image, icc_profile: bytes | None) -> Image.Image:
    """Return it in mode RGB, through its profile where that can be read; a broken profile is as good as none."""
    if icc_profile:
        try:
            profile = ImageCms.ImageCmsProfile(io.BytesIO(icc_profile))
            mode = MODE_OF_PROFILE.get(profile.profile.xcolor_space.strip())
            if mode == picture.mode or (mode == "L" and picture.mode == "RGB"):
                return _through_profile(picture.convert(mode), profile)
        except (ImageCms.PyCMSError, OSError, ValueError):
            return picture.convert("RGB")
    return picture.convert("RGB")


def _through_profile(picture: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    converted = ImageCms.profileToProfile(picture, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    return converted if converted is not None else picture.convert("RGB")
