"""One picture of a whole clip: frames at even distances, so that a person can judge it at a glance.

Frames are counted before they are decoded and made small at once, so that a long clip takes no more memory.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from av.container import InputContainer
from PIL import Image, ImageDraw, ImageFont

from seedbed.core.faults import Fault, MediaFault
from seedbed.media.containers import open_container
from seedbed.media.decode import NO_FRAME, Pixels, to_pixels

FRAMES = 12
CELL_WIDTH_PX = 400
_GAP_PX = 6
_PAPER = (24, 24, 26)


def contact_sheet(
    path: Path, *, frames: int = FRAMES, columns: int | None = None, cell_width_px: int = CELL_WIDTH_PX
) -> Pixels:
    """Lay out frames of an mp4, mov or m4v file, the first and the last among them: (H, W, 3) uint8, sRGB.

    Each frame has its time on it. A clip of fewer frames shows them all. Raises MediaFault (invalid).
    """
    with open_container(path, "mp4") as container:
        wanted = _spread_out(_count(container), frames)
    with open_container(path, "mp4") as container:
        cells = _cells(container, wanted, cell_width_px)
    if not cells:
        raise MediaFault(Fault.INVALID, NO_FRAME)
    return lay_out(cells, columns=columns)


def lay_out(cells: list[Image.Image], *, columns: int | None = None) -> Pixels:
    """Lay pictures of one size out in rows: (H, W, 3) uint8, sRGB. Without `columns` the sheet is about 16:10."""
    width, height = cells[0].size
    columns = columns or max(1, min(len(cells), round(math.sqrt(len(cells) * height / width * 1.6))))
    rows = math.ceil(len(cells) / columns)
    step_x, step_y = width + _GAP_PX, height + _GAP_PX
    sheet = Image.new("RGB", (columns * step_x + _GAP_PX, rows * step_y + _GAP_PX), _PAPER)
    for place, cell in enumerate(cells):
        sheet.paste(cell, (_GAP_PX + place % columns * step_x, _GAP_PX + place // columns * step_y))
    return np.asarray(sheet)


def _count(container: InputContainer) -> int:
    """Return how many frames the clip has; a header may lie, packets do not."""
    if not container.streams.video:
        return 0
    return sum(1 for packet in container.demux(video=0) if packet.size)


def _spread_out(total: int, wanted: int) -> list[int]:
    """Return which of `total` frames to show: evenly apart, the first and the last among them."""
    return sorted({round(place) for place in np.linspace(0, total - 1, max(1, min(wanted, total)))}) if total else []


def _cells(container: InputContainer, wanted: list[int], width_px: int) -> list[Image.Image]:
    cells: list[Image.Image] = []
    if wanted:
        for number, frame in enumerate(container.decode(video=0)):
            if number in wanted:
                picture = Image.fromarray(to_pixels(frame))
                height_px = max(1, round(picture.height * width_px / picture.width))
                cells.append(_labelled(picture.resize((width_px, height_px), Image.Resampling.LANCZOS), frame.time))
    return cells


def _labelled(cell: Image.Image, time_s: float | None) -> Image.Image:
    if time_s is not None:
        size_px = max(9, cell.width // 26)
        ImageDraw.Draw(cell).text(
            (size_px // 2, size_px // 3),
            f"{time_s:.2f} s",
            font=ImageFont.load_default(size_px),
            fill="white",
            stroke_width=max(1, size_px // 9),
            stroke_fill="black",
        )
    return cell
