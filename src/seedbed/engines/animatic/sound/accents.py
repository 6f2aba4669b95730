"""What the picture does on a beat: a breath of zoom and of light, and cuts that fall on it.

An accent may be felt, never seen to flash: fewer than three a second, and a rise of luma far below the tenth of full
luminance from which on WCAG 2.3.1 speaks of a flash.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import cv2
import numpy as np

from seedbed.core.engine import Canvas
from seedbed.core.shotplan.plan import END, START, ShotPlan
from seedbed.engines.animatic.camera import Path, Track
from seedbed.engines.animatic.film import Moment, Timed
from seedbed.engines.animatic.planes import BLACK_Y, WHITE_Y, Planes
from seedbed.engines.animatic.sound.beats import Beats

ZOOM = 0.016  # how much larger the picture is at the height of an accent
LIGHT = 0.035  # how much lighter
LEAST_APART_S = 0.36
_SURE = 0.45  # clarity from which on there is a beat that everybody would tap to
_RISE_S, _FALL_S = 1 / 24, 0.29
_KEPT_START_S, _KEPT_END_S = 0.08, 0.34  # the first and the last frame are promised as they are
_SNAP_S = 0.45
_SHORTEST_SHOT_S = 0.5


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The beats of a clip's sound and what the picture makes of them. `accents`: (frames,) 0..1."""

    canvas: Canvas
    beats: Beats
    accents: Track

    def in_time(self, plan: ShotPlan) -> ShotPlan:
        """Return the plan with its cuts on beats."""
        return cut_on_beats(plan, self.beats, self.canvas)

    def zoomed(self, path: Path, *, first_frame: int = 0) -> Path:
        """Return the path with a little more zoom at each accent. `first_frame`: where in the clip the path begins."""
        accents = self.accents[first_frame : first_frame + path.frames]
        return replace(path, zoom=path.zoom * (1 + ZOOM * accents)) if accents.any() else path

    def light(self) -> list[Timed]:
        """Return the light of the accents as an effect; none if there are none."""
        return [Timed(_lighten, self.accents)] if self.accents.any() else []


def rhythm_of(beats: Beats | None, canvas: Canvas) -> Rhythm:
    """Return the clip's rhythm; None (no reference sound) is one without beats."""
    beats = beats or Beats()
    return Rhythm(canvas, beats, pulses(accented(beats, duration_s=float(canvas.duration_s)), canvas))


def accented(beats: Beats, *, duration_s: float) -> tuple[float, ...]:
    """Return the moments of the beats that get an accent: all of them, or every second one of a fast piece."""
    if beats.clarity < _SURE:
        return ()
    every = max(1, math.ceil(LEAST_APART_S / max(beats.period_s, 0.05)))
    chosen: list[float] = []
    for time_s in beats.times_s[::every]:
        is_inside = _KEPT_START_S <= time_s <= duration_s - _KEPT_END_S
        if is_inside and (not chosen or time_s - chosen[-1] >= 0.9 * LEAST_APART_S):
            chosen.append(time_s)
    return tuple(chosen)


def pulses(times_s: Sequence[float], canvas: Canvas) -> Track:
    """Return (frames,) 0..1: up within a frame, then softly down; nothing on the first and the last frame.

    Each is highest on the frame that is nearest to its moment, so that all are equally high.
    """
    seconds = np.arange(canvas.frames) / canvas.fps
    total = np.zeros(canvas.frames)
    for time_s in times_s:
        since = seconds - round(time_s * canvas.fps) / canvas.fps
        rise, fall = np.clip(1 + since / _RISE_S, 0, 1), np.clip(1 - since / _FALL_S, 0, 1)
        total = np.maximum(total, np.where(since < 0, rise, fall * fall))
    total[0] = total[-1] = 0
    return total


def _lighten(planes: Planes, moment: Moment) -> None:
    level = np.clip((np.arange(256) - BLACK_Y) / (WHITE_Y - BLACK_Y), 0, 1)
    # Strongest in the middle greys: white has no room, and black should stay black.
    lift = LIGHT * moment.amount * (WHITE_Y - BLACK_Y) * 4 * level * (1 - level)
    cv2.LUT(planes.y, np.clip(np.arange(256) + lift + 0.5, 0, 255).astype(np.uint8), dst=planes.y)


def cut_on_beats(plan: ShotPlan, beats: Beats, canvas: Canvas) -> ShotPlan:
    """Return the plan with each cut on the nearest frame of the nearest beat, if one is near; the rest moves along."""
    last = canvas.frames - 1
    frames = [round(time_s * canvas.fps) for time_s in beats.times_s] if beats.clarity >= _SURE else []
    old, new = [START], [START]
    for cut in plan.cuts:
        at = cut.at * last
        near = min(frames, key=lambda frame: abs(frame - at), default=None)
        fits = near is not None and abs(near - at) <= _SNAP_S * canvas.fps
        to = Fraction(near, last) if near is not None and fits else cut.at
        if (to - new[-1]) * canvas.duration_s < _SHORTEST_SHOT_S or (END - to) * canvas.duration_s < _SHORTEST_SHOT_S:
            to = cut.at
        old.append(cut.at)
        new.append(max(to, new[-1]))
    if old == new:
        return plan
    old, new = [*old, END], [*new, END]

    def moved(at: Fraction) -> Fraction:
        place = max(n for n in range(len(old) - 1) if old[n] <= at)
        share = (at - old[place]) / (old[place + 1] - old[place])
        return new[place] + share * (new[place + 1] - new[place])

    return replace(
        plan,
        moves=tuple(replace(cue, start=moved(cue.start), end=moved(cue.end)) for cue in plan.moves),
        effects=tuple(replace(cue, start=moved(cue.start), end=moved(cue.end)) for cue in plan.effects),
        cuts=tuple(replace(cut, at=moved(cut.at)) for cut in plan.cuts),
    )
