"""Where in a clip of LTX-2 its pictures stand, and how many frames that takes.

The library counts a picture's place in latent frames, which stand for groups of eight frames (the first for one), and
puts it at the first frame of its group.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from seedbed.core.errors import EngineUnfit
from seedbed.core.references import Role
from seedbed.engines.diffusers.adapter import Plan, Sight
from seedbed.engines.diffusers.adapters.ltx2_options import Ltx2Options

GROUP = 8
MOMENTS = "keyframes_s"


@dataclass(frozen=True, slots=True)
class Span:
    """How many frames are made, and how many of them are kept.

    The library puts a later picture at the first frame of a latent frame's group. At the last group, where its own
    examples put it, that is seven frames before the end; so with a picture to end on there is one group more, and what
    follows the picture is not kept.
    """

    made: int
    kept: int

    @classmethod
    def of(cls, frames: int, *, has_end: bool) -> Span:
        if not has_end:
            return cls(frames, frames)
        last = _group_from(frames - 1)
        return cls(last * GROUP + 1, _first_frame(last) + 1)


def _group_from(frame: int) -> int:
    """Return the first group, counted in latent frames, that begins at that frame or after it."""
    return -(-(frame - 1) // GROUP) + 1 if frame > 0 else 0


def _first_frame(group: int) -> int:
    return (group - 1) * GROUP + 1 if group else 0


def conditions_of(plan: Plan, sights: tuple[Sight, ...], span: Span, options: Ltx2Options) -> list[Any]:
    from diffusers.pipelines.ltx2.pipeline_ltx2_condition import LTX2VideoCondition
    from PIL import Image

    places = [(sight, 0) for sight in with_role(Role.FIRST_FRAME, sights)]
    between = zip(with_role(Role.REFERENCE_IMAGE, sights), moments_of(plan), strict=False)
    places += [(sight, min(_group_from(round(at_s * plan.fps)), span.made // GROUP)) for sight, at_s in between]
    places += [(sight, span.made // GROUP) for sight in with_role(Role.LAST_FRAME, sights)]
    return [
        LTX2VideoCondition(frames=Image.fromarray(pixels), index=group, strength=1.0, crf=options.image_crf)
        for sight, group in places
        if (pixels := sight.pixels) is not None
    ]


def with_role(role: Role, sights: tuple[Sight, ...]) -> list[Sight]:
    return [sight for sight in sights if sight.role is role]


def moments_of(plan: Plan) -> list[float]:
    """Return where the job wants its reference pictures, in seconds. Raises EngineUnfit for what is no such list."""
    given = plan.options.get(MOMENTS, [])
    if not isinstance(given, list) or not all(_is_moment(at_s, plan) for at_s in given):
        raise EngineUnfit(f"The option {MOMENTS} must be a list of seconds within the clip.")
    return [float(at_s) for at_s in given]


def _is_moment(at_s: object, plan: Plan) -> bool:
    return isinstance(at_s, int | float) and not isinstance(at_s, bool) and 0 <= at_s * plan.fps <= plan.frames
