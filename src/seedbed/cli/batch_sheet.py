"""The contact sheet of a batch: a strip of frames for each video that came, with the number of its row."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from seedbed.core.faults import MediaFault
from seedbed.media.contact_sheet import contact_sheet, lay_out

FRAMES = 3
FRAME_WIDTH_PX = 240
_LABEL_PX = 22
_PAPER = (24, 24, 26)


def batch_sheet(clips: Iterable[tuple[int, Path]]) -> Image.Image | None:
    """Lay out strips of clips by row number. None if there is none that can be read."""
    strips = [strip for row, path in clips if (strip := _strip(row, path))]
    if not strips:
        return None
    width, height = max(strip.width for strip in strips), max(strip.height for strip in strips)
    return Image.fromarray(lay_out([_padded(strip, width, height) for strip in strips]))


def _strip(row: int, path: Path) -> Image.Image | None:
    try:
        frames = contact_sheet(path, frames=FRAMES, columns=FRAMES, cell_width_px=FRAME_WIDTH_PX)
    except MediaFault:
        return None  # the service made it, so it is not this table's fault; the file stays to be looked into
    strip = Image.new("RGB", (frames.shape[1], frames.shape[0] + _LABEL_PX), _PAPER)
    strip.paste(Image.fromarray(frames), (0, _LABEL_PX))
    font = ImageFont.load_default(_LABEL_PX - 6)
    ImageDraw.Draw(strip).text((8, 2), f"row {row}", font=font, fill="white")
    return strip


def _padded(strip: Image.Image, width: int, height: int) -> Image.Image:
    padded = Image.new("RGB", (width, height), _PAPER)
    padded.paste(strip, (0, 0))
    return padded
