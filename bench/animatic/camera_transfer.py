"""How truly the camera of a reference video is taken over: known paths over photographs, as correlations.

    python bench/animatic/camera_transfer.py [--json FILE]

Each reference is a photograph seen along a path that is known to the last digit, encoded as an ordinary MP4. What is
compared is the path that the engine's camera then takes, after everything that makes it fit the picture. Target: 0.98.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import fields
from importlib import resources
from pathlib import Path

import av
import cv2
import numpy as np

from seedbed.core.engine import Canvas, LocalReference
from seedbed.core.references import Kind, Role
from seedbed.core.shotplan.plan import ShotPlan
from seedbed.core.sizes import Size
from seedbed.engines.animatic import camera
from seedbed.engines.animatic.framing import Crop
from seedbed.engines.animatic.motion_path import guide_of
from seedbed.media.decode import decode_image

PHOTOS = ("valley.jpg", "dogs.jpg", "fig.jpg", "dandelion.jpg")
WIDTH_PX, HEIGHT_PX, FRAMES, FPS = 640, 360, 96, 24
CANVAS = Canvas(Size(1280, 720), FRAMES, FPS)
NAMES = ("zoom", "roll", "pan_x", "pan_y")
TARGET = 0.98

Course = dict[str, np.ndarray]


def courses() -> dict[str, Course]:
    """Return the true paths: natural logarithm of the zoom, radians, shares of the frame."""
    seconds = np.arange(FRAMES) / FPS
    share = np.linspace(0, 1, FRAMES)
    ease = share * share * (3 - 2 * share)

    def shake(place: int, hertz: float) -> np.ndarray:
        waves = [np.sin(2 * np.pi * hertz * 1.83**n * seconds + place + 2.4 * n) / 1.5**n for n in range(4)]
        return np.sum(waves, axis=0) / 1.6

    hand = {"zoom": 0.006 * shake(4, 0.4), "roll": 0.0096 * shake(2, 0.33)}
    hand |= {"pan_x": 0.012 * shake(0, 0.45), "pan_y": 0.014 * shake(1, 0.52)}
    dance = {"zoom": 0.25 * ease, "roll": 0.09 * np.sin(4 * share)}
    dance |= {"pan_x": -0.2 * ease, "pan_y": 0.1 * np.sin(3 * share)}
    return {
        "pan": {"pan_x": 0.3 * ease},
        "tilt": {"pan_y": -0.25 * ease},
        "zoom in": {"zoom": 0.4 * ease},
        "zoom out": {"zoom": -0.35 * ease},
        "roll": {"roll": 0.14 * ease},
        "hand-held": hand,
        "all at once": dance,
        "all, hand-held": {name: dance[name] + hand[name] for name in NAMES},
        "there and back": {"pan_x": 0.25 * np.sin(np.pi * share), "zoom": 0.2 * np.sin(np.pi * share)},
    }


def views(photo: np.ndarray, course: Course) -> Iterator[np.ndarray]:
    """Yield what the camera sees: (360, 640, 3) uint8 RGB."""
    rows, columns = photo.shape[:2]
    nearest = 1.45 * max(WIDTH_PX / columns, HEIGHT_PX / rows)
    still = np.zeros(FRAMES)
    for zoom, roll, x, y in zip(*(course.get(name, still) for name in NAMES), strict=True):
        turn = np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]]) / (nearest * np.exp(zoom))
        middle = np.array([columns / 2 + x * WIDTH_PX / nearest, rows / 2 + y * HEIGHT_PX / nearest])
        matrix = np.column_stack([turn, middle - turn @ [WIDTH_PX / 2, HEIGHT_PX / 2]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        yield cv2.warpAffine(photo, matrix, (WIDTH_PX, HEIGHT_PX), flags=flags, borderMode=cv2.BORDER_REFLECT)


def write(path: Path, frames: Iterator[np.ndarray]) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"crf": "23", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuv420p"
        for pixels in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))


def followed(path: Path) -> Course:
    """Return the path of the engine's camera over a picture of the canvas's shape."""
    plan = ShotPlan(())
    guide = guide_of(LocalReference(path, Kind.VIDEO, Role.REFERENCE_VIDEO, "video"), plan, CANVAS)
    width, height = float(CANVAS.size.width_px), float(CANVAS.size.height_px)
    crop = Crop(1.0, width, height, width / 2, height / 2, width / 2, height / 2)
    still = camera.Path(
        **{each.name: np.ones(FRAMES) if each.name == "zoom" else np.zeros(FRAMES) for each in fields(camera.Path)}
    )
    moved = guide.moved(still, crop, CANVAS.size, trust=1.0)
    return {name: getattr(moved, name) for name in NAMES} | {"zoom": np.log(moved.zoom)}


def rows() -> list[dict[str, object]]:
    """Measure every course over every photograph. `worst` is the smallest correlation of a direction that moves."""
    measured: list[dict[str, object]] = []
    folder = resources.files("seedbed.samples")
    with tempfile.TemporaryDirectory() as place:
        for photo in PHOTOS:
            pixels = decode_image(Path(str(folder / photo)))
            height = round(1280 * pixels.shape[0] / pixels.shape[1])
            pixels = cv2.resize(pixels, (1280, height), interpolation=cv2.INTER_AREA)
            for name, course in courses().items():
                path = Path(place) / "reference.mp4"
                write(path, views(pixels, course))
                begun = time.process_time()
                found = followed(path)
                spent_ms = 1000 * (time.process_time() - begun) / FRAMES
                likeness = {k: float(np.corrcoef(track, found[k])[0, 1]) for k, track in course.items()}
                row = {"photo": photo, "course": name, "likeness": likeness, "worst": min(likeness.values())}
                measured.append(row | {"cpu_ms_per_frame": spent_ms})
    return measured


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the rows there, too")
    wanted = parser.parse_args()
    measured = rows()
    for row in measured:
        said = "  ".join(f"{name} {value:.4f}" for name, value in row["likeness"].items())
        print(f"{row['photo']:15} {row['course']:15} {row['cpu_ms_per_frame']:5.1f} ms  {said}")
    worst = min(float(row["worst"]) for row in measured)
    print(f"camera taken over from a reference video: worst correlation {worst:.4f} (target {TARGET})")
    if wanted.json:
        wanted.json.write_text(json.dumps({"worst": worst, "target": TARGET, "rows": measured}, indent=1))


if __name__ == "__main__":
    main()
