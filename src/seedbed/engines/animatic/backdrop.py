"""What stands behind the subject: made up where a move will uncover it, from pieces of the same picture near by.

The hole is closed ring by ring from its rim. Each point takes the offset to whichever known point near by has the most
similar surroundings, and tries the offsets of its neighbours first, so that whole pieces are carried over and neither a
smear nor a mirrored ghost remains. Deeper in than any move looks, a smooth filling does.
Source: Efros and Leung 1999, non-parametric sampling; Ashikhmin 2001, coherent synthesis.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from seedbed.engines.animatic.edges import fill
from seedbed.engines.animatic.planes import Bytes, Floats

_WIDTH_PX = 176  # of the picture on which pieces are compared
_RIM_SHARE = 0.011  # of the width: how far a subject's glow and loose hair reach beyond its edge
_DEEP_SHARE = 0.06  # of the width: no move uncovers more than this
_FAR_SHARE = 0.16  # of the width: how far a piece may come from
_REACH = 3  # of the compared surroundings, in small pixels
_STEP = 2  # of the compared points: every other one says enough
_TRIES = 14  # chance candidates a point
_COHERENCE = 0.6  # how much more alike a piece must be than the one a neighbour comes from
_FEWEST_SOURCES = 300
_COARSE_SIGMA = 1.2  # small pixels; what is coarser is blended, what is finer is copied

_AROUND = tuple((dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dy or dx)

Points = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class _Hole:
    """On the small picture: what is unknown, and which points have known surroundings to offer. (h, w) bool."""

    unknown: npt.NDArray[np.bool_]
    offered: npt.NDArray[np.bool_]


def paint_behind(rgb: Bytes, opacity: Floats) -> Bytes:
    """Return (H, W, 3) uint8 with what is opaque (h, w, 0..1) painted over by its surroundings."""
    height, width = rgb.shape[:2]
    small_size = (_WIDTH_PX, max(16, round(_WIDTH_PX * height / width)))
    small = cv2.resize(rgb, small_size, interpolation=cv2.INTER_AREA).astype(np.float32)
    cover = cv2.resize(opacity, small_size, interpolation=cv2.INTER_AREA)
    hole = _hole_in(cover)
    smooth = fill(small, 1 - hole.unknown.astype(np.float32))
    if int(hole.offered.sum()) < _FEWEST_SOURCES:
        painted = _enlarged(smooth, width, height)
    else:
        image, offsets = _synthesised(small, smooth, hole)
        soft = [cv2.GaussianBlur(each, (0, 0), _COARSE_SIGMA) for each in (image, small)]
        painted = _enlarged(soft[0], width, height)
        _add_detail(painted, rgb, _enlarged(soft[1], width, height), offsets)
    # The seam lies outside the hole, where both sides show the same known picture.
    painted = cv2.addWeighted(painted, 1, painted, 0, 0, dtype=cv2.CV_8U)
    share = cv2.GaussianBlur(hole.unknown.astype(np.float32), (0, 0), 0.8)
    weight = np.clip(cv2.resize(share, (width, height), interpolation=cv2.INTER_LINEAR) * 2, 0, 1)
    return cv2.blendLinear(painted, rgb, weight, 1 - weight)


def _hole_in(cover: Floats) -> _Hole:
    rim = 2 * max(1, round(_RIM_SHARE * _WIDTH_PX)) + 1
    subject = (cover > 0.04).astype(np.uint8)
    unknown = cv2.dilate(subject, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (rim, rim)))
    window = np.ones((2 * _REACH + 1, 2 * _REACH + 1), np.uint8)
    offered = 1 - cv2.dilate(unknown, window)
    offered[:_REACH] = offered[-_REACH:] = 0
    offered[:, :_REACH] = offered[:, -_REACH:] = 0
    return _Hole(unknown > 0, offered > 0)


def _enlarged(image: Floats, width_px: int, height_px: int) -> Floats:
    return cv2.resize(image, (width_px, height_px), interpolation=cv2.INTER_CUBIC)


def _synthesised(small: Floats, smooth: Floats, hole: _Hole) -> tuple[Floats, Points]:
    """Return the small picture closed, and for each point the offset (h, w, 2; rows first) of where it came from."""
    chance = np.random.default_rng(1)  # the same picture gets the same background, whatever the clip's seed
    image = np.where(hole.unknown[..., None], smooth, small)
    known = ~hole.unknown
    offsets = np.zeros((*known.shape, 2), np.intp)
    depth_px = cv2.distanceTransform(hole.unknown.astype(np.uint8), cv2.DIST_L2, 5)
    for ring in range(1, round(_DEEP_SHARE * _WIDTH_PX) + 1):
        points = np.argwhere(hole.unknown & (depth_px > ring - 1) & (depth_px <= ring))
        if not len(points):
            break
        best = _most_similar(image, known, hole.offered, points, _candidates(points, offsets, chance))
        found = hole.offered[tuple((points + best).T)]
        points, best = points[found], best[found]
        rows, columns = points.T
        offsets[rows, columns] = best
        image[rows, columns] = image[rows + best[:, 0], columns + best[:, 1]]
        known[rows, columns] = True
    return image, offsets


def _candidates(points: Points, offsets: Points, chance: np.random.Generator) -> Points:
    """Return (points, candidates, 2): the offsets of the neighbours, then chance ones."""
    height, width = offsets.shape[:2]
    rows, columns = points.T
    near = [offsets[np.clip(rows + dy, 0, height - 1), np.clip(columns + dx, 0, width - 1)] for dy, dx in _AROUND]
    far = round(_FAR_SHARE * width)
    tried = chance.integers(-far, far + 1, (len(points), _TRIES, 2))
    return np.concatenate([np.stack(near, 1), tried], 1)


def _most_similar(
    image: Floats, known: npt.NDArray[np.bool_], offered: npt.NDArray[np.bool_], points: Points, candidates: Points
) -> Points:
    """Return the candidate (points, 2) whose surroundings differ least from what is known around each point."""
    height, width = known.shape
    reach = np.arange(-_REACH, _REACH + 1, _STEP)
    window = np.stack(np.meshgrid(reach, reach, indexing="ij"), -1).reshape(-1, 2)
    target = points[:, None] + window
    inside = ((target >= 0) & (target < (height, width))).all(-1)
    at = (np.clip(target[..., 0], 0, height - 1), np.clip(target[..., 1], 0, width - 1))
    weight = (known[at] & inside).astype(np.float32)
    wanted = image[at]
    source = points[:, None] + candidates
    sound = ((source >= 0) & (source < (height, width))).all(-1)
    source = np.clip(source, 0, (height - 1, width - 1))
    sound &= offered[source[..., 0], source[..., 1]]
    # What is offered lies far enough from the picture's rim for the whole window; of the rest nothing is chosen.
    places = (source @ (width, 1))[..., None] + window @ (width, 1)
    miss = image.reshape(-1, 3).take(places, axis=0, mode="clip") - wanted[:, None]
    cost = np.einsum("pcwk,pcwk,pw->pc", miss, miss, weight) / np.maximum(weight.sum(-1), 1)[:, None]
    # Of equals the nearer: light and sharpness change over a picture.
    cost = cost + 0.04 * np.square(candidates).sum(-1) + 12
    cost[:, : len(_AROUND)] *= _COHERENCE
    best = np.argmin(np.where(sound, cost, np.inf), axis=1)
    chosen: Points = candidates[np.arange(len(points)), best]
    return chosen


def _add_detail(painted: Floats, rgb: Bytes, coarse: Floats, offsets: Points) -> None:
    """Add what is finer than `coarse`, in full size; where two pieces meet, they melt over one small pixel."""
    height, width = rgb.shape[:2]
    usable: npt.NDArray[np.bool_] = np.asarray(offsets.any(-1))
    small_h, small_w = usable.shape
    band: Bytes = cv2.dilate(np.asarray(usable, np.uint8), np.ones((3, 3), np.uint8))
    places = np.flatnonzero(cv2.resize(band, (width, height), interpolation=cv2.INTER_NEAREST))
    rows, columns = np.divmod(places.astype(np.int32), np.int32(width))
    y = (rows + np.float32(0.5)) * np.float32(small_h / height) - np.float32(0.5)
    x = (columns + np.float32(0.5)) * np.float32(small_w / width) - np.float32(0.5)
    top, left = np.floor(y).astype(np.int32), np.floor(x).astype(np.int32)
    jumps = np.rint(offsets * (height / small_h, width / small_w)).astype(np.int32) @ np.array([width, 1], np.int32)
    detail = cv2.subtract(rgb, coarse, dtype=cv2.CV_32F).reshape(-1, 3)
    total = np.zeros((len(places), 3), np.float32)
    for node_y, node_x in ((top + dy, left + dx) for dy in (0, 1) for dx in (0, 1)):
        node = np.clip(node_y, 0, small_h - 1) * np.int32(small_w) + np.clip(node_x, 0, small_w - 1)
        share = (1 - np.abs(y - node_y)) * (1 - np.abs(x - node_x)) * usable.reshape(-1)[node]
        source = np.clip(places + jumps.reshape(-1)[node], 0, len(detail) - 1)
        total += detail.take(source, axis=0) * share[:, None]
    painted.reshape(-1, 3)[places] += total
