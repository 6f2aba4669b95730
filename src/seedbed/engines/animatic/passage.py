"""From a first picture to a last one: a morph where optical flow can be believed, else two shots and a dissolve.

Both give the first picture exactly on frame 0 and the last one exactly on the last frame.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from seedbed.engines.animatic.camera import Track
from seedbed.engines.animatic.film import Drawer
from seedbed.engines.animatic.planes import Bytes, Floats, Planes, blend
from seedbed.engines.animatic.warp import CELL_PX, Mesh, Stage, Warper

_WIDTH_PX = 640  # at which flow is measured
_AGREE_SHARE = 0.75  # of the picture on which both directions must agree
_LIKE_STEPS = 14.0  # mean luma difference that may be left after following the flow
_DISSOLVE_SHARE = 0.2  # of the clip, within these bounds:
_SHORTEST_S, _LONGEST_S = 0.6, 1.2
_LUMA_LEAD = 0.9  # how far the lighter of two points runs ahead


@dataclass(frozen=True, slots=True)
class Flow:
    """there, back: (h, w, 2) float32 in pixels of a picture `_WIDTH_PX` wide; trusted: share of agreement."""

    there: Floats
    back: Floats
    trusted: float
    left_over: float

    @property
    def is_believable(self) -> bool:
        return self.trusted >= _AGREE_SHARE and self.left_over <= _LIKE_STEPS


def measure_flow(first: Planes, last: Planes) -> Flow:
    """Follow each pixel both ways. Source: Kroeger et al. 2016, dense inverse search."""
    height, width = first.y.shape
    size = (_WIDTH_PX, max(16, round(_WIDTH_PX * height / width)))
    one, two = (cv2.resize(planes.y, size, interpolation=cv2.INTER_AREA) for planes in (first, last))
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    no_guess = np.zeros((size[1], size[0], 2), np.float32)
    there, back = search.calc(one, two, no_guess.copy()), search.calc(two, one, no_guess.copy())
    grid = _grid(size[0], size[1])
    landed = cv2.remap(back, (grid + there)[..., 0], (grid + there)[..., 1], cv2.INTER_LINEAR)
    miss = np.linalg.norm(there + landed, axis=-1)
    agrees = miss < 1.5 + 0.05 * np.linalg.norm(there, axis=-1)
    followed = cv2.remap(two, (grid + there)[..., 0], (grid + there)[..., 1], cv2.INTER_LINEAR)
    left_over = float(cv2.absdiff(one, followed)[agrees].mean()) if agrees.any() else 255.0
    return Flow(cv2.GaussianBlur(there, (0, 0), 3), cv2.GaussianBlur(back, (0, 0), 3), float(agrees.mean()), left_over)


def _grid(width: int, height: int) -> Floats:
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return np.stack([x, y], -1)


@dataclass(frozen=True, slots=True)
class Morph:
    """Two pictures of one canvas and the flow between them. Read only, shared by threads."""

    first: Planes
    last: Planes
    flow: Flow
    share: Track  # (N,) 0..1, how far the passage has come

    def drawer(self) -> Drawer:
        return self.draw

    def draw(self, frame: int) -> tuple[Planes, Mesh]:
        share = float(self.share[frame])
        if share <= 0 or share >= 1:
            planes = (self.first if share <= 0 else self.last).copy()
        else:
            forth = _carried(self.first, self.flow.there, share)
            back = _carried(self.last, self.flow.back, 1 - share)
            planes = blend(forth, back, share * share * (3 - 2 * share))
        return planes, _flat_mesh(self.first)


def _carried(planes: Planes, flow: Floats, share: float) -> Planes:
    """Move every pixel `share` of its way."""
    height, width = planes.y.shape
    grid = _grid(flow.shape[1], flow.shape[0])
    step: Floats = flow * share
    for _ in range(2):
        came_from = grid - step
        step = cv2.remap(flow, came_from[..., 0], came_from[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        step = step * share
    scale = np.array([width / flow.shape[1], height / flow.shape[0]], np.float32)
    full = cv2.resize(step * scale, (width, height), interpolation=cv2.INTER_LINEAR)
    half = cv2.resize(full, (width // 2, height // 2), interpolation=cv2.INTER_AREA) / 2
    return Planes(_shifted(planes.y, full), _shifted(planes.u, half), _shifted(planes.v, half))


def _shifted(plane: Bytes, step: Floats) -> Bytes:
    source = _grid(plane.shape[1], plane.shape[0]) - step
    return cv2.remap(plane, source[..., 0], source[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _flat_mesh(planes: Planes) -> Mesh:
    height, width = planes.y.shape
    shape = (-(-height // CELL_PX) + 2, -(-width // CELL_PX) + 2)
    points = _grid(shape[1], shape[0]) * CELL_PX - CELL_PX / 2
    return Mesh(points, np.full(shape, 0.4, np.float32))


def dissolve_of(frames: int, fps: int) -> tuple[int, int]:
    """Return the last frame of the first picture alone and the first one of the last picture alone."""
    length = min(float(np.clip(_DISSOLVE_SHARE * frames, _SHORTEST_S * fps, _LONGEST_S * fps)), 0.6 * frames)
    middle = (frames - 1) / 2
    return int(middle - length / 2), int(np.ceil(middle + length / 2))


def dissolve(first: Stage, last: Stage, *, frames: int, fps: int) -> Callable[[], Drawer]:
    """Return drawers that move the first picture, then both, then the last one."""
    begin, end = dissolve_of(frames, fps)
    share = np.clip((np.arange(frames) - begin) / max(1, end - begin), 0, 1)
    share = share * share * (3 - 2 * share)

    def make() -> Drawer:
        one, two = Warper(first), Warper(last)

        def draw(frame: int) -> tuple[Planes, Mesh]:
            if share[frame] <= 0:
                return one.draw(frame)
            planes, mesh = two.draw(frame)
            if share[frame] >= 1:
                return planes, mesh
            return melt(one.draw(frame)[0], planes, float(share[frame])), mesh

        return draw

    return make


def melt(under: Planes, over: Planes, share: float) -> Planes:
    """Return `share` (0..1) of `over` on `under`, sooner where it is the lighter of the two and later where darker.

    An even mix shows both pictures half; so, most points show mainly one of them at any time.
    """
    height, width = under.y.shape
    coarse = (max(2, width // 8), max(2, height // 8))
    lights = [cv2.resize(planes.y, coarse, interpolation=cv2.INTER_AREA).astype(np.float32) for planes in (under, over)]
    lead = cv2.GaussianBlur((lights[1] - lights[0]) / 110, (0, 0), 1.5).clip(-1, 1)
    weight = np.clip(share + _LUMA_LEAD * 2 * share * (1 - share) * lead, 0, 1)
    luma = cv2.resize(weight, (width, height), interpolation=cv2.INTER_LINEAR)
    chroma = cv2.resize(weight, (width // 2, height // 2), interpolation=cv2.INTER_LINEAR)
    pairs = zip(under.each(), over.each(), (luma, chroma, chroma), strict=True)
    return Planes(*(cv2.blendLinear(a, b, 1 - w, w) for a, b, w in pairs))
