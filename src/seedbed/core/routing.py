"""Which engines may make a request: each model has a chain of them, and each step of it says what it takes.

The route of a job is decided once, at submit, from the request alone: the engines of the chain that take it, in order.
It is kept with the job, so that a change of the configuration never changes what was accepted.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from seedbed.core.job import Leg
from seedbed.core.models import Model
from seedbed.core.references import MAX_REFERENCES, Role
from seedbed.core.request import GenerationRequest
from seedbed.core.sizes import AspectRatio, Resolution

NO_ENGINE = "No engine of "  # how such a refusal begins: the model is there, and yet not for this request


class Mode(StrEnum):
    TEXT_TO_VIDEO = "text_to_video"
    FIRST_FRAME = "first_frame"
    FIRST_AND_LAST_FRAME = "first_and_last_frame"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One engine of a chain, and the requests that it takes there. What is None takes any."""

    engine: str
    pool: str
    modes: frozenset[Mode] | None = None
    roles: frozenset[Role] | None = None
    max_references: int | None = None
    resolutions: frozenset[Resolution] | None = None
    aspect_ratios: frozenset[AspectRatio] | None = None
    min_duration_s: int | None = None
    max_duration_s: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a step says to a request: it takes it, or these are its objections, each the end of a sentence."""

    step: Step
    objections: tuple[str, ...] = field(default=())

    @property
    def takes_it(self) -> bool:
        return not self.objections


def mode_of(roles: Collection[Role]) -> Mode:
    """Return the mode that references of these roles make."""
    if not roles:
        return Mode.TEXT_TO_VIDEO
    if set(roles) == {Role.FIRST_FRAME}:
        return Mode.FIRST_FRAME
    if set(roles) <= {Role.FIRST_FRAME, Role.LAST_FRAME}:
        return Mode.FIRST_AND_LAST_FRAME
    return Mode.REFERENCE


def modes_of(model: Model) -> tuple[Mode, ...]:
    """Return the modes that the model's own limits leave, whatever its engines do."""
    most = MAX_REFERENCES if model.max_references is None else model.max_references
    takes = {
        Mode.TEXT_TO_VIDEO: True,
        Mode.FIRST_FRAME: most >= 1 and Role.FIRST_FRAME in model.roles,
        Mode.FIRST_AND_LAST_FRAME: most >= 2 and Role.LAST_FRAME in model.roles,
        Mode.REFERENCE: most >= 1 and bool(set(model.roles) - {Role.FIRST_FRAME, Role.LAST_FRAME}),
    }
    return tuple(mode for mode in Mode if takes[mode])


def verdicts(request: GenerationRequest, chain: Sequence[Step]) -> tuple[Verdict, ...]:
    return tuple(Verdict(step, tuple(_objections(request, step))) for step in chain)


def route_of(judged: Sequence[Verdict]) -> tuple[Leg, ...]:
    """Return the engines that take the request, in order; empty if there is none."""
    return tuple(Leg(verdict.step.engine, verdict.step.pool) for verdict in judged if verdict.takes_it)


def refusal(model: str, judged: Sequence[Verdict]) -> str:
    """Return why nobody takes a request, in words for its sender: every engine with its first objection."""
    reasons = "; ".join(f"{verdict.step.engine} {verdict.objections[0]}" for verdict in judged)
    return f"{NO_ENGINE}{model} takes this request here: {reasons}."


def _objections(request: GenerationRequest, step: Step) -> list[str]:
    roles = [reference.role for reference in request.references]
    mode = mode_of(roles)
    said = []
    if step.modes is not None and mode not in step.modes:
        said.append(f"does not do {mode}, only {_listed(step.modes, Mode)}")
    if step.roles is not None and (others := set(roles) - step.roles):
        said.append(f"takes no {_listed(others, Role)}")
    if step.max_references is not None and len(roles) > step.max_references:
        said.append(f"takes at most {step.max_references} references")
    if step.resolutions is not None and request.resolution not in step.resolutions:
        said.append(f"makes {_listed(step.resolutions, Resolution)} only")
    if step.aspect_ratios is not None and request.aspect_ratio and request.aspect_ratio not in step.aspect_ratios:
        said.append(f"makes {_listed(step.aspect_ratios, AspectRatio)} only")
    if step.min_duration_s is not None and request.duration_s < step.min_duration_s:
        said.append(f"makes no less than {step.min_duration_s} s")
    if step.max_duration_s is not None and request.duration_s > step.max_duration_s:
        said.append(f"makes no more than {step.max_duration_s} s")
    return said


def _listed(some: Collection[StrEnum], kind: type[StrEnum]) -> str:
    return ", ".join(each for each in kind if each in some)
