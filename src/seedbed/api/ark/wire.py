"""What stands on the wire in the Ark dialect.

A null means the same as leaving a field out: the official SDKs send it for whatever was not given.
"""

from __future__ import annotations

from typing import Any

import msgspec


class Url(msgspec.Struct, frozen=True):
    url: str


class Text(msgspec.Struct, frozen=True, tag_field="type", tag="text"):
    text: str


class Picture(msgspec.Struct, frozen=True, tag_field="type", tag="image_url"):
    image_url: Url
    role: str | None = None


class Video(msgspec.Struct, frozen=True, tag_field="type", tag="video_url"):
    video_url: Url
    role: str | None = None


class Audio(msgspec.Struct, frozen=True, tag_field="type", tag="audio_url"):
    audio_url: Url
    role: str | None = None


class TaskBody(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a new task. `tools`, `draft` and `frames` are read in order to be refused by name."""

    model: str
    content: list[Text | Picture | Video | Audio]
    resolution: str | None = None
    ratio: str | None = None
    duration: int | None = None
    frames: int | None = None
    seed: int | None = None
    camera_fixed: bool | None = None
    watermark: bool | None = None
    generate_audio: bool | None = None
    return_last_frame: bool | None = None
    service_tier: str | None = None
    execution_expires_after: int | None = None
    callback_url: str | None = None
    draft: bool | None = None
    tools: list[Any] | None = None
    safety_identifier: str | None = None
    priority: int | None = None


class CreatedTask(msgspec.Struct, frozen=True):
    id: str


class ArkError(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    message: str
    param: str
    type: str


class ArkRefused(msgspec.Struct, frozen=True):
    error: ArkError
