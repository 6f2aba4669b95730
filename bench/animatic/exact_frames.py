"""Whether a clip begins and ends with the very pictures it was given: PSNR before encoding, SSIM after.

    python bench/animatic/exact_frames.py [--json FILE]

The pictures have the canvas's shape and the moves begin (or end) at the widest view, so that the promised frame is the
whole picture, averaged down by this script and not by the engine. Targets: 40 dB and 0.97.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import av
import cv2
import numpy as np
from PIL import Image

from seedbed.core.engine import Canvas, LocalReference, RenderTask, Stage
from seedbed.core.references import Kind, Role
from seedbed.core.sizes import Size
from seedbed.engines.animatic.engine import Animatic
from seedbed.engines.animatic.planes import from_rgb, to_rgb
from seedbed.engines.animatic.production import prepare
from seedbed.engines.animatic.subject import SubjectFinder
from seedbed.media.decode import decode_image

SIZES = (Size(864, 496), Size(1280, 720))
FRAMES, FPS = 25, 24
TARGET_DB, TARGET_SSIM = 40.0, 0.97
# Name, prompt, roles of the pictures, and the promised frames: first (0), last (1).
CASES = (
    ("first", "push in, heavy rain", (Role.FIRST_FRAME,), (0,)),
    ("first", "slowly push in, snow", (Role.FIRST_FRAME,), (0,)),
    ("last", "pull out, rain", (Role.LAST_FRAME,), (1,)),
    ("first and last, unlike", "push in", (Role.FIRST_FRAME, Role.LAST_FRAME), (0,)),
    ("first and last, unlike", "pull out, fog", (Role.FIRST_FRAME, Role.LAST_FRAME), (1,)),
)
PAIRS = (("valley.jpg", "dandelion.jpg"), ("fig.jpg", "valley.jpg"), ("dandelion.jpg", "fig.jpg"))


def picture(name: str, size: Size) -> np.ndarray:
    """Return a sample photograph cut to the canvas's shape, at twice its size."""
    pixels = decode_image(Path(str(resources.files("seedbed.samples") / name)))
    height, width = pixels.shape[:2]
    wanted = min(height, round(width * size.height_px / size.width_px))
    cut = pixels[(height - wanted) // 2 :][:wanted]
    return cv2.resize(cut, (2 * size.width_px, 2 * size.height_px), interpolation=cv2.INTER_AREA)


def psnr(one: np.ndarray, other: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / max(1e-9, np.mean((one.astype(np.float64) - other) ** 2))))


def ssim(one: np.ndarray, other: np.ndarray) -> float:
    """Source: Wang et al. 2004, on luma."""

    def calm(plane: np.ndarray) -> np.ndarray:
        return cv2.GaussianBlur(plane, (11, 11), 1.5)

    a, b = one.astype(np.float64), other.astype(np.float64)
    mean_a, mean_b = calm(a), calm(b)
    spread_a, spread_b = calm(a * a) - mean_a**2, calm(b * b) - mean_b**2
    both = calm(a * b) - mean_a * mean_b
    low, high = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    top = (2 * mean_a * mean_b + low) * (2 * both + high)
    return float((top / ((mean_a**2 + mean_b**2 + low) * (spread_a + spread_b + high))).mean())


def rows() -> Iterator[dict[str, object]]:
    finder, engine = SubjectFinder(), Animatic()
    with tempfile.TemporaryDirectory() as place:
        for size in SIZES:
            for pair in PAIRS:
                pictures = [picture(name, size) for name in pair]
                for case in CASES:
                    yield from _case(Path(place), size, pair, pictures, case, finder, engine)


def _case(place, size, pair, pictures, case, finder, engine) -> list[dict[str, object]]:
    name, prompt, roles, promised = case
    sent = []
    for number, role in enumerate(roles):
        path = place / f"{number}.png"
        Image.fromarray(pictures[number]).save(path, compress_level=1)
        sent.append(LocalReference(path, Kind.IMAGE, role, f"mediaUrls[{number}]"))
    task = RenderTask(prompt, Canvas(size, FRAMES, FPS), tuple(sent), 7, wants_audio=True)
    paint = prepare(task, lambda: finder).film.painter()
    engine.make(task, place / "clip.mp4", _quiet)
    with av.open(str(place / "clip.mp4")) as container:
        decoded = [frame.to_ndarray()[: size.height_px, : size.width_px] for frame in container.decode(video=0)]
    found = []
    for end in promised:
        number = end * (FRAMES - 1)
        whole = pictures[end if len(roles) == 2 else 0]
        fitted = cv2.resize(whole, (size.width_px, size.height_px), interpolation=cv2.INTER_AREA)
        row = {"case": name, "prompt": prompt, "size": str(size), "photo": pair[end if len(roles) == 2 else 0]}
        row |= {"frame": number, "psnr_db": psnr(to_rgb(paint(number)), fitted)}
        found.append(row | {"ssim": ssim(decoded[number], from_rgb(fitted).y)})
    return found


def _quiet(stage: Stage, fraction: float, *, preview: bytes | None = None) -> None:
    """Nobody waits for this clip."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the rows there, too")
    wanted = parser.parse_args()
    measured = []
    for row in rows():
        measured.append(row)
        what = f"{row['size']:9} {row['photo']:14} {row['case']:23} {row['prompt']:22} frame {row['frame']:3}"
        print(f"{what}  {row['psnr_db']:6.2f} dB  SSIM {row['ssim']:.4f}", flush=True)
    least_db, least_ssim = (min(float(row[key]) for row in measured) for key in ("psnr_db", "ssim"))
    print(f"promised frames: {least_db:.1f} dB (target {TARGET_DB:g}), SSIM {least_ssim:.4f} (target {TARGET_SSIM})")
    if wanted.json:
        wanted.json.write_text(json.dumps({"psnr_db": least_db, "ssim": least_ssim, "rows": measured}, indent=1))


if __name__ == "__main__":
    main()
