"""From a task to a plan: what the card can make that covers what was promised, and the references as the model's own.

The result is conformed later, so a plan keeps the card's sizes, rate and frame rule and never the canvas's: it is as
long at least, and of the nearest shape.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from PIL import Image

from seedbed.core.engine import LocalReference, RenderTask
from seedbed.core.enhancing import Enhance
from seedbed.core.errors import EngineUnfit
from seedbed.core.faults import MediaFault
from seedbed.core.prompt_forms import FORMS, PLAIN_FORM, Prepared, prepared
from seedbed.core.references import Kind, Role
from seedbed.core.sizes import Size
from seedbed.engines.diffusers.adapter import Adapter, Plan, Sight
from seedbed.engines.diffusers.card import Card
from seedbed.media.mux import covering_crop
from seedbed.media.pictures import Pixels, decode_image

_FRAMED = (Role.FIRST_FRAME, Role.LAST_FRAME)
FIXED_CAMERA = "The camera is fixed and does not move."
OURS = ("steps", "guidance", "negative_prompt", "lora", "lora_scale")  # what of a job's options the frame sees to


def told(card: Card, adapter: Adapter, task: RenderTask, *, enhance: Enhance | None = None) -> Prepared:
    """Return the prompt in the family's own form, and what it is to avoid.

    That is empty where the model runs without guidance, for then it has no say; unless the job asks for it.
    Raises EngineUnfit if the job's negative prompt is no text.
    """
    form = FORMS.get(card.family, PLAIN_FORM)
    avoided = _text(task.options, "negative_prompt", card.negative_prompt)
    if avoided is None and card.guidance is not None and card.guidance <= 1:
        avoided = ""
    said = prepared(
        task.prompt,
        form=form,
        kinds=[reference.kind for reference in task.references],
        seen=[n for n, reference in enumerate(task.references) if _is_used(card, adapter, reference)],
        negative_prompt=avoided,
        enhance=enhance,
    )
    return replace(said, prompt=f"{said.prompt} {FIXED_CAMERA}") if task.has_fixed_camera else said


def plan_of(card: Card, task: RenderTask, said: Prepared | None = None) -> Plan:
    """Return the plan with the prompt as it is `said`, or else as it is.

    Raises EngineUnfit if an option of the job is of the wrong type or out of the model's range.
    """
    options, said = task.options, said or Prepared(task.prompt, card.negative_prompt or "")
    return Plan(
        prompt=said.prompt,
        size=card.size_for(task.canvas.size),
        frames=card.frame_rule.covering(task.canvas.duration_s, fps=card.fps),
        fps=card.fps,
        steps=_steps(options, card.steps),
        seed=task.seed,
        guidance=_number(options, "guidance", card.guidance, most=100),
        negative_prompt=said.negative_prompt or None,
        wants_audio=task.wants_audio and card.makes_audio,
        options={name: value for name, value in options.items() if name not in OURS},
    )


def lora_of(card: Card, options: Mapping[str, Any]) -> tuple[str | None, float]:
    """Return the LoRA that the job names, and its weight. Raises EngineUnfit for one that the card does not have."""
    name = _text(options, "lora", None)
    if name is not None and name not in card.switches.loras:
        known = ", ".join(card.switches.loras) or "none"
        raise EngineUnfit(f"There is no LoRA {name} for {card.title}; there is {known}.")
    return name, _number(options, "lora_scale", 1.0, most=10) or 0.0


def sights_of(card: Card, adapter: Adapter, task: RenderTask, size: Size) -> tuple[Sight, ...]:
    """Open what the model can make use of, in the order of the job. Raises MediaFailure."""
    return tuple(_sight(reference, size) for reference in task.references if _is_used(card, adapter, reference))


def left_aside(card: Card, adapter: Adapter, task: RenderTask) -> tuple[str, ...]:
    """Say in a sentence each which references the model has no use for."""
    return tuple(
        f"{reference.name} was left aside: {card.title} cannot use a {reference.role.replace('_', ' ')}."
        for reference in task.references
        if not _is_used(card, adapter, reference)
    )


def _is_used(card: Card, adapter: Adapter, reference: LocalReference) -> bool:
    return reference.role in card.roles and reference.role in adapter.roles


def _sight(reference: LocalReference, size: Size) -> Sight:
    pixels = None
    if reference.kind is Kind.IMAGE:
        try:
            pixels = decode_image(reference.path)
        except MediaFault as fault:
            raise fault.at(reference.name) from fault
        if reference.role in _FRAMED:
            pixels = framed(pixels, size)
    return Sight(role=reference.role, kind=reference.kind, name=reference.name, path=reference.path, pixels=pixels)


def framed(pixels: Pixels, size: Size) -> Pixels:
    """Return the middle of the picture at that size, without stretching it."""
    picture = Image.fromarray(covering_crop(pixels, size))
    return np.asarray(picture.resize((size.width_px, size.height_px), Image.Resampling.LANCZOS), dtype=np.uint8)


def _steps(options: Mapping[str, Any], default: int) -> int:
    value = options.get("steps", default)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 1000:
        raise EngineUnfit("The option steps must be a whole number from 1 to 1000.")
    return value


def _number(options: Mapping[str, Any], name: str, default: float | None, *, most: float) -> float | None:
    value = options.get(name, default)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise EngineUnfit(f"The option {name} must be a number from 0 to {most:g}.")
    return float(value)


def _text(options: Mapping[str, Any], name: str, default: str | None) -> str | None:
    value = options.get(name, default)
    if value is not None and not isinstance(value, str):
        raise EngineUnfit(f"The option {name} must be a text.")
    return value
