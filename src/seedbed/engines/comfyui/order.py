"""Fills a task into the workflow: words, numbers, references; what has no place in it is named in a warning."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from seedbed.core.engine import LocalReference, RenderTask
from seedbed.core.errors import EngineUnfit
from seedbed.core.prompt_forms import Prepared, prepared
from seedbed.core.references import Role
from seedbed.engines.comfyui.mapping import Map
from seedbed.engines.comfyui.options import ComfyUiOptions
from seedbed.engines.comfyui.workflow import Target

FIXED_CAMERA = "The camera is fixed."
NEGATIVE_PROMPT = "negative_prompt"
FILE = "filename_prefix"
FRAMES = {Role.FIRST_FRAME, Role.LAST_FRAME}  # one picture, whatever number of inputs takes it


@dataclass(frozen=True, slots=True)
class Placing:
    """Which input takes which reference. `empty` are the inputs whose nodes are to be taken out."""

    filled: tuple[tuple[Target, LocalReference], ...]
    empty: tuple[Target, ...]
    warnings: tuple[str, ...]

    @property
    def references(self) -> tuple[LocalReference, ...]:
        """Each reference once, in the order in which the workflow has them."""
        return tuple({reference.name: reference for _, reference in self.filled}.values())


@dataclass(frozen=True, slots=True)
class Order:
    """`prompt` is the graph as ComfyUI takes it. `sent` is what the job's owner sees of it."""

    prompt: Mapping[str, Any]
    warnings: tuple[str, ...]
    sent: dict[str, Any]


def place(task: RenderTask, options: ComfyUiOptions) -> Placing:
    """Raises EngineUnfit if the workflow needs a reference that the task does not have."""
    map_ = options.map
    filled: list[tuple[Target, LocalReference]] = []
    empty: list[Target] = []
    warnings = [
        f"{reference.name} was left out: the workflow of this model has no place for a {_words(reference.role)}."
        for reference in task.references
        if reference.role not in map_.slots
    ]
    for role, slots in map_.slots.items():
        given = [reference for reference in task.references if reference.role is role]
        if not given and role not in map_.optional:
            raise EngineUnfit(f"The workflow of this model needs a {_words(role)}, and the request has none.")
        if given and role in FRAMES:
            filled += [(slot, given[0]) for slot in slots]
            continue
        filled += zip(slots, given, strict=False)
        empty += slots[len(given) :]
        warnings += [
            f"{reference.name} was left out: the workflow of this model takes {len(slots)} of its kind."
            for reference in given[len(slots) :]
        ]
    return Placing(tuple(filled), tuple(empty), tuple(warnings))


def compose(task: RenderTask, placing: Placing, names: Mapping[str, str], options: ComfyUiOptions) -> Order:
    """Return the order. `names` are those of the references to those of their uploads. Raises EngineUnfit."""
    told = _told(task, placing, options)
    said = _said(task, told, options)
    values = list(_values(said, options.map))
    values += [(target, task.options[n]) for n, to in options.map.options.items() if n in task.options for target in to]
    values += [(target, names[reference.name]) for target, reference in placing.filled]
    workflow = options.workflow.filled(values).without(target.node for target in placing.empty)
    if options.map.result not in workflow.nodes:
        raise EngineUnfit("The workflow of this model makes nothing without the references that this request lacks.")
    return Order(
        prompt=workflow.nodes,
        warnings=(*placing.warnings, *told.warnings, *_unsaid(task, options)),
        sent={word: said[word] for word in options.map.values if word in said and word != FILE} | task.options,
    )


def _told(task: RenderTask, placing: Placing, options: ComfyUiOptions) -> Prepared:
    text = f"{task.prompt}\n{FIXED_CAMERA}" if task.has_fixed_camera else task.prompt
    negative = task.options.get(NEGATIVE_PROMPT)
    return prepared(
        text,
        form=options.form,
        kinds=[reference.kind for reference in task.references],
        seen=[task.references.index(reference) for reference in placing.references],
        negative_prompt=negative if isinstance(negative, str) else None,
    )


def _said(task: RenderTask, told: Prepared, options: ComfyUiOptions) -> dict[str, Any]:
    """Return what the words of the map stand for. An empty negative prompt leaves the workflow's own."""
    fps = options.fps or task.canvas.fps
    said: dict[str, Any] = {
        "prompt": told.prompt,
        "seed": task.seed,
        "width": _up(task.canvas.size.width_px, options.multiple_of),
        "height": _up(task.canvas.size.height_px, options.multiple_of),
        "frames": options.frames.covering(task.canvas.duration_s, fps=fps),
        "fps": fps,
        "seconds": task.duration_s,
        "generate_audio": task.wants_audio,
        # A name of its own: ComfyUI makes again only what has changed, and may have deleted what it once saved.
        FILE: f"seedbed/{task.ticket}",
    }
    if told.negative_prompt or NEGATIVE_PROMPT in task.options:
        said[NEGATIVE_PROMPT] = told.negative_prompt
    return said


def _values(said: Mapping[str, Any], map_: Map) -> Iterator[tuple[Target, Any]]:
    for word, targets in map_.values.items():
        if word in said:
            yield from ((target, said[word]) for target in targets)


def _unsaid(task: RenderTask, options: ComfyUiOptions) -> list[str]:
    known = {*options.map.options, *options.map.values}
    warnings = [f"the workflow of this model has no place for the option '{n}'" for n in task.options if n not in known]
    if task.has_fixed_camera:
        warnings.append("the workflow of this model has no setting for a fixed camera: said in the prompt")
    return warnings


def _up(side_px: int, multiple: int) -> int:
    return math.ceil(side_px / multiple) * multiple


def _words(role: Role) -> str:
    return role.replace("_", " ")
