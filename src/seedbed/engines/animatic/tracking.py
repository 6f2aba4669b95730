"""Where a camera went, told from what it saw: points are followed from frame to frame and a similarity fitted to them.

Points are followed back to one key frame for as long as enough of them are seen, so that small errors do not add up
with every frame; things that move by themselves are outliers to the fit. What cannot be followed is said, not invented.
Source: Shi and Tomasi 1994, good features to track; Bouguet 2001, pyramidal Lucas-Kanade; Fischler and Bolles 1981,
RANSAC.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from seedbed.engines.animatic.planes import Bytes, Floats

Matrix = npt.NDArray[np.float64]  # (3, 3): a similarity of the plane, in pixels from the middle of the frame

_MOST_POINTS, _SPACING_PX = 400, 9
_LEAST_POINTS = 16  # fewer than these agree on anything
_LEAST_CORNER = 2e-5  # smallest eigenvalue of a corner; the noise of a plain wall stays below
_WINDOW = (17, 17)
_RETURNS_PX = 0.6  # how far from its start a point may come back when it is followed there and back
_MISS_PX = 1.0  # how far from the fit a point may lie
_AGREE_SHARE = 0.35  # of the points that were followed
_KEY_SHARE = 0.55  # of a key frame's points; with fewer left, a new key frame is taken
_GLIDE = 0.85  # what stays of the last step where a frame is a blur


@dataclass(frozen=True, slots=True)
class Tracked:
    """(N,) one value a frame, what the picture did since the first one, about the middle of the frame.

    grown: natural logarithm of its size. turned: radians, clockwise. moved_x, moved_y: pixels of `width_px` by
    `height_px`. followed: share of the steps that were really seen. cuts_s: when a new shot began.
    """

    times_s: npt.NDArray[np.float64]
    grown: npt.NDArray[np.float64]
    turned: npt.NDArray[np.float64]
    moved_x: npt.NDArray[np.float64]
    moved_y: npt.NDArray[np.float64]
    width_px: int
    height_px: int
    followed: float
    cuts_s: tuple[float, ...]


@dataclass(slots=True)
class Follower:
    """Takes (h, w) uint8 frames in order. All of one size."""

    _times_s: list[float] = field(default_factory=list)
    _poses: list[Matrix] = field(default_factory=list)
    _cuts_s: list[float] = field(default_factory=list)
    _followed: int = 0
    _last: Bytes | None = None
    _step: Matrix = field(default_factory=lambda: np.eye(3))
    _key: Matrix = field(default_factory=lambda: np.eye(3))
    _key_points: Floats = field(default_factory=lambda: np.empty((0, 2), np.float32))
    _points: Floats = field(default_factory=lambda: np.empty((0, 2), np.float32))
    _points_at_key: int = 0

    def see(self, gray: Bytes, time_s: float) -> None:
        pose = np.eye(3) if self._last is None else self._follow(self._last, gray, time_s)
        self._times_s.append(time_s)
        self._poses.append(pose)
        self._last = gray
        if len(self._points) < max(_LEAST_POINTS, _KEY_SHARE * self._points_at_key):
            self._take_key(gray, pose)

    def tracked(self) -> Tracked:
        """Return what was seen so far. At least one frame must have been."""
        assert self._last is not None
        poses = np.stack(self._poses)
        height, width = self._last.shape
        return Tracked(
            times_s=np.array(self._times_s),
            grown=np.log(np.hypot(poses[:, 0, 0], poses[:, 1, 0])),
            turned=np.unwrap(np.arctan2(poses[:, 1, 0], poses[:, 0, 0])),
            moved_x=poses[:, 0, 2],
            moved_y=poses[:, 1, 2],
            width_px=width,
            height_px=height,
            followed=self._followed / max(1, len(poses) - 1),
            cuts_s=tuple(self._cuts_s),
        )

    def _take_key(self, gray: Bytes, pose: Matrix) -> None:
        self._key = pose
        self._key_points = self._points = find_points(gray)
        self._points_at_key = len(self._points)

    def _follow(self, last: Bytes, gray: Bytes, time_s: float) -> Matrix:
        before = self._poses[-1]
        fit = self._fit(last, gray)
        if fit is None:
            return self._lose(last, gray, time_s, before)
        pose = fit @ self._key
        self._step = pose @ np.linalg.inv(before)
        self._followed += 1
        return pose

    def _fit(self, last: Bytes, gray: Bytes) -> Matrix | None:
        """Return how the picture lies in `gray` against the key frame, or None. Keeps the points that agree."""
        if len(self._points) < _LEAST_POINTS:
            return None
        points, seen = _there_and_back(last, gray, self._points)
        key_points, points = self._key_points[seen], points[seen]
        if len(points) < _LEAST_POINTS:
            return None
        middle = np.array([gray.shape[1] / 2, gray.shape[0] / 2], np.float32)
        matrix, agrees = cv2.estimateAffinePartial2D(
            key_points - middle, points - middle, method=cv2.RANSAC, ransacReprojThreshold=_MISS_PX, maxIters=600
        )
        if np.shape(matrix) != (2, 3):  # None, where no three points agree
            return None
        inside = agrees.ravel() > 0
        if inside.sum() < max(_LEAST_POINTS * 0.75, _AGREE_SHARE * len(points)):
            return None
        self._key_points, self._points = key_points[inside], points[inside]
        fit = np.vstack([matrix, [0.0, 0.0, 1.0]])
        return fit if 0.3 < math.hypot(fit[0, 0], fit[1, 0]) < 3 else None

    def _lose(self, last: Bytes, gray: Bytes, time_s: float, before: Matrix) -> Matrix:
        """Return a pose for a frame that could not be followed: two sharp frames are a cut, else it is a blur."""
        self._points = self._points[:0]
        if min(len(find_points(last)), len(find_points(gray))) >= 2 * _LEAST_POINTS:
            self._cuts_s.append(time_s)
            self._step = np.eye(3)
            return before
        self._step = _part_of(self._step, _GLIDE)
        return self._step @ before


def find_points(gray: Bytes) -> Floats:
    """Return (n, 2) float32 corners worth following, spread over the frame."""
    corners = cv2.cornerMinEigenVal(gray, 3)
    mask = (corners > _LEAST_CORNER).astype(np.uint8)
    if not mask.any():
        return np.empty((0, 2), np.float32)
    found = cv2.goodFeaturesToTrack(gray, _MOST_POINTS, 0.004, _SPACING_PX, mask=mask)
    return np.empty((0, 2), np.float32) if found is None else found.reshape(-1, 2)


def _there_and_back(last: Bytes, gray: Bytes, points: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Follow (n, 2) points; the second value says which of them come back to where they were."""
    there, one, _ = _flow(last, gray, points)
    back, two, _ = _flow(gray, last, there)
    miss = np.linalg.norm(back - points, axis=1)
    height, width = gray.shape
    inside = (there >= 0).all(1) & (there[:, 0] < width) & (there[:, 1] < height)
    return there, (one.ravel() > 0) & (two.ravel() > 0) & (miss < _RETURNS_PX) & inside


def _flow(last: Bytes, gray: Bytes, points: Floats) -> tuple[Floats, Bytes, Floats]:
    there, status, error = cv2.calcOpticalFlowPyrLK(
        last, gray, points, np.empty_like(points), winSize=_WINDOW, maxLevel=4
    )
    return there, status, error


def _part_of(step: Matrix, share: float) -> Matrix:
    """Return a similarity that goes `share` of the way of another."""
    size = math.hypot(step[0, 0], step[1, 0]) ** share
    angle = math.atan2(step[1, 0], step[0, 0]) * share
    across, along = size * math.sin(angle), size * math.cos(angle)
    return np.array([[along, -across, step[0, 2] * share], [across, along, step[1, 2] * share], [0, 0, 1]])
