"""Small pictures and tasks for tests of the animatic, and a subject finder that already knows the answer."""

from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from seedbed.core.engine import Canvas, LocalReference, RenderTask
from seedbed.core.references import Kind, Role
from seedbed.core.sizes import Size
from seedbed.engines.animatic.production import prepare
from seedbed.engines.animatic.subject import describe

SMALL = Size(320, 180)


class KnownSubject:
    """Stands in for the network: finds the given mask in any picture."""

    def __init__(self, mask):
        self.mask = mask

    def find(self, _rgb):
        return describe(self.mask)


NOBODY = KnownSubject(np.zeros((320, 320), np.float32))


def somebody():
    """A disc in the middle, with a sharp edge."""
    mask = np.zeros((320, 320), np.float32)
    cv2.circle(mask, (160, 160), 60, 1.0, -1)
    return KnownSubject(mask)


def texture(width=640, height=360, seed=3):
    """(H, W, 3) uint8: blobs of many sizes, soft enough to be resampled, rich enough to be followed."""
    chance = np.random.default_rng(seed)
    total = np.zeros((height, width, 3), np.float32)
    for cells in (6, 14, 30):
        grid = chance.random((cells, cells * 16 // 9, 3)).astype(np.float32)
        total += cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC) / 3
    return np.clip(40 + 180 * total, 0, 255).astype(np.uint8)


def save(folder, pixels, name="picture.png"):
    path = Path(folder) / name
    Image.fromarray(pixels).save(path)
    return path


def reference(path, role=Role.FIRST_FRAME, position=0, kind=Kind.IMAGE):
    return LocalReference(Path(path), kind, role, f"mediaUrls[{position}]")


def task(prompt, *references, size=SMALL, frames=25, seed=7):
    return RenderTask(prompt, Canvas(size, frames, 24), tuple(references), seed, wants_audio=True)


def film_of(made, subject=NOBODY):
    """Return a function from frame number to planes."""
    return prepare(made, lambda: subject).film.painter()


def psnr(one, other):
    error = np.mean((one.astype(np.float64) - other.astype(np.float64)) ** 2)
    return 99.0 if error == 0 else 10 * np.log10(255**2 / error)


def motion(before, after):
    """Follow points from one luma plane to another: (scale, angle in radians, shift x, shift y) about the middle."""
    points = cv2.goodFeaturesToTrack(before, 300, 0.01, 6)
    moved, status, _ = cv2.calcOpticalFlowPyrLK(before, after, points, None, winSize=(25, 25), maxLevel=4)
    middle = np.array([before.shape[1] / 2, before.shape[0] / 2], np.float32)
    good = status.ravel() == 1
    matrix, _ = cv2.estimateAffinePartial2D(points[good] - middle, moved[good] - middle)
    return np.hypot(matrix[0, 0], matrix[1, 0]), np.arctan2(matrix[1, 0], matrix[0, 0]), matrix[0, 2], matrix[1, 2]
