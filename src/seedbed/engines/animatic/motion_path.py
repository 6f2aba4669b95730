"""A reference video as the camera's guide: whether it leads, and its motion as far as the picture has room for it.

Each direction is made smaller by itself and as a whole, so that the course over time stays what it was: a camera that
ran far to one side and shook keeps its course there, and its shaking up and down entire.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from seedbed.core.engine import Canvas, LocalReference
from seedbed.core.shotplan.plan import ShotPlan
from seedbed.core.sizes import Size
from seedbed.engines.animatic.camera import Path, Track
from seedbed.engines.animatic.footage import MotionPath, read_motion
from seedbed.engines.animatic.framing import Crop
from seedbed.engines.animatic.sources import reading
from seedbed.engines.animatic.stage import Look

_MOST_CLOSER = np.log(1.8)  # from the widest view to the nearest one; more would show the picture's own grain
_NARROWED = 1.3  # how much nearer than the crop at rest the whole clip may be, to have room to move in
_NARROWED_TO_ROLL = 1.22
_SIDE, _FORWARD = 0.046, 0.35  # of the pan, and of the approach, that near things show more of than far ones


@dataclass(frozen=True, slots=True)
class Guide:
    """Who moves the camera. `motion` is None where the plan does: there is no video, or it does not lead.

    `told` is what the shot plan says about it, None without a video.
    """

    motion: MotionPath | None = None
    told: dict[str, Any] | None = None
    warnings: tuple[str, ...] = ()

    def led(self, plan: ShotPlan) -> ShotPlan:
        """Return the plan without the move that was only chosen, if the video leads."""
        return replace(plan, moves=()) if self.motion is not None else plan

    def unless_morphed(self, *, is_morph: bool) -> Guide:
        """Return who moved the camera in the end: where one picture is turned into another, nobody does."""
        if self.motion is None or self.told is None or not is_morph:
            return self
        name = self.told["follows"]
        why = "the way from the first to the last picture is all the motion there is; this video's was not used"
        return Guide(told={"follows": "picture", "insteadOf": name}, warnings=(f"{name}: {why}",))

    def framed(self, look: Look) -> Look:
        """Return the look with its zoom going where the video's camera looked, not to the subject."""
        if self.motion is None:
            return look
        middle = replace(look.crop, focus_x=look.crop.center_x, focus_y=look.crop.center_y)
        return replace(look, crop=middle)

    def moved(self, path: Path, crop: Crop, canvas: Size, *, trust: float, first_frame: int = 0) -> Path:
        """Return the path with the video's motion laid on what else the camera does, such as breathing.

        `crop` is that of a `framed` look; `trust`, 0..1, how far depth may be shown; `first_frame` where in the clip
        the path begins.
        """
        if self.motion is None:
            return path
        motion = fit_motion(part_of(self.motion, range(first_frame, first_frame + path.frames)), crop, canvas)
        deep = float(np.clip(trust, 0, 1))
        closer = np.log(path.zoom) + motion.closer
        return replace(
            path,
            zoom=np.exp(closer - closer.min()),
            pan_x=path.pan_x + motion.pan_x,
            pan_y=path.pan_y + motion.pan_y,
            side_x=path.side_x + _SIDE * deep * motion.pan_x,
            side_y=path.side_y + _SIDE * deep * motion.pan_y,
            forward=path.forward + _FORWARD * deep * motion.closer,
            roll=path.roll + motion.roll,
        )


def guide_of(
    footage: LocalReference | None, plan: ShotPlan, canvas: Canvas, *, keep_on: Callable[[], None] = lambda: None
) -> Guide:
    """Return who moves the camera: the prompt if it names a move, else the video, else (no video) the picture.

    Raises MediaFailure, by the video's name, if it holds no picture; and what `keep_on` raises (`read_motion`).
    """
    if footage is None:
        return Guide()
    named = [cue.words for cue in plan.moves if cue.words is not None]
    if named:
        why = f"the prompt names a camera move ('{named[0]}'), which goes before the motion of this video"
        return Guide(told={"follows": "prompt", "insteadOf": footage.name}, warnings=(f"{footage.name}: {why}",))
    motion = reading(footage, lambda each: read_motion(each.path, canvas, keep_on=keep_on))
    if not motion.is_sure:
        why = "no camera motion can be followed in this video (it is too plain, too dark or a single frame)"
        return Guide(told={"follows": "picture", "insteadOf": footage.name}, warnings=(f"{footage.name}: {why}",))
    return Guide(motion, {"follows": footage.name})


def tighter(one: Crop, other: Crop) -> Crop:
    """Return a crop with no more room than either of two has."""
    return replace(one, width_px=min(one.width_px, other.width_px), height_px=min(one.height_px, other.height_px))


def part_of(motion: MotionPath, frames: range) -> MotionPath:
    """Return the motion of a shot of its own, all zero on its first frame."""

    def part(track: Track) -> Track:
        return np.asarray(track[frames.start : frames.stop] - track[frames.start])

    # What was a step when the clip began is a larger one where the camera has come closer since.
    grown = float(np.exp(motion.closer[frames.start]))
    return replace(
        motion,
        closer=part(motion.closer),
        roll=part(motion.roll),
        pan_x=part(motion.pan_x) * grown,
        pan_y=part(motion.pan_y) * grown,
        cuts=tuple(cut - frames.start for cut in motion.cuts if cut in frames),
    )


def fit_motion(motion: MotionPath, crop: Crop, canvas: Size) -> MotionPath:
    """Return the motion, each of its directions as large as the picture has room for."""
    motion = replace(motion, closer=motion.closer * min(1.0, _MOST_CLOSER / max(float(np.ptp(motion.closer)), 1e-9)))
    zoom = np.exp(motion.closer - motion.closer.min())
    still = np.zeros_like(zoom)

    def fits(roll: Track, pan_x: Track, pan_y: Track, narrowed: float) -> bool:
        cos, sin = np.abs(np.cos(roll)), np.abs(np.sin(roll))
        backing = 1 + np.maximum(0, -_FORWARD * motion.closer)
        half_w = (cos * canvas.width_px + sin * canvas.height_px) / 2 * backing / (zoom * narrowed)
        half_h = (cos * canvas.height_px + sin * canvas.width_px) / 2 * backing / (zoom * narrowed)
        across = _extent(pan_x * (1 + _SIDE) * canvas.width_px, half_w)
        along = _extent(pan_y * (1 + _SIDE) * canvas.height_px, half_h)
        return across <= crop.width_px and along <= crop.height_px

    roll = motion.roll * _largest(lambda share: fits(motion.roll * share, still, still, _NARROWED_TO_ROLL))
    pan_x = motion.pan_x * _largest(lambda share: fits(roll, motion.pan_x * share, still, _NARROWED))
    pan_y = motion.pan_y * _largest(lambda share: fits(roll, pan_x, motion.pan_y * share, _NARROWED))
    return replace(motion, roll=roll, pan_x=pan_x, pan_y=pan_y)


def _extent(middle: Track, half: Track) -> float:
    """Return how long a stretch of the picture a view sweeps."""
    return float((middle + half).max() - (middle - half).min())


def _largest(fits: Callable[[float], bool]) -> float:
    """Return the largest share, 0..1, that fits, to a thousandth."""
    if fits(1.0):
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(10):
        middle = (low + high) / 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low
