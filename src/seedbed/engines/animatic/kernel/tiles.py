"""Calls the compiled kernel, where there is one: layers and a mesh in, the planes of a frame out.

The kernel reads raw memory, so everything it is given is made here, in the one form it knows: padded planes, contiguous
float32 meshes. A call lets other Python threads run.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from seedbed.engines.animatic.kernel.compiling import LIBRARY_NAME, fingerprint
from seedbed.engines.animatic.layers import CutOut, Layers, Region
from seedbed.engines.animatic.planes import Bytes, Floats, Planes

PLAIN, AVX2 = 1, 2  # variants, as tile.c numbers them
_PAD = 16  # as in tile.c; one row more below, so that wide loads may run over the end
_BLOCK_PX = 16
_TRANSPARENT, _OPAQUE = 1, 2
_REACH_PX = 3  # a sample of half-size chroma looks this far beyond its own luma pixel


class _Layer(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("y", "u", "v", "through_y", "through_uv", "status", "points")),
        *((name, ctypes.c_float) for name in ("origin_x", "origin_y", "fine_x", "fine_y")),
        *((name, ctypes.c_int32) for name in ("stride_y", "stride_uv", "width", "height", "blocks_x", "blocks_y")),
    )


class _Picture(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("y", "u", "v")),
        *((name, ctypes.c_int32) for name in ("stride_y", "stride_uv", "width", "height")),
    )


class Pose(ctypes.Structure):
    """Where the camera stands; `Kernel.solve` fills in the map of disparity."""

    _fields_ = (
        ("disparity", ctypes.c_void_p),
        *((name, ctypes.c_int32) for name in ("rows", "columns")),
        *((name, ctypes.c_float) for name in ("fit_x", "fit_y", "cosine", "sine", "zoom")),
        *((name, ctypes.c_float) for name in ("center_x", "center_y", "side_x", "side_y", "forward")),
    )


@dataclass(frozen=True, slots=True)
class Sheets:
    """Layers as the kernel reads them. Read only, shared by threads. Their planes are views of `kept`."""

    behind: _Layer
    subject: _Layer | None
    kept: tuple[Bytes, ...]


class Kernel:
    """A loaded library. `variant`: which instructions it uses. Holds no state: any thread may draw."""

    def __init__(self, path: Path, *, variant: int | None = None) -> None:
        """Raises OSError if the file is not a library of this machine, or was compiled from other sources."""
        library = ctypes.CDLL(str(path))
        if library.seedbed_sources() != fingerprint():
            raise OSError(f"{path.name} was compiled from other sources than those beside it")
        library.seedbed_best_variant.restype = ctypes.c_int
        self._draw = library.seedbed_draw
        self._draw.argtypes = (ctypes.c_int, *(ctypes.c_void_p,) * 3, ctypes.c_int, ctypes.c_int)
        self._draw.restype = None
        self._solve = library.seedbed_solve
        self._solve.argtypes = (ctypes.c_int, *(ctypes.c_void_p,) * 2, ctypes.c_int, ctypes.c_int, ctypes.c_void_p)
        self._solve.restype = None
        best = int(library.seedbed_best_variant())
        self.variant = min(best, variant or best)

    def solve(self, nodes: Floats, disparity: Floats, pose: Pose, *, rounds: int) -> Floats:
        """Return where each node (mh, mw, 2) looks on the scaled picture."""
        nodes, disparity = (np.ascontiguousarray(array, np.float32) for array in (nodes, disparity))
        pose.disparity, (pose.rows, pose.columns) = disparity.ctypes.data, disparity.shape
        points = np.empty_like(nodes)
        self._solve(self.variant, ctypes.byref(pose), nodes.ctypes.data, points.size // 2, rounds, points.ctypes.data)
        return points

    def draw(self, out: Planes, sheets: Sheets, behind: Floats, subject: Floats | None) -> None:
        """Draw into `out`. behind, subject: (mh, mw, 2) float32, where each mesh node looks on the scaled picture."""
        picture = _Picture(
            *(plane.ctypes.data for plane in out.each()), out.y.strides[0], out.u.strides[0], *out.y.shape[::-1]
        )
        layers = [self._at(sheets.behind, behind)]
        if sheets.subject is not None and subject is not None:
            layers.append(self._at(sheets.subject, subject))
        over = ctypes.byref(layers[1][0]) if len(layers) > 1 else None
        rows, columns = behind.shape[:2]
        self._draw(self.variant, ctypes.byref(picture), ctypes.byref(layers[0][0]), over, columns, rows)

    def _at(self, sheet: _Layer, points: Floats) -> tuple[_Layer, Floats]:
        """Return the sheet as one mesh sees it, and what must stay alive while it is drawn."""
        own = _Layer.from_buffer_copy(sheet)
        nodes = np.ascontiguousarray(points, np.float32)
        own.points = nodes.ctypes.data
        return own, nodes


@cache
def installed() -> Kernel | None:
    """Return the kernel that was built with this package, or None: then OpenCV draws."""
    path = Path(__file__).with_name(LIBRARY_NAME)
    if not path.exists():
        return None
    try:
        return Kernel(path)
    except (OSError, AttributeError):  # built for another machine, or from older sources
        return None


def padded(layers: Layers) -> tuple[Layers, Sheets]:
    """Copy the layers with a rim around them. Returned are the same layers, as views of those copies, and the sheets.

    The background's rim repeats its last pixels; around the subject there is nothing.
    """
    behind, kept = _padded(layers.behind, (None, None))
    planes: tuple[Bytes, ...] = kept
    sheet = _sheet(kept, layers.region)
    subject, over = layers.subject, None
    if subject is not None:
        own, kept = _padded(subject.planes, (0, 0))
        through, see = _padded(Planes(subject.through_y, subject.through_uv, subject.through_uv), (255, 255))
        status = status_of(subject)
        over = _sheet(kept, layers.region)
        over.through_y, over.through_uv, over.status = see[0].ctypes.data, see[1].ctypes.data, status.ctypes.data
        over.blocks_y, over.blocks_x = status.shape
        planes = (*planes, *kept, *see[:2], status)
        subject = replace(subject, planes=own, through_y=through.y, through_uv=through.u)
    return Layers(layers.region, behind, subject), Sheets(sheet, over, planes)


def _padded(planes: Planes, rims: tuple[int | None, int | None]) -> tuple[Planes, tuple[Bytes, ...]]:
    """Return views without the rim, and the arrays with it. rims: of luma and chroma, None = repeat the last pixel."""
    arrays = []
    for plane, rim in zip(planes.each(), (rims[0], rims[1], rims[1]), strict=True):
        border = cv2.BORDER_REPLICATE if rim is None else cv2.BORDER_CONSTANT
        arrays.append(cv2.copyMakeBorder(plane, _PAD, _PAD + 1, _PAD, _PAD, border, value=rim or 0))
    views = (array[_PAD : -_PAD - 1, _PAD:-_PAD] for array in arrays)
    return Planes(*views), tuple(arrays)


def _sheet(kept: tuple[Bytes, ...], region: Region) -> _Layer:
    y, u, v = kept
    return _Layer(
        y=y.ctypes.data,
        u=u.ctypes.data,
        v=v.ctypes.data,
        origin_x=region.origin_x,
        origin_y=region.origin_y,
        fine_x=region.fine_x,
        fine_y=region.fine_y,
        stride_y=y.strides[0],
        stride_uv=u.strides[0],
        width=region.width_px,
        height=region.height_px,
    )


def status_of(subject: CutOut) -> Bytes:
    """Return (blocks_y, blocks_x) uint8: whether a block of 16x16 lets the background through, hides it, or both."""
    window = np.ones((2 * _REACH_PX + 1, 2 * _REACH_PX + 1), np.uint8)
    height, width = subject.through_y.shape
    most, least = (filter_(subject.through_y, window) for filter_ in (cv2.dilate, cv2.erode))
    low, wide = -height % _BLOCK_PX, -width % _BLOCK_PX
    blocks = []
    for plane in (most, least):
        whole = cv2.copyMakeBorder(plane, 0, low, 0, wide, cv2.BORDER_REPLICATE)
        blocks.append(whole.reshape(whole.shape[0] // _BLOCK_PX, _BLOCK_PX, whole.shape[1] // _BLOCK_PX, _BLOCK_PX))
    lets_through = blocks[0].max((1, 3)) > 0
    hides = blocks[1].min((1, 3)) < 255
    return np.ascontiguousarray(lets_through * _TRANSPARENT + hides * _OPAQUE, np.uint8)
