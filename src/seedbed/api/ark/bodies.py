"""Reads the body of an Ark task: nulls are left out, and what we do not know is refused by name.

The official service checks its fields strictly, and so a client expects to be told of a mistake rather than to find it
in the video. Source: CONTRACT 2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from seedbed.api.ark.wire import Audio, Picture, TaskBody, Text, Url, Video
from seedbed.api.conversion import convert
from seedbed.core.errors import InvalidRequest

_ITEMS: dict[str, type[msgspec.Struct]] = {"text": Text, "image_url": Picture, "video_url": Video, "audio_url": Audio}


def task_body(value: Mapping[str, Any]) -> TaskBody:
    """Return the body of a new task. `value` is one without nulls. Raises InvalidRequest."""
    _check_fields(value, {field.name for field in msgspec.structs.fields(TaskBody)})
    content = value.get("content")
    for position, item in enumerate(content if isinstance(content, list) else ()):
        if isinstance(item, dict):
            _check_item(item, f"content[{position}]")
    return convert(value, TaskBody)


def without_nulls(value: Any) -> Any:
    """Return the JSON without members that are null: they mean the same as being left out."""
    match value:
        case dict():
            return {name: without_nulls(member) for name, member in value.items() if member is not None}
        case list():
            return [without_nulls(item) for item in value]
        case _:
            return value


def _check_item(item: dict[str, Any], place: str) -> None:
    said = item.get("type")
    if not isinstance(said, str):
        return  # what is wrong with it, the conversion says
    kind = _ITEMS.get(said)
    if kind is None:
        choices = ", ".join(_ITEMS)
        raise InvalidRequest(f"{place}.type must be one of {choices}; got '{said[:40]}'.", param=f"{place}.type")
    _check_fields(item, {"type", *(field.name for field in msgspec.structs.fields(kind))}, place=f"{place}.")
    carrier = item.get(said)
    if isinstance(carrier, dict):
        _check_fields(carrier, {field.name for field in msgspec.structs.fields(Url)}, place=f"{place}.{said}.")


def _check_fields(value: Mapping[str, Any], known: set[str], *, place: str = "") -> None:
    for name in value:
        if name not in known:
            param = f"{place}{name[:80]}"
            raise InvalidRequest(f"{param} is not known here; leave it out.", param=param)
