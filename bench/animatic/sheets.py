"""Lays out what the embedded engine draws, so that a person judges by eye: one sheet a photograph, one row a move.

    python bench/animatic/sheets.py [--out FOLDER] [NAME ...]

The first column is the first frame; then the same move with rain, snow, fog and embers, each at another moment. Frames
are taken before encoding, with one seed and no choice among results.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from seedbed.core.engine import Canvas, LocalReference, RenderTask
from seedbed.core.references import Kind, Role
from seedbed.core.sizes import Size
from seedbed.core.timeline import FPS, frame_count
from seedbed.engines.animatic.planes import to_rgb
from seedbed.engines.animatic.production import prepare
from seedbed.engines.animatic.subject import SubjectFinder

ROOT = Path(__file__).resolve().parents[2]
PHOTOGRAPHS = (ROOT / "src/seedbed/samples", ROOT / "tests/e2e/photographs")
SIZE, DURATION_S, SEED = Size(864, 496), 5, 7
CELL = (288, 165)
MARGIN_PX, LABEL_PX = 4, 16
MOVES = ("push in", "pull out", "pan right", "tilt up", "orbit left", "crane up", "dolly zoom", "handheld")
EFFECTS = (("rain", "1.7"), ("snow", "2.9"), ("fog", "4.2"), ("embers", "5.0"))

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Cell:
    label: str
    prompt: str
    moment: str = "0"  # seconds
    photographs: tuple[str, ...] = ()

    @property
    def frame(self) -> int:
        return min(frame_count(DURATION_S) - 1, int(Fraction(self.moment) * FPS))


Rows = Sequence[Sequence[Cell]]


def _moves(photograph: str) -> Rows:
    return [
        [Cell(f"{move}, first frame", move, "0", (photograph,))]
        + [Cell(f"{move}, {effect}", f"{move}, {effect}", moment, (photograph,)) for effect, moment in EFFECTS]
        for move in MOVES
    ]


def _through(
    label: str, prompt: str, *photographs: str, moments: Sequence[str] = ("0", "1.2", "2.5", "3.8", "5")
) -> list[Cell]:
    return [Cell(f"{label}, {moment} s", prompt, moment, photographs) for moment in moments]


def _light(*prompts: str) -> list[Cell]:
    return [Cell(prompt, f"static shot, {prompt}", "2.9", ("valley",)) for prompt in prompts]


SHEETS: dict[str, Rows] = {
    name: _moves(name) for name in ("dandelion", "fig", "dogs", "valley", "stream", "astronaut", "rocket")
} | {
    "layers": [
        _through("orbit", "orbit left", "dandelion"),
        _through("orbit, one layer", "orbit left", "stream"),
        _through("pull out", "pull out", "astronaut"),
    ],
    "light": [
        _light("rain", "snow", "fog", "embers", "dust"),
        _light("candle light", "light leak", "golden hour", "night", "black and white, film grain"),
    ],
    "shots": [
        _through("cuts", "Wide shot. Cut to close-up. Cut to wide shot", "rocket"),
        _through("slate", "A lighthouse by the sea at dawn. Cut to a city at night in the rain"),
        _through("dissolve", "push in", "fig", "valley"),
        _through("dissolve", "pull out", "dandelion", "stream"),
    ],
}


class Studio:
    """Draws cells; the mask network is loaded once, and the same clip is prepared once."""

    def __init__(self) -> None:
        self._finder = SubjectFinder()
        self._last: tuple[tuple[object, ...], Callable[[int], Pixels]] | None = None

    def draw(self, cell: Cell) -> Image.Image:
        wanted = (cell.prompt, cell.photographs)
        if self._last is None or self._last[0] != wanted:
            self._last = (wanted, self._clip(cell))
        picture = Image.fromarray(self._last[1](cell.frame)).resize(CELL, Image.Resampling.LANCZOS)
        board = Image.new("RGB", (CELL[0], CELL[1] + LABEL_PX), "white")
        board.paste(picture, (0, LABEL_PX))
        ImageDraw.Draw(board).text((2, 2), cell.label, fill="black", font=ImageFont.load_default(11))
        return board

    def _clip(self, cell: Cell) -> Callable[[int], Pixels]:
        roles = (Role.FIRST_FRAME, Role.LAST_FRAME)
        references = tuple(
            LocalReference(_photograph(name), Kind.IMAGE, role, name)
            for name, role in zip(cell.photographs, roles, strict=False)
        )
        canvas = Canvas(SIZE, frame_count(DURATION_S), FPS)
        task = RenderTask(cell.prompt, canvas, references, SEED, wants_audio=False)
        paint = prepare(task, lambda: self._finder).film.painter()
        return lambda frame: to_rgb(paint(frame))


def _photograph(name: str) -> Path:
    return next(path for folder in PHOTOGRAPHS if (path := folder / f"{name}.jpg").exists())


def sheet_of(rows: Rows, studio: Studio) -> Image.Image:
    width_px, height_px = CELL[0] + MARGIN_PX, CELL[1] + LABEL_PX + MARGIN_PX
    board = Image.new("RGB", (width_px * max(map(len, rows)), height_px * len(rows)), "white")
    for y, row in enumerate(rows):
        for x, cell in enumerate(row):
            board.paste(studio.draw(cell), (x * width_px, y * height_px))
    return board


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[[], *SHEETS], help="which sheets; all of them by default")
    parser.add_argument("--out", type=Path, default=ROOT / "docs/animatic")
    wanted = parser.parse_args()
    studio = Studio()
    for name in wanted.names or SHEETS:
        sheet_of(SHEETS[name], studio).save(wanted.out / f"{name}.jpg", quality=55, optimize=True)
        print(name, flush=True)


if __name__ == "__main__":
    main()
