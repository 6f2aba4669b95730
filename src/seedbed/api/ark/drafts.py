"""Turns an Ark task into the core's draft, and refuses by name what the dialect knows and we do not do.

Source: CONTRACT 2.
"""

from __future__ import annotations

from typing import Any

import msgspec

from seedbed.api.ark.suffixes import take_suffixes
from seedbed.api.ark.wire import Audio, Picture, TaskBody, Text, Video
from seedbed.core.ark_offer import is_earlier
from seedbed.core.errors import InvalidRequest
from seedbed.core.offer import Offer
from seedbed.core.references import Role
from seedbed.core.request import Draft, DraftReference

ANY_SEED = -1
ADAPTIVE = "adaptive"
MAX_IDENTIFIER_CHARACTERS = 64
_FRAMES = frozenset({Role.FIRST_FRAME, Role.LAST_FRAME})


def draft_of(body: TaskBody, *, offer: Offer) -> Draft:
    """Return the draft; its duration may still be -1, for `fitting` to settle. Raises InvalidRequest."""
    prompt, body = _with_suffixes(body)
    model = offer.model(body.model)
    _refuse_others(body, is_earlier_model=is_earlier(model.id))
    references = _references(body)
    echo = {"model": body.model}
    if body.safety_identifier is not None:
        echo["safety_identifier"] = _identifier(body.safety_identifier)
    return Draft(
        model=body.model,
        prompt=prompt,
        references=references or None,
        aspect_ratio=None if body.ratio == ADAPTIVE else body.ratio,
        duration_s=body.duration,
        resolution=body.resolution,
        seed=None if body.seed == ANY_SEED else body.seed,
        wants_audio=body.generate_audio,
        wants_last_frame=body.return_last_frame,
        priority=body.priority,
        expires_after_s=body.execution_expires_after,
        webhook_url=body.callback_url,
        wants_watermark=bool(body.watermark),
        has_fixed_camera=bool(body.camera_fixed),
        is_flexible=body.service_tier == "flex",
        echo=echo,
    )


def _with_suffixes(body: TaskBody) -> tuple[str, TaskBody]:
    """Return the prompt without its options, and the body with them."""
    text = "\n".join(item.text for item in body.content if isinstance(item, Text))
    suffixed = take_suffixes(text)
    for name, value in suffixed.options.items():
        said = getattr(body, name)
        if said is not None and said != value:
            raise InvalidRequest(
                f"{name} is {said!r} in the body and {value!r} at the end of the prompt; send it once.", param=name
            )
    return suffixed.prompt, msgspec.structs.replace(body, **suffixed.options)


def _refuse_others(body: TaskBody, *, is_earlier_model: bool) -> None:
    refused: dict[str, Any] = {"frames": body.frames, "draft": body.draft, "tools": body.tools}
    for name, value in refused.items():
        if value:
            raise InvalidRequest(f"{name} is not supported here; leave it out.", param=name)
    if body.frames == 0:
        raise InvalidRequest("frames is not supported here; use duration.", param="frames")
    if body.camera_fixed and not is_earlier_model:
        raise InvalidRequest(f"camera_fixed is not supported by {body.model}; leave it out.", param="camera_fixed")
    if body.service_tier not in {None, "default", "flex"}:
        raise InvalidRequest(
            f"service_tier must be default or flex; got '{body.service_tier[:40]}'.", param="service_tier"
        )
    if body.service_tier == "flex" and not is_earlier_model:
        raise InvalidRequest(f"service_tier 'flex' is not offered for {body.model}; use default.", param="service_tier")


def _references(body: TaskBody) -> tuple[DraftReference, ...]:
    references = tuple(
        _reference(item, position) for position, item in enumerate(body.content) if not isinstance(item, Text)
    )
    roles = {reference.role for reference in references}
    if roles & _FRAMES and roles - _FRAMES - {None}:
        raise InvalidRequest(
            "content mixes first or last frames with reference media; send one or the other.", param="content"
        )
    if references and all(reference.role == Role.REFERENCE_AUDIO for reference in references):
        raise InvalidRequest("content holds only audio; add a picture or a video.", param="content")
    return references


def _reference(item: Picture | Video | Audio, position: int) -> DraftReference:
    match item:
        case Picture():
            return _placed(item.image_url.url, item.role, position, "image_url", (None, *_PICTURE_ROLES))
        case Video():
            role = item.role or Role.REFERENCE_VIDEO
            return _placed(item.video_url.url, role, position, "video_url", (Role.REFERENCE_VIDEO,))
        case Audio():
            role = item.role or Role.REFERENCE_AUDIO
            return _placed(item.audio_url.url, role, position, "audio_url", (Role.REFERENCE_AUDIO,))


_PICTURE_ROLES = (Role.FIRST_FRAME, Role.LAST_FRAME, Role.REFERENCE_IMAGE)


def _placed(url: str, role: str | None, position: int, field: str, allowed: tuple[Role | None, ...]) -> DraftReference:
    name = f"content[{position}].{field}"
    if role not in allowed:
        choices = ", ".join(each for each in allowed if each)
        raise InvalidRequest(
            f"content[{position}].role must be one of {choices}; got '{(role or '')[:40]}'.",
            param=f"content[{position}].role",
        )
    if field == "video_url" and url.startswith("data:"):
        raise InvalidRequest(f"{name}: a video cannot be sent as base64; send a URL or upload it.", param=name)
    return DraftReference(url, role, name=name)


def _identifier(text: str) -> str:
    if not 1 <= len(text) <= MAX_IDENTIFIER_CHARACTERS:
        raise InvalidRequest(
            f"safety_identifier must have 1 to {MAX_IDENTIFIER_CHARACTERS} characters; it has {len(text)}.",
            param="safety_identifier",
        )
    return text
