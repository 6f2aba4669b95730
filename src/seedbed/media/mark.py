"""The visible mark: a few letters in the lower right corner that tell people that a clip is synthetic.

White on a soft shade, so that it can be read on snow as well as at night. The machine-readable mark is another thing,
and every file bears it (`core.engine.marks`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from seedbed.core.sizes import Size
from seedbed.media.pictures import Pixels

TEXT = "Synthetic · Seedbed"
LETTERS = 0.9  # how much of the white covers what is behind
SHADE = 0.45

Share = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Mark:
    """Where it lies (even numbers, as chroma needs) and how much each pixel is covered, (H, W) 0..1.

    First `shade` darkens, then `letters` whiten.
    """

    left_px: int
    top_px: int
    shade: Share
    letters: Share


def mark_for(canvas: Size) -> Mark:
    """Return the mark for a canvas: letters of about a thirtieth of its shorter side."""
    size_px = max(13, round(min(canvas.width_px, canvas.height_px) * 0.031))
    font = ImageFont.load_default(size_px)
    margin = max(6, round(size_px * 0.55))
    left, top, right, bottom = font.getbbox(TEXT, anchor="ls")
    width, height = _even(right - left + 2 * margin), _even(bottom - top + 2 * margin)
    ink = Image.new("L", (width, height))
    ImageDraw.Draw(ink).text((margin - left, margin - top), TEXT, fill=255, font=font, anchor="ls")
    glow = ink.filter(ImageFilter.MaxFilter(5)).filter(ImageFilter.GaussianBlur(size_px / 6))
    return Mark(
        left_px=(canvas.width_px - width) // 2 * 2,
        top_px=(canvas.height_px - height) // 2 * 2,
        shade=_share(glow) * np.float32(SHADE),
        letters=_share(ink) * np.float32(LETTERS),
    )


def marked(pixels: Pixels, mark: Mark) -> Pixels:
    """Return a copy of (H, W, 3) uint8 sRGB pixels of the canvas's size, with the mark on it."""
    height, width = mark.letters.shape
    place = (slice(mark.top_px, mark.top_px + height), slice(mark.left_px, mark.left_px + width))
    out = pixels.copy()
    letters, seen = mark.letters[..., None], (1 - mark.shade[..., None])
    out[place] = (out[place] * seen * (1 - letters) + 255 * letters + 0.5).astype(np.uint8)
    return out


def _even(number: float) -> int:
    return (int(number) + 1) // 2 * 2


def _share(picture: Image.Image) -> Share:
    return np.asarray(picture, np.float32) / np.float32(255)
