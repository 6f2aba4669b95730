"""Still pictures of a finished clip: a small JPEG to show, and the whole last frame for the next clip to begin with."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from seedbed.core.references import Kind
from seedbed.media.decode import Pixels, decode_image, first_frame_of_video, last_frame_of_video
from seedbed.media.sniff import sniff

POSTER_SIDE_PX = 480
POSTER_QUALITY = 82


def poster_jpeg(path: Path, *, side_px: int = POSTER_SIDE_PX) -> bytes:
    """Return the first frame as a JPEG whose longer side has `side_px`. Raises MediaFault (invalid)."""
    return to_jpeg(first_frame_of_video(path), side_px=side_px)


def small_jpeg(path: Path, *, side_px: int = POSTER_SIDE_PX) -> bytes:
    """Return a picture, or the first frame of a video, as a small JPEG. Raises MediaFault."""
    is_picture = sniff(path).kind is Kind.IMAGE
    return to_jpeg(decode_image(path) if is_picture else first_frame_of_video(path), side_px=side_px)


def to_jpeg(pixels: Pixels, *, side_px: int = POSTER_SIDE_PX) -> bytes:
    """Return (H, W, 3) uint8 sRGB pixels as a small JPEG. A picture is never made larger."""
    picture = Image.fromarray(pixels)
    picture.thumbnail((side_px, side_px), Image.Resampling.LANCZOS)
    return _saved(picture, "JPEG", quality=POSTER_QUALITY)


def last_frame_png(path: Path) -> bytes:
    """Return the last frame in full size, without loss: sRGB. Raises MediaFault (invalid)."""
    return _saved(Image.fromarray(last_frame_of_video(path)), "PNG", compress_level=4)


def _saved(picture: Image.Image, format_name: str, **options: int) -> bytes:
    stored = io.BytesIO()
    picture.save(stored, format_name, **options)
    return stored.getvalue()
