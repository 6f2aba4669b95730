"""The prompt as a small caption on a slate, in a font that is shipped with it.

A caption that holds a character the font lacks is left out: boxes would look like a fault of the picture.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from seedbed.core.sizes import Size
from seedbed.engines.animatic.planes import BLACK_Y, NEUTRAL, WHITE_Y, Bytes, Planes, scale_of

MAX_LINES = 3
LABEL = "storyboard slate"
_LABELS = {"ko": "스토리보드 슬레이트"}
_FONTS = ("caption.otf", "caption-thai.ttf")
_DROPPED = {"Cc", "Cf", "Cs", "Co", "Cn", "So", "Sk"}  # control characters, emoji and what belongs to them
_NOWHERE = "\uffff"  # no font has it: it draws the box of a missing character

Font = ImageFont.FreeTypeFont


@dataclass(frozen=True, slots=True)
class Caption:
    """A strip to lay over the lower part of every frame: see = 255 where the frame shows through."""

    top_px: int
    ink: Planes
    see_y: Bytes
    see_uv: Bytes

    def lay(self, planes: Planes) -> None:
        for plane, ink, see, top in (
            (planes.y, self.ink.y, self.see_y, self.top_px),
            (planes.u, self.ink.u, self.see_uv, self.top_px // 2),
            (planes.v, self.ink.v, self.see_uv, self.top_px // 2),
        ):
            strip = plane[top:]
            cv2.add(cv2.multiply(strip, see, scale=1 / 255), ink, dst=strip)


def readable(text: str) -> str | None:
    """Return the text as one line that the fonts can draw, or None if they cannot draw all of it."""
    kept = (" " if c.isspace() else c for c in unicodedata.normalize("NFC", text))
    line = " ".join("".join(c for c in kept if not _is_dropped(c)).split())
    return line if line and all(_font_of(c) is not None for c in set(line)) else None


def _is_dropped(character: str) -> bool:
    # The variation selectors after emoji count as combining marks.
    return unicodedata.category(character) in _DROPPED or "\ufe00" <= character <= "\ufe0f"


def make_caption(prompt: str, canvas: Size) -> Caption:
    """Set the caption (or only the label, where the prompt cannot be drawn)."""
    scale = scale_of(canvas)
    size_px, small_px, margin = round(25 * scale), round(15 * scale), round(40 * scale)
    text = readable(prompt)
    lines = wrap(text, lambda t: _width(t, size_px), canvas.width_px - 2 * margin) if text else []
    leading = round(size_px * 1.45)
    top = canvas.height_px - margin - leading * len(lines) - round(small_px * 1.9)
    top = max(0, (top - 4 * small_px) // 2 * 2)
    height = canvas.height_px - top
    ink = Image.new("L", (canvas.width_px, height))
    pen = ImageDraw.Draw(ink)
    y = height - margin - leading * len(lines)
    _write(pen, margin, y - round(small_px * 1.9), _label(text or ""), small_px, 170)
    for n, line in enumerate(lines):
        _write(pen, margin, y + n * leading, line, size_px, 245)
    return _over_shade(np.asarray(ink), top)


def _label(text: str) -> str:
    korean = any("가" <= c <= "힣" for c in text)
    return f"{_LABELS['ko']}  ·  {LABEL}" if korean else LABEL


def _over_shade(ink: Bytes, top_px: int) -> Caption:
    """Lay the letters on a shade that darkens the frame towards its lower edge, so that they can be read on snow."""
    height, width = ink.shape
    rise = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    shade = np.broadcast_to(0.62 * rise * rise * (3 - 2 * rise), (height, width))
    glow = cv2.GaussianBlur(ink, (0, 0), max(1.0, height / 60)).astype(np.float32) / 255
    letters = ink.astype(np.float32) / 255
    dark = 1 - (1 - shade) * (1 - 0.5 * glow)
    see = (1 - dark) * (1 - letters)
    luma = BLACK_Y * dark * (1 - letters) + WHITE_Y * letters
    half = (width // 2, height // 2)
    see_uv = cv2.resize(see, half, interpolation=cv2.INTER_AREA)
    see_y, see_uv = ((plane * 255 + 0.5).astype(np.uint8) for plane in (see, see_uv))
    chroma = cv2.convertScaleAbs(255 - see_uv, alpha=NEUTRAL / 255)
    return Caption(top_px, Planes((luma + 0.5).astype(np.uint8), chroma, chroma), see_y, see_uv)


def wrap(text: str, width_of: Callable[[str], float], limit: float) -> list[str]:
    """Break the text into at most MAX_LINES lines, at spaces where there are any; what is left over is an ellipsis."""
    lines: list[str] = []
    rest = text
    while rest and len(lines) < MAX_LINES:
        line = _first_line(rest, width_of, limit)
        lines.append(line.rstrip())
        rest = rest[len(line) :].lstrip()
    if rest:
        last = lines[-1]
        while last and width_of(last + "…") > limit:
            last = last[:-1].rstrip()
        lines[-1] = last + "…"
    return lines


def _first_line(text: str, width_of: Callable[[str], float], limit: float) -> str:
    end = len(text)
    if width_of(text) > limit:
        low, high = 1, end
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if width_of(text[:middle]) <= limit else (low, middle - 1)
        space = text.rfind(" ", 0, low + 1)
        # A space far back means a language without spaces, or one endless word: break where the line is full.
        end = space + 1 if space > low * 0.55 else low
    return text[:end]


@cache
def _font(name: str, size_px: int) -> Font:
    data = (resources.files("seedbed.engines.animatic") / "fonts" / name).read_bytes()
    return ImageFont.truetype(io.BytesIO(data), size_px)


@cache
def _font_of(character: str) -> str | None:
    """Return the first font that has the character."""
    if character == " ":
        return _FONTS[0]
    for name in _FONTS:
        font = _font(name, 24)
        drawn, missing = font.getmask(character), font.getmask(_NOWHERE)
        if drawn.size != missing.size or bytes(drawn) != bytes(missing):
            return name
    return None


def _runs(text: str) -> list[tuple[str, str]]:
    """Split the text where the font changes: (font, run). A space goes with what stands before it."""
    runs: list[tuple[str, str]] = []
    for character in text:
        name = _font_of(character) or _FONTS[0]
        if runs and (runs[-1][0] == name or character == " "):
            runs[-1] = (runs[-1][0], runs[-1][1] + character)
        else:
            runs.append((name, character))
    return runs


def _width(text: str, size_px: int) -> float:
    return sum(_font(name, size_px).getlength(run) for name, run in _runs(text))


def _write(pen: ImageDraw.ImageDraw, x: float, y: float, text: str, size_px: int, light: int) -> None:
    for name, run in _runs(text):
        font = _font(name, size_px)
        pen.text((x, y + size_px), run, fill=light, font=font, anchor="ls")
        x += font.getlength(run)
