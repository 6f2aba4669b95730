"""The shot plan: which moves and effects happen when, how fast and how strongly, and whether somebody asked for them.

Times are shares of the clip (0 = first frame, 1 = last frame), so that a plan does not depend on the clip's length.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from seedbed.core.shotplan.vocabulary import Effect, Framing, Hue, Move, Scenery, TimeOfDay

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
class Cut:
    """Where a new shot begins, and what that shot says of itself. What it leaves out goes on as before the cut."""

    at: Fraction
    words: str  # what the prompt said: "cut to"
    framing: Framing | None = None
    time_of_day: TimeOfDay | None = None
    scenery: tuple[Scenery, ...] = ()
    hues: tuple[Hue, ...] = ()


@dataclass(frozen=True, slots=True)
class ShotPlan:
    """Everything that was understood. Moves are in order of time; those with equal times run together.

    `framing`, `time_of_day`, `scenery` and `hues` are those of the first shot. An effect may have several cues, one for
    each stretch.
    """

    moves: tuple[MoveCue, ...]
    effects: tuple[EffectCue, ...] = ()
    time_of_day: TimeOfDay | None = None
    scenery: tuple[Scenery, ...] = ()
    hues: tuple[Hue, ...] = ()
    refused: tuple[str, ...] = ()  # what the prompt asked not to happen
    framing: Framing | None = None
    cuts: tuple[Cut, ...] = ()  # in order of time, none at 0

    def effect(self, effect: Effect) -> EffectCue | None:
        """Return the first cue of that effect."""
        return next((cue for cue in self.effects if cue.effect is effect), None)

    @property
    def shots(self) -> tuple[Shot, ...]:
        """The clip's shots in order of time; one, the plan itself, is the ordinary case."""
        if not self.cuts:
            return (Shot(START, END, self),)
        ends = [cut.at for cut in self.cuts[1:]] + [END]
        shots = [Shot(START, self.cuts[0].at, _within(self, START, self.cuts[0].at))]
        for cut, end in zip(self.cuts, ends, strict=True):
            before, plan = shots[-1].plan, _within(self, cut.at, end)
            plan = replace(
                plan,
                framing=cut.framing,
                time_of_day=cut.time_of_day or before.time_of_day,
                scenery=cut.scenery or before.scenery,
                hues=cut.hues or before.hues,
            )
            shots.append(Shot(cut.at, end, plan, cut.words))
        return tuple(shots)


def held_still(plan: ShotPlan, *, words: str) -> ShotPlan:
    """Return the plan as one shot that nothing moves but what is in the picture. `words`: who asked for that."""
    effects = tuple(cue for cue in plan.effects if cue.effect is not Effect.LENS_BREATHING)
    return replace(plan, moves=(MoveCue(Move.STATIC, words=words),), effects=effects, cuts=())


@dataclass(frozen=True, slots=True)
class Shot:
    """One take between two cuts, from `start` to `end` of the clip.

    `plan` has the shot as a clip of its own: its times are shares of the shot, and it has no cuts. An effect that
    begins before the shot and lasts into it starts at 0 there. `words` is what the prompt said to cut here.
    """

    start: Fraction
    end: Fraction
    plan: ShotPlan
    words: str | None = None


def _within(plan: ShotPlan, start: Fraction, end: Fraction) -> ShotPlan:
    length = end - start

    def share(at: Fraction) -> Fraction:
        return min(END, max(START, (at - start) / length))

    moves = tuple(
        replace(cue, start=share(cue.start), end=share(cue.end))
        for cue in plan.moves
        if cue.start < end and cue.end > start
    )
    effects = tuple(
        replace(cue, start=share(cue.start), end=share(cue.end))
        for cue in plan.effects
        if cue.start < end and cue.end > start
    )
    return replace(plan, moves=moves, effects=effects, cuts=())


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


def to_json(plan: ShotPlan, *, duration_s: Fraction) -> dict[str, Any]:
    """Return the plan as the job's `shotPlan`: times in seconds, and for each cue what the prompt said.

    `shots` is there only when there are several; each move and effect lies in the shots that its times lie in.
    """

    def times(cue: MoveCue | EffectCue | Shot) -> dict[str, Any]:
        start_s, end_s = (round(float(share * duration_s), 2) for share in (cue.start, cue.end))
        return {"fromSeconds": start_s, "toSeconds": end_s}

    def said(cue: MoveCue | EffectCue) -> dict[str, Any]:
        source: dict[str, Any] = {"said": cue.words} if cue.words is not None else {"chosen": True}
        return times(cue) | {"strength": cue.strength} | source

    understood: dict[str, Any] = {
        "moves": [{"move": cue.move.value, "speed": cue.speed} | said(cue) for cue in plan.moves],
        "effects": [{"effect": cue.effect.value} | said(cue) for cue in plan.effects],
    }
    if plan.cuts:
        understood["shots"] = [times(shot) | _character(shot) for shot in plan.shots]
    if plan.time_of_day:
        understood["timeOfDay"] = plan.time_of_day.value
    if plan.refused:
        understood["refused"] = list(plan.refused)
    return understood


def _character(shot: Shot) -> dict[str, Any]:
    facts = {
        "framing": shot.plan.framing and shot.plan.framing.value,
        "timeOfDay": shot.plan.time_of_day and shot.plan.time_of_day.value,
        "said": shot.words,
    }
    return {name: value for name, value in facts.items() if value}
