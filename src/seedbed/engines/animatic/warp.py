"""Draws the layers as the camera sees them at one frame.

The inverse warp is solved on a coarse mesh (16 canvas pixels a cell) and spread to pixels linearly: disparity is
smooth, so a finer mesh would cost much and show nothing. Pixels are drawn by the compiled kernel where it was built,
else by OpenCV: the same to within a step or two of 255. A Warper holds what it drew last and belongs to one thread.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

import cv2
import numpy as np

from seedbed.core.sizes import Size
from seedbed.engines.animatic.depth import Depth
from seedbed.engines.animatic.framing import Crop, View
from seedbed.engines.animatic.kernel.tiles import Kernel, Pose, Sheets, installed, padded
from seedbed.engines.animatic.layers import Layers
from seedbed.engines.animatic.planes import Bytes, Floats, Planes

CELL_PX = 16
_ONE_MAP: Any = None  # x and y stand together in the first map; the stubs do not know that
_ROUNDS = 3  # of the fixed-point iteration; a fourth moves nothing by a hundredth of a pixel


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that stands before the camera. Read only, shared by threads."""

    canvas: Size
    crop: Crop
    view: View
    depth: Depth
    layers: Layers
    kernel: Kernel | None = field(default_factory=installed)  # None: OpenCV draws
    sheets: Sheets | None = field(init=False, default=None)  # the layers as the kernel reads them

    def __post_init__(self) -> None:
        if self.kernel is not None:
            layers, sheets = padded(self.layers)
            object.__setattr__(self, "layers", layers)
            object.__setattr__(self, "sheets", sheets)


class Mesh:
    """What one frame looks at, node by node."""

    __slots__ = ("_disparity", "points")

    def __init__(self, points: Floats, disparity: Floats | Callable[[], Floats]) -> None:
        """points: (mh, mw, 2) float32, where each node looks on the scaled picture's background; disparity: (mh, mw)
        of what is seen there, subject or background, or what finds it once somebody asks.
        """
        self.points = points
        self._disparity = disparity

    @property
    def disparity(self) -> Floats:
        if callable(self._disparity):
            self._disparity = self._disparity()
        return self._disparity


class Warper:
    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        canvas = stage.canvas
        self._cells_x, self._cells_y = math.ceil(canvas.width_px / CELL_PX), math.ceil(canvas.height_px / CELL_PX)
        # One node beyond each rim: a resized grid has its nodes in the middle of its cells.
        x = (np.arange(-1, self._cells_x + 1) * CELL_PX + CELL_PX / 2 - canvas.width_px / 2).astype(np.float32)
        y = (np.arange(-1, self._cells_y + 1) * CELL_PX + CELL_PX / 2 - canvas.height_px / 2).astype(np.float32)
        self._nodes = np.stack(np.meshgrid(x, y), -1)
        self._last: tuple[list[float], Planes, Mesh] | None = None
        self._opacity = _coarse_opacity(stage.layers)
        path = stage.view.path
        tracks = (stage.view.center_x, stage.view.center_y, *(getattr(path, each.name) for each in fields(path)))
        self._poses = np.stack(tracks, -1).tolist()

    def draw(self, frame: int) -> tuple[Planes, Mesh]:
        """Return the frame, and its mesh for those who need depth. The planes belong to the caller."""
        pose = self._poses[frame]
        if self._last is not None and self._last[0] == pose:
            _, planes, mesh = self._last
            return planes.copy(), mesh
        planes, mesh = self._draw(frame)
        # Only a view that rests is worth a second copy.
        rests = frame + 1 < len(self._poses) and self._poses[frame + 1] == pose
        self._last = (pose, planes.copy(), mesh) if rests else None
        return planes, mesh

    def _draw(self, frame: int) -> tuple[Planes, Mesh]:
        stage = self._stage
        behind = self._solve(frame, stage.depth.behind)
        subject = self._solve(frame, stage.depth.subject) if stage.layers.subject is not None else None
        if stage.kernel is not None and stage.sheets is not None:
            planes = Planes.empty(stage.canvas.width_px, stage.canvas.height_px)
            stage.kernel.draw(planes, stage.sheets, behind, subject)
        else:
            planes = self._sample(behind, stage.layers.behind, slice(0, self._cells_y), slice(0, self._cells_x))
            if subject is not None:
                self._lay_subject(planes, subject)
        width_px = round(float(stage.view.path.blur_x[frame]) * stage.canvas.width_px)
        mesh = Mesh(behind, lambda: self._seen(behind, subject))
        return (_streak(planes, width_px) if width_px > 2 else planes), mesh

    def _seen(self, points: Floats, subject: Floats | None) -> Floats:
        """Return the disparity of what the nodes of the background's mesh see: fog must lie behind the subject."""
        depth = self._stage.depth
        behind = self._disparity_at(depth.behind, points)
        if subject is None or self._opacity is None:
            return behind
        region = self._stage.layers.region
        at = (subject - np.array([region.origin_x, region.origin_y], np.float32)) * np.array(
            [region.fine_x / CELL_PX, region.fine_y / CELL_PX], np.float32
        ) - 0.5
        share = cv2.remap(self._opacity, at, _ONE_MAP, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        seen: Floats = behind + share * (self._disparity_at(depth.subject, subject) - behind)
        return seen

    def _solve(self, frame: int, disparity: Floats) -> Floats:
        """Return (mh, mw, 2) float32, where the mesh's nodes look on the scaled picture."""
        view, path, canvas, crop = self._stage.view, self._stage.view.path, self._stage.canvas, self._stage.crop
        turn, zoom, forward = float(path.roll[frame]), float(path.zoom[frame]), float(path.forward[frame])
        center = float(view.center_x[frame]), float(view.center_y[frame])
        side = float(path.side_x[frame]) * canvas.width_px, float(path.side_y[frame]) * canvas.height_px
        fit = disparity.shape[1] / crop.width_px, disparity.shape[0] / crop.height_px
        rounds = _ROUNDS if forward or any(side) else 0
        # The camera's clockwise roll turns the picture the other way.
        pose = Pose(None, 0, 0, *fit, math.cos(turn), math.sin(turn), zoom, *center, *side, forward)
        nodes = self._swung(float(path.swing[frame]))
        if self._stage.kernel is not None:
            return self._stage.kernel.solve(nodes, disparity, pose, rounds=rounds)
        return self._iterated(nodes, disparity, pose, rounds)

    def _swung(self, swing: float) -> Floats:
        """Return where the nodes would be on a board that is turned about its upright axis: lines stay straight."""
        if not swing:
            return self._nodes
        return self._nodes / (1 + np.float32(swing / self._stage.canvas.width_px) * self._nodes[..., :1])

    def _iterated(self, nodes: Floats, disparity: Floats, pose: Pose, rounds: int) -> Floats:
        back = np.array([[pose.cosine, pose.sine], [-pose.sine, pose.cosine]], np.float32)
        rays = (nodes @ back) / np.float32(pose.zoom)
        center = np.array([pose.center_x, pose.center_y], np.float32)
        side = np.array([pose.side_x, pose.side_y], np.float32)
        points: Floats = rays + center
        for _ in range(rounds):
            d = self._disparity_at(disparity, points)
            points = center + rays * (1 - np.float32(pose.forward) * d)[..., None] + side * d[..., None]
        return points

    def _disparity_at(self, disparity: Floats, points: Floats) -> Floats:
        crop = self._stage.crop
        fit = np.array([disparity.shape[1] / crop.width_px, disparity.shape[0] / crop.height_px], np.float32)
        return cv2.remap(disparity, points * fit - 0.5, _ONE_MAP, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)

    def _sample(self, points: Floats, planes: Planes, rows: slice, columns: slice) -> Planes:
        luma, chroma = self._maps(points, rows, columns)
        return Planes(_remap(planes.y, luma), _remap(planes.u, chroma), _remap(planes.v, chroma))

    def _maps(self, points: Floats, rows: slice, columns: slice) -> tuple[Floats, Floats]:
        """Return the maps of luma and chroma for a block of cells."""
        region, canvas = self._stage.layers.region, self._stage.canvas
        fine = np.array([region.fine_x, region.fine_y], np.float32)
        origin = np.array([region.origin_x, region.origin_y], np.float32)
        nodes = (points[rows.start : rows.stop + 2, columns.start : columns.stop + 2] - origin) * fine
        width_px = min(columns.stop * CELL_PX, canvas.width_px) - columns.start * CELL_PX
        height_px = min(rows.stop * CELL_PX, canvas.height_px) - rows.start * CELL_PX
        luma = _spread(nodes - 0.5, CELL_PX, width_px, height_px)
        return luma, _spread(nodes / 2 - 0.5, CELL_PX // 2, width_px // 2, height_px // 2)

    def _lay_subject(self, planes: Planes, points: Floats) -> None:
        subject = self._stage.layers.subject
        assert subject is not None
        left, top, right, bottom = subject.box
        inside = np.asarray(
            (points[..., 0] > left - 2 * CELL_PX)
            & (points[..., 0] < right + 2 * CELL_PX)
            & (points[..., 1] > top - 2 * CELL_PX)
            & (points[..., 1] < bottom + 2 * CELL_PX)
        )
        inside = inside[1:-1, 1:-1]
        rows_in, columns_in = np.nonzero(inside)
        if not len(rows_in):
            return
        rows = slice(int(rows_in.min()), int(rows_in.max()) + 1)
        columns = slice(int(columns_in.min()), int(columns_in.max()) + 1)
        luma, chroma = self._maps(points, rows, columns)
        through = _remap(subject.through_y, luma, outside=255), _remap(subject.through_uv, chroma, outside=255)
        for plane, own, see, where, cell_px in (
            (planes.y, subject.planes.y, through[0], luma, CELL_PX),
            (planes.u, subject.planes.u, through[1], chroma, CELL_PX // 2),
            (planes.v, subject.planes.v, through[1], chroma, CELL_PX // 2),
        ):
            place = plane[rows.start * cell_px :, columns.start * cell_px :][: see.shape[0], : see.shape[1]]
            cv2.add(cv2.multiply(place, see, scale=1 / 255), _remap(own, where, outside=0), dst=place)


def _coarse_opacity(layers: Layers) -> Floats | None:
    """Return the subject's opacity, 0..1, one value a cell of the layer."""
    if layers.subject is None:
        return None
    size = (layers.region.width_px // CELL_PX, layers.region.height_px // CELL_PX)
    through = cv2.resize(layers.subject.through_y, size, interpolation=cv2.INTER_AREA)
    opacity: Floats = 1 - through.astype(np.float32) / 255
    return opacity


def _spread(nodes: Floats, cell_px: int, width_px: int, height_px: int) -> Floats:
    """Spread mesh nodes to pixels; the outermost ring of nodes lies outside."""
    size = (nodes.shape[1] * cell_px, nodes.shape[0] * cell_px)
    full = cv2.resize(nodes, size, interpolation=cv2.INTER_LINEAR)
    return full[cell_px : cell_px + height_px, cell_px : cell_px + width_px]


def _remap(plane: Bytes, field: Floats, *, outside: int | None = None) -> Bytes:
    border = cv2.BORDER_REPLICATE if outside is None else cv2.BORDER_CONSTANT
    return cv2.remap(plane, field, _ONE_MAP, cv2.INTER_LINEAR, borderMode=border, borderValue=outside or 0)


def _streak(planes: Planes, width_px: int) -> Planes:
    chroma_px = max(1, width_px // 2)
    return Planes(
        cv2.blur(planes.y, (width_px, 1)), cv2.blur(planes.u, (chroma_px, 1)), cv2.blur(planes.v, (chroma_px, 1))
    )
