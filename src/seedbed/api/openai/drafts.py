"""Turns the body of a new video, which came as JSON or as a form, into the core's draft. Source: CONTRACT 3."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from seedbed.api.conversion import convert
from seedbed.api.openai.errors import UNKNOWN
from seedbed.api.openai.wire import ImageUrl, VideoBody
from seedbed.core.errors import InvalidRequest
from seedbed.core.offer import Offer
from seedbed.core.openai_offer import DEFAULT_MODEL, REFERENCE, shape_of
from seedbed.core.request import Draft, DraftReference

IMAGE_URL = f"{REFERENCE}.image_url"
_SECONDS = re.compile(r"[0-9]{1,4}", re.ASCII)


def draft_of(value: Mapping[str, Any], *, offer: Offer) -> Draft:
    """Return the draft of a body. Raises InvalidRequest, also for a field that we do not know."""
    _check_fields(value, VideoBody)
    reference = value.get(REFERENCE)
    if isinstance(reference, dict):
        _check_fields(reference, ImageUrl, place=f"{REFERENCE}.")
    body = convert(value, VideoBody)
    model = body.model or DEFAULT_MODEL
    resolution, aspect_ratio = shape_of(body.size or None, offer.models.get(model))
    return Draft(
        model=model,
        prompt=body.prompt,
        references=_references(body.input_reference),
        aspect_ratio=aspect_ratio,
        duration_s=_seconds(body.seconds),
        resolution=resolution,
        seed=body.seed,
        wants_audio=body.generate_audio,
        wants_last_frame=body.return_last_frame,
        engine_options=body.engine_options,
    )


def _check_fields(value: Mapping[str, Any], kind: type[msgspec.Struct], *, place: str = "") -> None:
    known = {field.name for field in msgspec.structs.fields(kind)}
    for name in value:
        if name not in known:
            param = f"{place}{name[:80]}"
            raise InvalidRequest(f"{UNKNOWN}'{param}'.", param=param)


def _seconds(said: str | int | None) -> int | None:
    if isinstance(said, str) and not _SECONDS.fullmatch(said):
        raise InvalidRequest(f"seconds must be a whole number such as 5 or \"5\"; got '{said[:40]}'.", param="seconds")
    return None if said is None else int(said)


def _references(said: str | ImageUrl | None) -> tuple[DraftReference, ...] | None:
    match said:
        case None:
            return None
        case str():
            return (DraftReference(said, name=REFERENCE),)
        case ImageUrl(image_url=str(url), file_id=None):
            return (DraftReference(url, name=IMAGE_URL),)
        case ImageUrl(file_id=str()):
            param = f"{REFERENCE}.file_id"
            raise InvalidRequest(f"{param} is not supported here; send the file itself, or image_url.", param=param)
        case _:
            raise InvalidRequest(f"{IMAGE_URL} is required.", param=IMAGE_URL)
