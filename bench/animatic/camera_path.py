"""How far the drawn picture is from where the asked camera path puts it, and how much it flickers on the way.

    python bench/animatic/camera_path.py [--json FILE]

Path: points are followed through the drawn frames (pyramidal Lucas-Kanade, there and back) and compared with where the
path and the depth of the scene put them. Flicker: each frame is carried onto its neighbour along measured dense flow;
what luma is still different, on average, is flicker. Luma is averaged over a pixel's neighbours first (sigma 0.8), for
the rounding of two frames to 8 bits alone differs by a third of a step; `raw` is without that. Both on 1280x720,
without weather. Targets: 1.5 px and 0.5 of 255.
"""

from __future__ import annotations

import argparse
import json
from importlib import resources
from pathlib import Path

import cv2
import numpy as np

from seedbed.core.engine import Canvas
from seedbed.core.shotplan.planner import plan_shot
from seedbed.core.sizes import Size
from seedbed.engines.animatic.camera import plan_path
from seedbed.engines.animatic.lexicons import load_lexicons
from seedbed.engines.animatic.stage import depth_of, look_at, parallax_of, set_stage
from seedbed.engines.animatic.subject import SubjectFinder
from seedbed.engines.animatic.warp import Stage, Warper
from seedbed.media.decode import decode_image

PHOTOS = ("valley.jpg", "dandelion.jpg", "fig.jpg")
MOVES = ("push in", "pull out", "pan right", "tilt up", "truck left", "orbit right", "roll right", "aerial", "handheld")
CANVAS = Canvas(Size(1280, 720), 49, 24)
STEP = 6  # frames between two looks at the points
TARGET_PX, TARGET_FLICKER = 1.5, 0.5


def staged(photo: str, move: str, finder: SubjectFinder) -> Stage:
    pixels = decode_image(Path(str(resources.files("seedbed.samples") / photo)))
    look = look_at(pixels, CANVAS.size, finder)
    plan, depth = plan_shot(move, load_lexicons(), look.traits), depth_of(look)
    path = plan_path(plan, frames=CANVAS.frames, fps=CANVAS.fps, focus=depth.focus, trust=parallax_of(look), seed=7)
    return set_stage(look, CANVAS.size, depth, path)


def lookup(grid: np.ndarray, points: np.ndarray) -> np.ndarray:
    at = points.astype(np.float32)[None]
    return cv2.remap(grid.astype(np.float32), at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0]


def where(stage: Stage, points: np.ndarray, disparity: np.ndarray, frame: int) -> np.ndarray:
    """Return where points (n, 2) of the scaled picture are seen on the canvas: the path's own formula, forwards."""
    view, path, canvas = stage.view, stage.view.path, stage.canvas
    center = np.array([view.center_x[frame], view.center_y[frame]])
    side = np.array([path.side_x[frame] * canvas.width_px, path.side_y[frame] * canvas.height_px])
    rays = (points - center - disparity[:, None] * side) / (1 - path.forward[frame] * disparity)[:, None]
    seen = rays * path.zoom[frame]
    turn, swing = path.roll[frame], path.swing[frame] / canvas.width_px
    seen = seen @ np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    seen = seen / (1 - swing * seen[:, :1])
    return seen + np.array([canvas.width_px / 2, canvas.height_px / 2])


def path_error_px(stage: Stage) -> float:
    """Return the mean end-point error over all points and looks."""
    draw = Warper(stage).draw
    luma = draw(0)[0].y
    corners = cv2.goodFeaturesToTrack(luma, 400, 0.01, 12)[:, 0]
    points, disparity, sure = grounded(stage, corners)
    points, disparity, tracked = points[sure], disparity[sure], corners[sure]
    misses = []
    for frame in range(STEP, CANVAS.frames, STEP):
        after = draw(frame)[0].y
        tracked, good = followed(luma, after, tracked)
        tracked, points, disparity, luma = tracked[good], points[good], disparity[good], after
        misses.append(np.linalg.norm(tracked - where(stage, points, disparity, frame), axis=1))
    return float(np.concatenate(misses).mean())


def grounded(stage: Stage, corners: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the picture's points under canvas points of frame 0, their disparity, and which are clear of edges."""
    view, crop, canvas = stage.view, stage.crop, stage.canvas
    middle = np.array([canvas.width_px / 2, canvas.height_px / 2])
    # The corners lie on whole pixels, whose middles are half a pixel on.
    points = (corners + 0.5 - middle) / view.path.zoom[0] + (view.center_x[0], view.center_y[0])
    fit = np.array([stage.depth.behind.shape[1] / crop.width_px, stage.depth.behind.shape[0] / crop.height_px])
    behind, near = (lookup(grid, points * fit - 0.5) for grid in (stage.depth.behind, stage.depth.subject))
    if stage.layers.subject is None:
        return points - 0.5 / view.path.zoom[0], behind, np.ones(len(points), bool)
    region = stage.layers.region
    through = np.ascontiguousarray(stage.layers.subject.through_y)
    own = (points - (region.origin_x, region.origin_y)) * (region.fine_x, region.fine_y) - 0.5
    wide = np.ones((25, 25), np.uint8)
    inside, outside = lookup(cv2.dilate(through, wide), own) < 3, lookup(cv2.erode(through, wide), own) > 252
    return points - 0.5 / view.path.zoom[0], np.where(inside, near, behind), inside | outside


def followed(before: np.ndarray, after: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where the points went, and which of them come back to where they were and are not near the rim."""
    options = {"winSize": (21, 21), "maxLevel": 4}
    there, found, _ = cv2.calcOpticalFlowPyrLK(before, after, points[:, None].astype(np.float32), None, **options)
    back, _, _ = cv2.calcOpticalFlowPyrLK(after, before, there, None, **options)
    there = there[:, 0]
    kept = (found[:, 0] == 1) & (np.linalg.norm(back[:, 0] - points, axis=1) < 0.3)
    rim = np.array([CANVAS.size.width_px, CANVAS.size.height_px])
    return there, kept & ((there > 24) & (there < rim - 24)).all(1)


def flicker(stage: Stage) -> dict[str, float]:
    """Return the mean luma difference of neighbours in the middle of the clip, one carried onto the other."""
    draw = Warper(stage).draw
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    height, width = CANVAS.size.height_px, CANVAS.size.width_px
    grid = np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1).astype(np.float32)
    found: dict[str, list[float]] = {"flicker": [], "raw": []}
    middle = CANVAS.frames // 2
    for frame in range(middle - 2, middle + 2):
        one, other = draw(frame)[0].y, draw(frame + 1)[0].y
        flow = search.calc(one, other, np.zeros((height, width, 2), np.float32))
        carried = cv2.remap(other, grid + flow, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        found["raw"].append(float(cv2.absdiff(one, carried)[24:-24, 24:-24].mean()))
        calm = [cv2.GaussianBlur(each.astype(np.float32), (0, 0), 0.8) for each in (one, carried)]
        found["flicker"].append(float(cv2.absdiff(*calm)[24:-24, 24:-24].mean()))
    return {name: float(np.mean(values)) for name, values in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the rows there, too")
    wanted = parser.parse_args()
    finder, rows = SubjectFinder(), []
    for photo in PHOTOS:
        for move in MOVES:
            stage = staged(photo, move, finder)
            rows.append({"photo": photo, "move": move, "error_px": path_error_px(stage), **flicker(stage)})
            print("{photo:14} {move:12} {error_px:5.2f} px  flicker {flicker:.3f} (raw {raw:.3f})".format(**rows[-1]))
    error, unrest = (max(float(row[key]) for row in rows) for key in ("error_px", "flicker"))
    print(f"largest: {error:.2f} px (target {TARGET_PX}), flicker {unrest:.3f} of 255 (target {TARGET_FLICKER})")
    if wanted.json:
        wanted.json.write_text(json.dumps({"error_px": error, "flicker": unrest, "rows": rows}, indent=1))


if __name__ == "__main__":
    main()
