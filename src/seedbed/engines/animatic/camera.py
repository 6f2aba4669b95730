"""The camera's path: for every frame where it looks, how close it is, and how far it has moved sideways.

All lengths are in canvas widths (x) and heights (y), angles in radians. Sideways motion, forward motion and roll are
zero on frame 0, so that the first frame is the picture itself, flat.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace

import numpy as np
import numpy.typing as npt

from seedbed.core.shotplan.plan import MoveCue, ShotPlan
from seedbed.core.shotplan.vocabulary import Effect, Move

Track = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Path:
    """One value a frame, (N,) each.

    zoom: >= 1, 1 = the widest view. pan_x, pan_y: the view's shift over the picture. side_x, side_y: the camera's own
    shift, which moves near things against far ones. forward: 0..0.5, the same along the axis. roll: clockwise.
    blur_x: streaks of a whip, in canvas widths. swing: how much nearer the right rim is than the left one, as if the
    picture were a turned board; straight lines stay straight. counter: the part of a dolly zoom's forward motion, times
    the disparity it holds, that `zoom` takes back.
    """

    zoom: Track
    pan_x: Track
    pan_y: Track
    side_x: Track
    side_y: Track
    forward: Track
    roll: Track
    blur_x: Track
    swing: Track
    counter: Track

    @property
    def frames(self) -> int:
        return len(self.zoom)


@dataclass(frozen=True, slots=True)
class Ease:
    """How far a move has come at each frame: `done` runs from 0 to 1, `seconds` is the clip's time."""

    done: Track
    seconds: Track
    amount: float  # extent of the move: 1 = its own
    deep: float  # the same for motion that shows depth: less where depth is not to be trusted
    phase: Track = field(default_factory=lambda: np.zeros(8))  # chance, in 0..2 pi


def plan_path(plan: ShotPlan, *, frames: int, fps: int, focus: float, trust: float, seed: int) -> Path:
    """Return the path that the plan's moves make together.

    `focus`: disparity of what should hold still in an orbit. `trust`, 0..1: how far depth may be shown.
    """
    share = np.arange(frames) / max(1, frames - 1)
    seconds = np.arange(frames) / fps
    phase = np.random.default_rng([seed, 1]).uniform(0, 2 * np.pi, 8)
    tracks = {f.name: np.zeros(frames) for f in fields(Path)}
    for cue in plan.moves:
        done = _ease(np.clip((share - float(cue.start)) / float(cue.end - cue.start), 0, 1))
        amount = _amount(cue, seconds[-1] * float(cue.end - cue.start))
        ease = Ease(done, seconds, amount, amount * trust, phase)
        for name, values in _MOVES[cue.move](ease, focus).items():
            tracks[name] = tracks[name] + values
    if breathing := plan.effect(Effect.LENS_BREATHING):
        tracks["zoom"] = tracks["zoom"] + 0.014 * breathing.strength * (1 - np.cos(2 * np.pi * 0.32 * seconds))
    # Zoom is added up as a logarithm, so that equal steps look equal.
    tracks["zoom"] = np.exp(tracks["zoom"] - tracks["zoom"].min())
    return Path(**tracks)


def _ease(share: Track) -> Track:
    """Start and stop gently, and keep an even pace between."""
    return 0.35 * share + 0.65 * share * share * (3 - 2 * share)


def _amount(cue: MoveCue, length_s: float) -> float:
    """A faster or stronger move goes further; a longer stretch too, but not in proportion."""
    return float(np.clip(cue.speed**0.8 * cue.strength**0.6 * (max(length_s, 1.0) / 5) ** 0.35, 0.3, 2.0))


def _waves(e: Ease, first: int, base_hz: float) -> Track:
    """A wandering of about -1..1 made of waves whose lengths have no common measure. Zero on frame 0."""
    waves = sum(np.sin(2 * np.pi * base_hz * 1.83**n * e.seconds + e.phase[(first + n) % 8]) / 1.5**n for n in range(4))
    return np.asarray((waves - waves[0]) / 1.6) * np.minimum(1, e.seconds / 0.4)


def _static(_e: Ease, _focus: float) -> dict[str, Track]:
    return {}


def _push(e: Ease, _focus: float) -> dict[str, Track]:
    return {"zoom": 0.22 * e.amount * e.done, "forward": 0.10 * e.deep * e.done}


def _pull(e: Ease, _focus: float) -> dict[str, Track]:
    return {"zoom": -0.26 * e.amount * e.done, "forward": -0.09 * e.deep * e.done}


def _pan(sign: int) -> Callable[[Ease, float], dict[str, Track]]:
    return lambda e, _focus: {"pan_x": sign * 0.26 * e.amount * e.done, "side_x": sign * 0.012 * e.deep * e.done}


def _tilt(sign: int) -> Callable[[Ease, float], dict[str, Track]]:
    return lambda e, _focus: {"pan_y": sign * 0.26 * e.amount * e.done, "side_y": sign * 0.010 * e.deep * e.done}


def _orbit(sign: int) -> Callable[[Ease, float], dict[str, Track]]:
    def move(e: Ease, focus: float) -> dict[str, Track]:
        # The subject holds still when the view follows it by as much as its own parallax. Where depth is not to be
        # trusted, the picture turns like a board instead.
        side = sign * 0.072 * e.deep * e.done
        flat = sign * max(0.0, e.amount - e.deep) * e.done
        return {
            "side_x": side,
            "pan_x": -side * focus + 0.035 * flat,
            "swing": 0.17 * flat,
            "zoom": 0.05 * e.amount * e.done,
            "forward": 0.03 * e.deep * e.done,
        }

    return move


def _truck(sign: int) -> Callable[[Ease, float], dict[str, Track]]:
    return lambda e, _focus: {"pan_x": sign * 0.13 * e.amount * e.done, "side_x": sign * 0.07 * e.deep * e.done}


def _crane(sign: int) -> Callable[[Ease, float], dict[str, Track]]:
    return lambda e, _focus: {
        "pan_y": sign * 0.16 * e.amount * e.done,
        "side_y": sign * 0.07 * e.deep * e.done,
        "zoom": 0.03 * e.done,
    }


def _roll(sign: int) -> Callable[[Ease, float], dict[str, Track]]:
    return lambda e, _focus: {"roll": sign * np.deg2rad(7.0) * e.amount * e.done, "zoom": 0.06 * e.amount * e.done}


def _dolly_zoom(e: Ease, focus: float) -> dict[str, Track]:
    """Go nearer while the lens widens by exactly what keeps the subject's size; a plain push where nothing is deep."""
    forward = min(0.36 * e.deep, 0.45) * e.done
    plain = 0.14 * e.amount * max(0.0, 1 - e.deep / (0.3 * e.amount)) * e.done
    return {"forward": forward, "zoom": np.log(1 - forward * focus) + plain, "counter": forward * focus}


def _hand_held(e: Ease, _focus: float) -> dict[str, Track]:
    a = e.amount
    return {
        "pan_x": 0.012 * a * _waves(e, 0, 0.45),
        "pan_y": 0.014 * a * _waves(e, 1, 0.52),
        "side_x": 0.016 * e.deep * _waves(e, 2, 0.38),
        "side_y": 0.012 * e.deep * _waves(e, 3, 0.41),
        "roll": np.deg2rad(0.55) * a * _waves(e, 5, 0.33),
        "zoom": 0.03 * a * e.done,
    }


def _aerial(e: Ease, _focus: float) -> dict[str, Track]:
    return {
        "zoom": 0.13 * e.amount * e.done,
        "forward": 0.16 * e.deep * e.done,
        "side_y": -0.035 * e.deep * e.done,
        "pan_x": 0.022 * e.amount * e.done + 0.003 * _waves(e, 4, 0.2),
        "pan_y": 0.020 * e.amount * e.done,
        "roll": np.deg2rad(0.5) * _waves(e, 6, 0.15),
    }


def _whip(sign: int) -> Callable[[Ease, float], dict[str, Track]]:
    """Hold, tear across in a third of a second, and settle with a small overshoot."""

    def move(e: Ease, _focus: float) -> dict[str, Track]:
        started = e.done > 0
        begin = e.seconds[int(np.argmax(started))] if started.any() else 0.0
        end = e.seconds[int(np.argmax(e.done >= e.done.max()))]
        into = np.clip((e.seconds - (begin + 0.45 * (end - begin))) / 0.34, 0, 3)
        dash = np.clip(into, 0, 1)
        dash = dash * dash * dash * (dash * (6 * dash - 15) + 10)
        settle = 0.035 * np.sin(np.pi * np.clip(into - 1, 0, 2)) * np.exp(-2.0 * np.clip(into - 1, 0, 2))
        pan = sign * 0.30 * (dash + settle)
        return {"pan_x": pan, "blur_x": 1.8 * np.abs(np.gradient(pan)) if len(pan) > 1 else pan * 0}

    return move


_MOVES: dict[Move, Callable[[Ease, float], dict[str, Track]]] = {
    Move.STATIC: _static,
    Move.PUSH_IN: _push,
    Move.PULL_OUT: _pull,
    Move.PAN_LEFT: _pan(-1),
    Move.PAN_RIGHT: _pan(1),
    Move.TILT_UP: _tilt(-1),
    Move.TILT_DOWN: _tilt(1),
    Move.ORBIT_LEFT: _orbit(-1),
    Move.ORBIT_RIGHT: _orbit(1),
    Move.TRUCK_LEFT: _truck(-1),
    Move.TRUCK_RIGHT: _truck(1),
    Move.CRANE_UP: _crane(-1),
    Move.CRANE_DOWN: _crane(1),
    Move.ROLL_LEFT: _roll(-1),
    Move.ROLL_RIGHT: _roll(1),
    Move.DOLLY_ZOOM: _dolly_zoom,
    Move.HAND_HELD: _hand_held,
    Move.AERIAL_DRIFT: _aerial,
    Move.WHIP_LEFT: _whip(-1),
    Move.WHIP_RIGHT: _whip(1),
}


_SCALED = ("pan_x", "pan_y", "side_x", "side_y", "forward", "roll", "swing", "counter")


def scaled(path: Path, factor: float) -> Path:
    """Return the path with everything but the zoom made smaller or larger; a dolly zoom still holds its subject."""
    smaller = {name: getattr(path, name) * factor for name in _SCALED}
    zoom = path.zoom * (1 - smaller["counter"]) / (1 - path.counter)
    return replace(path, zoom=zoom / zoom.min(), **smaller)


def ending_at_rest(path: Path, *, seen_from: int = 0) -> Path:
    """Return the same motion shifted so that its last frame, not its first, is the flat picture.

    Frames before `seen_from` are never shown; leaving them out spares room.
    """

    def rest(track: Track) -> Track:
        return track[np.maximum(np.arange(len(track)), seen_from)]

    shifted = {name: rest(getattr(path, name)) - getattr(path, name)[-1] for name in _SCALED}
    zoom = rest(path.zoom)
    return replace(path, zoom=zoom / zoom.min(), **shifted)
