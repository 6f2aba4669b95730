"""Several shots in one clip: how each frames its picture, and which frames are whose.

A cut falls between two frames. Each shot is a stage of its own, so its camera begins anew; the effects know nothing of
cuts and go on over them, as weather does.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from seedbed.core.engine import RenderTask
from seedbed.core.shotplan.plan import Shot
from seedbed.core.shotplan.vocabulary import Framing
from seedbed.core.sizes import Size
from seedbed.engines.animatic.camera import ending_at_rest, plan_path
from seedbed.engines.animatic.depth import Depth
from seedbed.engines.animatic.film import Anchor, Drawer
from seedbed.engines.animatic.framing import closer
from seedbed.engines.animatic.motion_path import Guide
from seedbed.engines.animatic.planes import Planes
from seedbed.engines.animatic.sound.accents import Rhythm
from seedbed.engines.animatic.stage import Look, flat_view, set_stage
from seedbed.engines.animatic.warp import Mesh, Stage, Warper

_ZOOMS = {Framing.WIDE: 1.0, Framing.MEDIUM: 1.38, Framing.CLOSE: 1.9}
_FEWEST_SOURCE_PIXELS = 0.42  # per canvas pixel and axis: beyond it a close view is mush
# A cut between views that are too much alike looks like a fault, so a shot that asks for nothing takes another view.
_NEXT = {None: Framing.CLOSE, Framing.WIDE: Framing.CLOSE, Framing.CLOSE: Framing.WIDE, Framing.MEDIUM: Framing.WIDE}


@dataclass(frozen=True, slots=True)
class Take:
    """A stage and the frames of the clip that it gives."""

    frames: range
    stage: Stage


@dataclass(frozen=True, slots=True)
class Framed:
    """One view of a picture. trust: how far its depth may be shown, 0..1."""

    look: Look
    depth: Depth
    trust: float


def shoot(
    task: RenderTask, shots: Sequence[Shot], views: Sequence[Framed], rhythm: Rhythm, guide: Guide, *, at_end: bool
) -> list[Take]:
    """Set a stage for every shot from its own view. `at_end`: the clip's last frame is the promised one."""
    canvas, takes = task.canvas, []
    for shot, span, view in zip(shots, frames_of(shots, canvas.frames), views, strict=True):
        look = guide.framed(view.look)
        path = plan_path(
            shot.plan, frames=len(span), fps=canvas.fps, focus=view.depth.focus, trust=view.trust, seed=task.seed
        )
        path = guide.moved(path, look.crop, canvas.size, trust=view.trust, first_frame=span.start)
        if at_end and span.stop == canvas.frames:
            path = ending_at_rest(path)
        path = rhythm.zoomed(path, first_frame=span.start)
        takes.append(Take(span, set_stage(look, canvas.size, view.depth, path)))
    return takes


def cuts_of(takes: Sequence[Take]) -> tuple[int, ...]:
    """Return the frames at which a new shot begins."""
    return tuple(take.frames.start for take in takes[1:])


def opening(view: Framed, take: Take) -> Planes:
    """Return the picture under its crop as a take begins."""
    return flat_view(view.look, take.stage, 0)


def anchored(look: Look, take: Take, frame: int, *, promised: Planes | None = None) -> Anchor:
    """Make a frame of the clip exactly the picture under its crop, which is `promised` where that is at hand."""
    own = frame - take.frames.start
    drawn, _ = Warper(take.stage).draw(own)
    return Anchor.between(frame, promised=promised or flat_view(look, take.stage, own), drawn=drawn)


def views_of(look: Look, shots: Sequence[Shot], canvas: Size) -> list[Look]:
    """Return the look of each shot. A single shot shows the picture as it was sent, whatever the prompt calls it."""
    if len(shots) == 1:
        return [look]
    return [framed(look, framing, canvas, place=place) for place, framing in enumerate(framings_of(shots))]


def frames_of(shots: Sequence[Shot], frames: int) -> list[range]:
    """Share the clip's frames out among its shots; none gets fewer than one."""
    borders = [0]
    for place, shot in enumerate(shots[1:], start=1):
        latest = frames - (len(shots) - place)
        borders.append(min(latest, max(borders[-1] + 1, round(shot.start * (frames - 1)))))
    return [range(a, b) for a, b in itertools.pairwise([*borders, frames])]


def framings_of(shots: Sequence[Shot]) -> list[Framing | None]:
    """Return the framing of each shot: the one asked for, else one that differs from the shot before."""
    framings: list[Framing | None] = []
    for shot in shots:
        unasked = _NEXT[framings[-1]] if framings else None
        framings.append(shot.plan.framing or unasked)
    return framings


def framed(look: Look, framing: Framing | None, canvas: Size, *, place: int) -> Look:
    """Return the look under the crop of that framing. `place`: which shot it is; without a subject, close shots take
    turns at what there is to see.
    """
    if framing is None or framing is Framing.WIDE:
        return look
    most = min(1 / (look.crop.scale * _FEWEST_SOURCE_PIXELS), _subject_allows(look, canvas))
    zoom = max(1.0, min(_ZOOMS[framing], most))
    focus_x, focus_y = look.crop.focus_x, look.crop.focus_y
    if not look.traits.has_subject:
        share_x, share_y = _worth_seeing(look, place)
        focus_x, focus_y = share_x * look.crop.width_px, share_y * look.crop.height_px
    return replace(look, crop=closer(look.crop, canvas, zoom, (focus_x, focus_y)))


def _subject_allows(look: Look, canvas: Size) -> float:
    """Return how close a shot may come before it cuts into a thing. Of a person who stands, half is a close shot."""
    subject, crop, traits = look.subject, look.crop, look.traits
    if not traits.has_subject:
        return _ZOOMS[Framing.CLOSE]
    if traits.subject_meets_bottom and traits.subject_aspect >= 0.9:
        return 1.55
    across = canvas.width_px / max(1.0, (subject.right - subject.left) * crop.width_px)
    along = canvas.height_px / max(1.0, (subject.bottom - subject.top) * crop.height_px)
    return max(1.25, 0.92 * min(across, along))


def _worth_seeing(look: Look, place: int) -> tuple[float, float]:
    """Return the middle (x, y as shares) of the busiest part of the picture, on alternating sides of it."""
    height_px = look.scene.sky.shape[0]
    width_px = look.scene.sky.shape[1]
    small = cv2.resize(look.picture, (width_px, height_px), interpolation=cv2.INTER_AREA)
    detail = np.abs(cv2.Laplacian(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32), cv2.CV_32F))
    # A mask that is not sure enough to cut by still points at something.
    busy, meant = (
        cv2.GaussianBlur(each, (0, 0), width_px / 9)
        for each in (
            np.minimum(detail, 12) * (1 - look.scene.sky),
            cv2.resize(look.subject.mask, (width_px, height_px), interpolation=cv2.INTER_AREA),
        )
    )
    worth = busy / max(float(busy.max()), 1e-3) + 1.5 * meant / max(float(meant.max()), 1e-3)
    x = np.linspace(0, 1, width_px, dtype=np.float32)
    side = 1 if place % 2 else -1
    row, column = divmod(int(np.argmax(worth * (1 + 0.15 * side * (2 * x - 1)))), width_px)
    return (column + 0.5) / width_px, (row + 0.5) / height_px


def reel(takes: Sequence[Take]) -> Callable[[], Drawer]:
    """Return drawers for a clip of several takes."""

    def make() -> Drawer:
        warpers = [Warper(take.stage) for take in takes]

        def draw(frame: int) -> tuple[Planes, Mesh]:
            place = next(n for n, take in enumerate(takes) if frame in take.frames)
            return warpers[place].draw(frame - takes[place].frames.start)

        return draw

    return make
