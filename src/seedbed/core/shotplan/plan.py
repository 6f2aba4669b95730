"""The shot plan: which moves and effects happen when, how fast and how strongly, and whether somebody asked for them.

Times are shares of the clip (0 = first frame, 1 = last frame), so that a plan does not depend on the clip's length.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from seedbed.core.shotplan.vocabulary import Effect, Hue, Move, Scenery, TimeOfDay

START = Fraction(0)
END = Fraction(1)


@dataclass(frozen=True, slots=True)
class MoveCue:
    """One camera move over a stretch of the clip. `words` is what the prompt said; None = chosen from the picture."""

    move: Move
    start: Fraction = START
    end: Fraction = END
    speed: float = 1.0  # 1 = the move's own pace; from 0.45 (very slow) to 2.2 (very fast)
    strength: float = 1.0  # 1 = the move's own extent; from 0.55 (slight) to 1.6 (strong)
    words: str | None = None


@dataclass(frozen=True, slots=True)
class EffectCue:
    """One effect over a stretch of the clip."""

    effect: Effect
    start: Fraction = START
    end: Fraction = END
    strength: float = 1.0
    words: str | None = None


@dataclass(frozen=True, slots=True)
class ShotPlan:
    """Everything that was understood. Moves are in order of time; those with equal times run together."""

    moves: tuple[MoveCue, ...]
    effects: tuple[EffectCue, ...] = ()
    time_of_day: TimeOfDay | None = None
    scenery: tuple[Scenery, ...] = ()
    hues: tuple[Hue, ...] = ()
    refused: tuple[str, ...] = ()  # what the prompt asked not to happen

    def effect(self, effect: Effect) -> EffectCue | None:
        """Return the first cue of that effect."""
        return next((cue for cue in self.effects if cue.effect is effect), None)


@dataclass(frozen=True, slots=True)
class PictureTraits:
    """What a picture looks like, as far as the choice of a move needs it. All shares are 0..1."""

    subject_area: float = 0.0  # share of the picture that the subject covers
    subject_confidence: float = 0.0
    subject_aspect: float = 1.0  # height / width of the box around the subject
    subject_meets_bottom: bool = False
    sky_share: float = 0.0

    @property
    def has_subject(self) -> bool:
        """Whether the subject may be cut out. Outside these bounds a cut-out looks worse than none."""
        return 0.015 <= self.subject_area <= 0.80 and self.subject_confidence >= 0.75


def choose_move(traits: PictureTraits | None, *, refused: frozenset[Move] = frozenset()) -> Move:
    """Return the move that suits the picture when the prompt names none; static if that one was refused."""
    move = _suits(traits)
    return Move.STATIC if move in refused else move


def _suits(traits: PictureTraits | None) -> Move:
    if traits is None:
        return Move.AERIAL_DRIFT
    if traits.has_subject:
        stands = traits.subject_meets_bottom and traits.subject_aspect >= 0.9 and traits.subject_area >= 0.12
        return Move.PUSH_IN if stands else Move.ORBIT_RIGHT
    return Move.AERIAL_DRIFT if traits.sky_share >= 0.12 else Move.PUSH_IN


def with_chosen_move(plan: ShotPlan, move: Move, *, speed: float = 0.8) -> ShotPlan:
    """Return the plan with a move nobody asked for over the whole clip."""
    return replace(plan, moves=(MoveCue(move, speed=speed),))


def to_json(plan: ShotPlan, *, duration_s: Fraction) -> dict[str, Any]:
    """Return the plan as the job's `shotPlan`: times in seconds, and for each cue what the prompt said."""

    def times(cue: MoveCue | EffectCue) -> dict[str, Any]:
        start_s, end_s = (round(float(share * duration_s), 2) for share in (cue.start, cue.end))
        said: dict[str, Any] = {"said": cue.words} if cue.words is not None else {"chosen": True}
        return {"fromSeconds": start_s, "toSeconds": end_s, "strength": cue.strength} | said

    shot: dict[str, Any] = {
        "moves": [{"move": cue.move.value, "speed": cue.speed} | times(cue) for cue in plan.moves],
        "effects": [{"effect": cue.effect.value} | times(cue) for cue in plan.effects],
    }
    if plan.time_of_day:
        shot["timeOfDay"] = plan.time_of_day.value
    if plan.refused:
        shot["refused"] = list(plan.refused)
    return shot
