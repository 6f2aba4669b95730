"""Sets up one picture before the camera: subject, sky, depth, crop, path, layers."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from seedbed.core.shotplan.plan import PictureTraits
from seedbed.core.sizes import Size
from seedbed.engines.animatic.camera import Path
from seedbed.engines.animatic.depth import Depth, Scene, guess, look_around
from seedbed.engines.animatic.framing import Crop, View, crop_of, enlarge, fit_path
from seedbed.engines.animatic.layers import cut
from seedbed.engines.animatic.planes import Bytes, Planes, from_rgb
from seedbed.engines.animatic.subject import Subject, SubjectFinder, outline_contrast
from seedbed.engines.animatic.warp import Stage

_ENOUGH = 2.0  # times the canvas: finer pictures are made smaller first, so that a huge one costs no more


@dataclass(frozen=True, slots=True)
class Look:
    """A picture and what was seen in it."""

    picture: Bytes
    subject: Subject
    scene: Scene
    crop: Crop
    outline: float = 1.0  # how much of the subject's outline can be seen as one

    @property
    def traits(self) -> PictureTraits:
        return PictureTraits(
            subject_area=self.subject.area,
            subject_confidence=self.subject.confidence * min(1.0, 0.5 + 0.6 * self.outline),
            subject_aspect=self._box_aspect,
            subject_meets_bottom=self.subject.bottom > 0.96,
            sky_share=self.scene.sky_share,
        )

    @property
    def _box_aspect(self) -> float:
        subject, (height, width) = self.subject, self.picture.shape[:2]
        return float((subject.bottom - subject.top) * height / max(1, (subject.right - subject.left) * width))


def look_at(picture: Bytes, canvas: Size, finder: SubjectFinder) -> Look:
    """See what is in (H, W, 3) uint8 sRGB of any size."""
    smaller = _no_finer_than(picture, canvas)
    subject = finder.find(smaller)
    scene = look_around(smaller)
    outline = outline_contrast(smaller, subject.mask)
    return Look(smaller, subject, scene, crop_of(smaller, canvas, subject), outline)


def _no_finer_than(picture: Bytes, canvas: Size) -> Bytes:
    height, width = picture.shape[:2]
    scale = max(canvas.width_px / width, canvas.height_px / height) * _ENOUGH
    if scale >= 1:
        return picture
    size = (max(2, round(width * scale)), max(2, round(height * scale)))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def depth_of(look: Look) -> Depth:
    return guess(look.picture, look.scene, look.subject.mask if look.traits.has_subject else None)


def parallax_of(look: Look) -> float:
    """Return how far to trust the guessed depth: all of it with a sure subject, little where nothing is sure."""
    traits = look.traits
    if not traits.has_subject:
        return 0.5 * (1 - look.scene.upright)
    return float(np.clip(0.6 + 0.4 * (traits.subject_confidence - 0.75) / 0.2, 0.6, 1.0))


def set_stage(look: Look, canvas: Size, depth: Depth, path: Path, *, at_most: float = 1.0) -> Stage:
    """`at_most`: the share of the move that may be shown at all, for a shot that has to match another one."""
    view = fit_path(path, look.crop, canvas, depth, at_most=at_most)
    mask = look.subject.mask if look.traits.has_subject and _has_parallax(view) else None
    if mask is None and look.traits.has_subject:
        depth = _as_seen(depth, look.subject)
    reach = max(
        float(np.abs(view.path.side_x).max()) * canvas.width_px,
        float(np.abs(view.path.side_y).max()) * canvas.height_px,
    )
    layers = cut(look.picture, look.crop, view, canvas, mask, reach_px=reach)
    return Stage(canvas, look.crop, view, depth, layers)


def _as_seen(depth: Depth, subject: Subject) -> Depth:
    """Return one disparity for both layers: nothing moves by it, but fog must lie behind the subject."""
    height, width = depth.behind.shape
    share = cv2.GaussianBlur(cv2.resize(subject.mask, (width, height), interpolation=cv2.INTER_AREA), (0, 0), 2)
    both = depth.behind + share * (depth.subject - depth.behind)
    return replace(depth, behind=both, subject=both)


def _has_parallax(view: View) -> bool:
    """A view that only turns and zooms needs no layers."""
    tracks = (view.path.side_x, view.path.side_y, view.path.forward)
    return any(float(np.abs(track).max()) > 1e-4 for track in tracks)


def flat_view(look: Look, stage: Stage, frame: int) -> Planes:
    """Return the picture itself under the crop of that frame, resampled once and well."""
    view = stage.view
    center = (float(view.center_x[frame]), float(view.center_y[frame]))
    return _resampled(look, stage.canvas, float(view.path.zoom[frame]), center)


def fitted(look: Look, canvas: Size) -> Planes:
    """Return the picture under its crop at rest."""
    return _resampled(look, canvas, 1.0, (look.crop.center_x, look.crop.center_y))


def _resampled(look: Look, canvas: Size, zoom: float, center: tuple[float, float]) -> Planes:
    crop = look.crop
    scale = crop.scale * zoom
    height, width = look.picture.shape[:2]
    full = (max(canvas.width_px, round(width * scale)), max(canvas.height_px, round(height * scale)))
    left = center[0] / crop.width_px * full[0] - canvas.width_px / 2
    top = center[1] / crop.height_px * full[1] - canvas.height_px / 2
    scaled = enlarge(look.picture, full)
    matrix = np.array([[1, 0, left], [0, 1, top]], np.float32)
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    size = (canvas.width_px, canvas.height_px)
    return from_rgb(cv2.warpAffine(scaled, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE))
