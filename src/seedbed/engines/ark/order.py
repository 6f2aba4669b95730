"""Writes a task as the body of an Ark order, or says why that cannot be done.

The service shows neither a caller's own id nor the prompt in its lists, but it echoes what an order asked for. So each
order asks for an expiry of its own, in seconds, by which it is known again if its answer is lost. Source: the official
documents' table of fields; CONTRACT 2.
"""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Sequence
from types import MappingProxyType
from typing import Any

from seedbed.core.engine import LocalReference, RenderTask
from seedbed.core.errors import EngineUnfit
from seedbed.core.prompt_forms import Form, Prepared, prepared
from seedbed.core.references import Kind, Role
from seedbed.engines.ark.options import ArkOptions, Carriage

FORM = Form(MappingProxyType({Kind.IMAGE: "Image {}", Kind.VIDEO: "Video {}", Kind.AUDIO: "Audio {}"}))
EXPIRES_S = (3600, 259_200)  # what the service takes
EXPIRIES = 20_000  # so many different ones
PASSED_ON = ("priority", "safety_identifier", "service_tier", "tools")  # options that the service has, too
FIXED_CAMERA = "The camera is fixed."
FRAMES = {Role.FIRST_FRAME: "first", Role.LAST_FRAME: "last"}
_CARRIERS = {Kind.IMAGE: "image_url", Kind.VIDEO: "video_url", Kind.AUDIO: "audio_url"}
_FORMATS = {"mpeg": "mp3", "x-wav": "wav", "x-ms-bmp": "bmp"}  # a data URI names formats as files do


def body_of(task: RenderTask, options: ArkOptions, *, model: str, number: int) -> dict[str, Any]:
    """Return the JSON body of the job's order of that number: the same every time. Raises EngineUnfit."""
    references = references_of(task.references)
    content = [_item(reference, options.carriage) for reference in references]
    prompt = prompt_of(task, model=model).prompt
    text = [{"type": "text", "text": prompt}] if prompt else []
    passed_on = {name: task.options[name] for name in PASSED_ON if name in task.options}
    body = passed_on | {
        "model": model,
        "content": text + content,
        "resolution": task.resolution.value,
        "ratio": task.aspect_ratio.value,
        "duration": task.duration_s,
        "seed": task.seed,
        "generate_audio": task.wants_audio,
        "watermark": False,  # ours is drawn into the finished clip
        "execution_expires_after": expiry_s(task.ticket, number, limit_s=options.patience.limit_s),
    }
    if options.service_tier != "default":
        body.setdefault("service_tier", options.service_tier)
    return body | ({"camera_fixed": True} if task.has_fixed_camera and _is_earlier(model) else {})


def expiry_s(ticket: str, number: int, *, limit_s: float) -> int:
    """Return after how many seconds an order is to expire: longer than we wait for it, and hardly that of another."""
    least = max(EXPIRES_S[0], math.ceil(limit_s))
    digest = hashlib.sha256(f"{ticket}-{number}".encode()).digest()
    return min(least + int.from_bytes(digest[:8], "big") % EXPIRIES, EXPIRES_S[1])


def prompt_of(task: RenderTask, *, model: str) -> Prepared:
    """Return the prompt with its pointers as the service has them, and what it has no field for in words."""
    kinds = [reference.kind for reference in task.references]
    told = prepared(task.prompt, form=FORM, kinds=kinds)
    added = [FIXED_CAMERA] if task.has_fixed_camera and not _is_earlier(model) else []
    added += [f"Image {place} is the {FRAMES[role]} frame." for place, role in _frames_among_references(task)]
    if not added:
        return told
    return Prepared("\n".join([told.prompt, *added]), told.negative_prompt, told.warnings)


def warnings_of(task: RenderTask, *, model: str) -> tuple[str, ...]:
    said = list(prompt_of(task, model=model).warnings)
    if _frames_among_references(task):
        said.append("the remote engine takes no first or last frame beside other references: said in the prompt")
    if task.has_fixed_camera and not _is_earlier(model):
        said.append("the remote engine has no setting for a fixed camera: said in the prompt")
    return tuple(said)


def references_of(references: Sequence[LocalReference]) -> list[tuple[LocalReference, Role]]:
    """Return the references with the roles that they get there. Raises EngineUnfit for sounds alone."""
    if references and all(reference.kind is Kind.AUDIO for reference in references):
        raise EngineUnfit(f"{references[0].name}: the remote engine takes a sound beside a picture or a video only.")
    is_mixed = _is_mixed(references)
    return [(r, Role.REFERENCE_IMAGE if is_mixed and r.role in FRAMES else r.role) for r in references]


def _is_mixed(references: Sequence[LocalReference]) -> bool:
    roles = {reference.role for reference in references}
    return bool(roles & FRAMES.keys() and roles - FRAMES.keys())


def _frames_among_references(task: RenderTask) -> list[tuple[int, Role]]:
    """Return the frames that the service takes as references only, each with its number among the pictures."""
    if not _is_mixed(task.references):
        return []
    pictures = [reference for reference in task.references if reference.kind is Kind.IMAGE]
    return [(number, r.role) for number, r in enumerate(pictures, start=1) if r.role in FRAMES]


def _item(given: tuple[LocalReference, Role], carriage: Carriage) -> dict[str, Any]:
    reference, role = given
    carrier = _CARRIERS[reference.kind]
    return {"type": carrier, carrier: {"url": _address(reference, carriage)}, "role": role.value}


def _address(reference: LocalReference, carriage: Carriage) -> str:
    if carriage is Carriage.URL or reference.kind is Kind.VIDEO:
        if reference.url is None:
            what = "videos" if reference.kind is Kind.VIDEO else "references"
            raise EngineUnfit(f"{reference.name}: the remote engine fetches {what} itself; this one has no public URL.")
        return reference.url
    major, _, minor = reference.content_type.lower().partition("/")
    content = base64.b64encode(reference.path.read_bytes()).decode()
    return f"data:{major}/{_FORMATS.get(minor, minor)};base64,{content}"


def _is_earlier(model: str) -> bool:
    """Whether it is the earlier model, which alone has a setting for the camera."""
    return "seedance-1-" in model
