"""Where the subject of a picture is: a salient-object network, run by OpenCV itself.

Source: Qin et al. 2020, U2-Net (the small one, u2netp); see weights/NOTICE.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future
from dataclasses import dataclass
from importlib import resources

import cv2
import numpy as np

from seedbed.engines.animatic.planes import Bytes, Floats

_SIDE_PX = 320  # of masks
_NETWORK_PX = 256  # what the network looks at: at 320 it takes half as long again and cuts no better
_BUILD_DEADLINE_S = 30.0
_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_BESIDE_PX = 6
_SHORTEST_OUTLINE_PX = 24
_SEEN_STEPS = 16.0  # of Lab in 8 bits
_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)
_BELONGS = 0.35  # from here on a part that is neither yes nor no goes with the subject
_LARGEST_HOLE = 0.15  # of the subject: a smaller one is a gleam or a buckle, not a view of what is behind
_SOFT_PX = 4.0  # from the outline, where a mask may be soft; twice as far in, it is decided


@dataclass(frozen=True, slots=True)
class Subject:
    """mask: (320, 320) float32, 0..1, stretched over the whole picture. `area` is a share of the picture."""

    mask: Floats
    area: float
    confidence: float  # 0..1: how little of the mask is neither yes nor no
    left: float  # the box around the subject, as shares of the picture
    top: float
    right: float
    bottom: float

    @property
    def center(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2


class SubjectFinder:
    """Holds the weights, and the network only while it runs: its buffers take 200 MB, more than all encoding of a
    720p clip, and building it anew takes a sixth of the time of one run.
    """

    def __init__(self) -> None:
        weights = (resources.files("seedbed.engines.animatic") / "weights" / "u2netp.onnx").read_bytes()
        self._weights = np.frombuffer(weights, np.uint8)
        self._coming: Future[cv2.dnn.Net] | None = None

    def expect(self) -> None:
        """Build the network in a thread, while the picture that it will look at is still being read."""
        self._coming = Future()
        threading.Thread(target=self._build, args=(self._coming,), name="animatic-network", daemon=True).start()

    def _build(self, coming: Future[cv2.dnn.Net]) -> None:
        try:
            coming.set_result(cv2.dnn.readNetFromONNX(self._weights))
        except cv2.error as exc:
            coming.set_exception(exc)

    def find(self, rgb: Bytes) -> Subject:
        """Return the subject of (H, W, 3) uint8 sRGB. Takes about 0.25 s on two cores."""
        small = cv2.resize(rgb, (_NETWORK_PX, _NETWORK_PX), interpolation=cv2.INTER_AREA).astype(np.float32)
        small = (small / max(float(small.max()), 1.0) - _MEAN) / _DEVIATION
        coming, self._coming = self._coming, None
        net = coming.result(_BUILD_DEADLINE_S) if coming else cv2.dnn.readNetFromONNX(self._weights)
        net.setInput(np.ascontiguousarray(small.transpose(2, 0, 1)[None]))
        found = net.forward(net.getUnconnectedOutLayersNames()[0])[0, 0].astype(np.float32)
        raw = cv2.resize(found, (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_LINEAR)
        spread = float(raw.max() - raw.min())
        return describe((raw - raw.min()) / spread if spread > 1e-6 else np.zeros_like(raw))


def outline_contrast(rgb: Bytes, mask: Floats) -> float:
    """Return the share of a mask's outline along which (H, W, 3) sRGB differs from one side to the other, 0..1.

    Hair against hair or grass against grass has none there, and a cut along it would show.
    """
    side = mask.shape[1], mask.shape[0]
    lab = cv2.cvtColor(cv2.resize(rgb, side, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2LAB).astype(np.float32)
    colors, soft = cv2.GaussianBlur(lab, (0, 0), 1.5), cv2.GaussianBlur(mask, (0, 0), 2)
    outline = cv2.morphologyEx((mask > 0.5).astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    # Along the picture's own rim there is no other side.
    inner = outline[_BESIDE_PX + 2 : -_BESIDE_PX - 2, _BESIDE_PX + 2 : -_BESIDE_PX - 2]
    points = np.argwhere(inner) + _BESIDE_PX + 2
    if len(points) < _SHORTEST_OUTLINE_PX:
        return 0.0
    rows, columns = points.T
    slope = [cv2.Sobel(soft, cv2.CV_32F, *axis)[rows, columns] for axis in ((0, 1), (1, 0))]
    uphill = np.stack(slope, 1) / (np.hypot(*slope)[:, None] + 1e-6)
    inside, outside = (np.rint(points + sign * _BESIDE_PX * uphill).astype(int) for sign in (1, -1))
    difference = np.linalg.norm(colors[tuple(inside.T)] - colors[tuple(outside.T)], axis=1)
    return float((difference > _SEEN_STEPS).mean())


def decided(mask: Floats) -> Floats:
    """Return a mask (h, w) float32, 0..1, that is soft along its outline alone.

    A part that the network half believes in would be drawn half transparent over a background from which it was painted
    away: a face at the picture's rim would melt. So it goes with the subject whole, or not at all.
    """
    whole = _without_holes((mask > _BELONGS).astype(np.uint8))
    inward, outward = (cv2.distanceTransform(side, cv2.DIST_L2, 5) for side in (whole, 1 - whole))
    weight = np.clip((inward + outward) / _SOFT_PX - 1, 0, 1)
    return np.asarray(mask * (1 - weight) + whole * weight, np.float32)


def _without_holes(whole: Bytes) -> Bytes:
    outlines, levels = cv2.findContours(whole, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    largest_px = _LARGEST_HOLE * float(whole.sum())
    for outline, level in zip(outlines, levels[0] if levels is not None else (), strict=True):
        if level[3] >= 0 and cv2.contourArea(outline) <= largest_px:
            cv2.drawContours(whole, [outline], -1, 1, cv2.FILLED)
    return whole


def describe(mask: Floats) -> Subject:
    """Measure a mask (h, w) float32, 0..1. The subject keeps it decided."""
    sure = mask > 0.5
    area = float(sure.mean())
    unsure = float(((mask > 0.15) & (mask < 0.85)).mean())
    # What covers nearly nothing is noise, however sharp its edge.
    confidence = float(np.clip(1 - unsure / max(area, 1e-3), 0, 1)) if area >= 0.004 else 0.0
    if not sure.any():
        return Subject(mask, area, 0.0, 0.25, 0.2, 0.75, 0.8)
    rows, columns = np.flatnonzero(sure.mean(1) > 0.004), np.flatnonzero(sure.mean(0) > 0.004)
    if not len(rows) or not len(columns):
        return Subject(mask, area, 0.0, 0.25, 0.2, 0.75, 0.8)
    height, width = mask.shape
    return Subject(
        decided(mask),
        area,
        confidence,
        left=columns[0] / width,
        top=rows[0] / height,
        right=(columns[-1] + 1) / width,
        bottom=(rows[-1] + 1) / height,
    )
