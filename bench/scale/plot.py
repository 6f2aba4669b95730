"""Draws the figures: how times grow with the past, and what each process brings. Only Pillow is needed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

WIDTH_PX, PANEL_PX, MARGIN_PX = 960, 340, 70
INK, PALE, GRID = "#1d2430", "#8a93a3", "#e3e6eb"
COLOURS = ("#0b6bcb", "#d1495b", "#2e8b57", "#c77d0a", "#6f4fb0")

Line = dict[str, float]


def draw(result: dict[str, Any], out: Path) -> None:
    """Write a PNG with one panel for each part that was measured."""
    panels = []
    if "curves" in result:
        panels += [
            ("p99 in ms, by the number of jobs in the database", _of(result["curves"], "p99_ms")),
            ("a second, by the number of jobs in the database", _of(result["curves"], "per_s")),
        ]
    if "replicas" in result:
        processes = result["replicas"]["processes"]
        lines = {
            name: {size: figures[name]["per_s"] for size, figures in processes.items()} for name in ("poll", "submit")
        }
        panels.append(("requests a second, by the number of API processes", lines))
    image = Image.new("RGB", (WIDTH_PX, PANEL_PX * len(panels)), "white")
    for number, (title, lines) in enumerate(panels):
        _panel(ImageDraw.Draw(image), number * PANEL_PX, title, lines)
    out.parent.mkdir(parents=True, exist_ok=True)
    image.save(out)


def _of(curves: dict[str, dict[str, Line]], figure: str) -> dict[str, Line]:
    return {name: {size: figures[figure] for size, figures in of.items()} for name, of in curves.items()}


def _panel(pen: ImageDraw.ImageDraw, top_px: int, title: str, lines: dict[str, Line]) -> None:
    font, small = ImageFont.load_default(16), ImageFont.load_default(12)
    left, right, bottom = MARGIN_PX, WIDTH_PX - 210, top_px + PANEL_PX - 45
    most = max(value for line in lines.values() for value in line.values()) * 1.1
    pen.text((left, top_px + 14), title, fill=INK, font=font)

    def height(value: float) -> float:
        return bottom - (bottom - top_px - 55) * value / most

    for part in range(5):
        y = height(most * part / 4)
        pen.line((left, y, right, y), fill=GRID)
        pen.text((left - 8, y), f"{most * part / 4:,.3g}", fill=PALE, font=small, anchor="rm")
    names = list(next(iter(lines.values())))
    step = (right - left) / max(1, len(names) - 1)
    for place, name in enumerate(names):
        pen.text((left + place * step, bottom + 10), name, fill=PALE, font=small, anchor="ma")
    for (label, line), colour, row in zip(lines.items(), COLOURS, range(len(lines)), strict=False):
        points = [(left + names.index(name) * step, height(value)) for name, value in line.items()]
        pen.line(points, fill=colour, width=3)
        for x, y in points:
            pen.ellipse((x - 4, y - 4, x + 4, y + 4), fill=colour)
        pen.text((right + 20, top_px + 70 + 22 * row), label, fill=colour, font=small)
