"""The order of one video as its server wants it said: every value that we have goes where the flavour puts it.

What cannot be said there is named in a warning and never dropped in silence.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seedbed.core.engine import RenderTask
from seedbed.core.errors import EngineUnfit
from seedbed.core.prompt_forms import Prepared, prepared
from seedbed.core.sizes import Size
from seedbed.engines.videos_api.flavours import Shape
from seedbed.engines.videos_api.options import Options
from seedbed.engines.videos_api.references import Chosen, Placed, choose, place

SAME_RATIO = 0.03  # sizes whose ratios differ by less are of one ratio: servers round sides to 8, 16 or 32
SHORT_EDGE_PX = 768  # of an H3 canvas unless the operator lists sizes


@dataclass(frozen=True, slots=True)
class Order:
    """`body` is all but files, and `sent` is what its owner may see of it: no media."""

    body: dict[str, Any]
    placed: Placed
    is_form: bool
    warnings: tuple[str, ...]

    @property
    def sent(self) -> dict[str, Any]:
        return {name: value for name, value in self.body.items() if name not in self.placed.members}

    def http(self) -> dict[str, Any]:
        """Return it as the arguments of a request. Reads the files, so that it can be sent again."""
        if not self.is_form:
            return {"json": self.body}
        # As parts without a file name even where there is no file: some servers look for a multipart form.
        parts: list[tuple[str, Any]] = [(name, (None, _as_text(value))) for name, value in self.body.items()]
        for name, file_name, reference in self.placed.files:
            parts.append((name, (file_name, reference.path.read_bytes(), reference.content_type)))
        return {"files": parts}


def compose(task: RenderTask, options: Options) -> Order:
    """Return what is to be sent. Raises EngineUnfit if the server makes no video that is long enough."""
    flavour = options.flavour
    chosen = choose(task.references, options)
    placed = place(chosen, options)
    told = _told(task, chosen, options)
    body: dict[str, Any] = {"prompt": told.prompt}
    model = options.model_for(task.model)
    if model:
        body["model"] = model
    values = values_of(task, chosen, options)
    for name, where in flavour.fields.items():
        if values[name] is not None:
            _put(body, where, values[name])
    if told.negative_prompt and "negative_prompt" in flavour.options:
        _put(body, flavour.options["negative_prompt"], told.negative_prompt)  # a request's own takes its place
    warnings = [*chosen.warnings, *told.warnings, *_add_options(body, task.options, options)]
    body |= placed.members
    _merge(body, options.extra)
    # An object cannot stand in the form of the plain flavours, only in their JSON.
    has_object = flavour.shape is Shape.SINGLE and bool(placed.members)
    is_form = bool(placed.files) or (flavour.is_form and not has_object)
    return Order(body, placed, is_form, tuple(warnings))


def _told(task: RenderTask, chosen: Chosen, options: Options) -> Prepared:
    """Return the prompt in the form of the server's model, which sees what was chosen, in that order."""
    if options.form is None:
        return Prepared(task.prompt, "")
    seen = [task.references.index(reference) for reference in (*chosen.frames, *chosen.others)]
    return prepared(task.prompt, form=options.form, kinds=[r.kind for r in task.references], seen=seen)


def values_of(task: RenderTask, chosen: Chosen, options: Options) -> dict[str, Any]:
    """Return all that a flavour may ask for, by the names of its `fields`; None has nowhere to go."""
    size = asked_size(task.canvas.size, options.sizes)
    seconds = asked_seconds(task.duration_s, options.seconds)
    fps = options.fps or task.canvas.fps
    is_listed = bool(options.sizes)
    has_frames_alone = bool(chosen.frames) and not chosen.others
    return {
        "size": str(size),
        "asked_width": size.width_px if is_listed else None,
        "asked_height": size.height_px if is_listed else None,
        "short_edge": min(size.width_px, size.height_px) if is_listed else SHORT_EDGE_PX,
        "aspect_ratio": task.aspect_ratio.value,
        "ratio_or_auto": "auto" if has_frames_alone else task.aspect_ratio.value,  # a frame decides it there
        "seconds": seconds,
        "seconds_text": str(seconds),
        "fps": fps,
        "frames": options.frames.at_least(math.ceil(_duration_s(task, seconds) * fps)),
        "seed": task.seed,
        "audio": task.wants_audio,
        "task": "ref2va" if chosen.others else "fl2va" if chosen.frames else "t2va",
        "frame_indices": chosen.frame_indices or None,
    }


def asked_size(canvas: Size, taken: tuple[Size, ...]) -> Size:
    """Return the size to ask for: of those that are taken the nearest of the nearest ratio. What comes is conformed."""
    if not taken:
        return canvas

    def distance(size: Size) -> tuple[int, float]:
        ratio = abs(math.log(size.width_px * canvas.height_px / (size.height_px * canvas.width_px)))
        area = abs(math.log(size.width_px * size.height_px / (canvas.width_px * canvas.height_px)))
        return round(ratio / SAME_RATIO), area

    return min(taken, key=distance)


def asked_seconds(duration_s: int, taken: tuple[int, ...]) -> int:
    """Return the shortest length that is enough. Raises EngineUnfit if there is none."""
    if not taken:
        return duration_s
    enough = [seconds for seconds in taken if seconds >= duration_s]
    if not enough:
        raise EngineUnfit(f"The server of this model makes no more than {max(taken)} s; {duration_s} s were asked for.")
    return enough[0]


def _duration_s(task: RenderTask, seconds: int) -> Any:
    return task.canvas.duration_s if seconds == task.duration_s else seconds


def _add_options(body: dict[str, Any], given: Mapping[str, Any], options: Options) -> list[str]:
    """Put the request's options where the flavour takes them, and return a warning for each that it does not."""
    warnings = []
    for name, value in given.items():
        plain = re.sub(r"([A-Z])", r"_\1", name).lower()
        if plain == "loras" and "lora" in options.flavour.options:
            if value:
                _put(body, options.flavour.options["lora"], _lora(value[0], options.loras))
            warnings += [f"The LoRA '{lora['name']}' was left out: the server takes one." for lora in value[1:]]
        elif plain in options.flavour.options and plain != "lora":
            _put(body, options.flavour.options[plain], value)
        else:
            warnings.append(f"The option '{name}' was left out: the server of this model does not take it.")
    return warnings


def _lora(lora: Mapping[str, Any], paths: Mapping[str, str]) -> dict[str, Any]:
    """Source: vLLM-Omni's videos API: name, path on the server, scale."""
    path = paths.get(lora["name"])
    return {"name": lora["name"], **({"path": path} if path else {}), "scale": lora.get("weight", 1.0)}


def _put(body: dict[str, Any], where: str, value: Any) -> None:
    *parents, last = where.split(".")
    for parent in parents:
        body = body.setdefault(parent, {})
    body[last] = value


def _merge(body: dict[str, Any], extra: Mapping[str, Any]) -> None:
    """Set what the operator wants sent as it stands; an object is added to, not replaced."""
    for name, value in extra.items():
        if isinstance(value, dict) and isinstance(body.get(name), dict):
            _merge(body[name], value)
        else:
            body[name] = value


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
