"""What stands on the wire in the Ark dialect.

A null means the same as leaving a field out: the official SDKs send it for whatever was not given.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from seedbed.api.described import says
from seedbed.core.ark_offer import ARK
from seedbed.core.references import Kind, Role
from seedbed.core.request import EXPIRES_AFTER_S, MAX_PRIORITY, MAX_SEED
from seedbed.core.sizes import AspectRatio, Resolution


def _role(kind: Kind) -> Meta:
    roles = [role for role in Role if role.kind is kind]
    return says("What it is for; without it, the kinds of what is sent decide.", enum=[*roles, None])


class Url(msgspec.Struct, frozen=True):
    url: Annotated[str, says("A public HTTPS URL, an asset:// URL of an upload, or of a picture a base64 data: URI.")]


class Text(msgspec.Struct, frozen=True, tag_field="type", tag="text"):
    text: Annotated[str, says("What to show. `--rt` and the like at its end are read as the fields of those names.")]


class Picture(msgspec.Struct, frozen=True, tag_field="type", tag="image_url"):
    image_url: Url
    role: Annotated[str | None, _role(Kind.IMAGE)] = None


class Video(msgspec.Struct, frozen=True, tag_field="type", tag="video_url"):
    video_url: Url
    role: Annotated[str | None, _role(Kind.VIDEO)] = None


class Audio(msgspec.Struct, frozen=True, tag_field="type", tag="audio_url"):
    audio_url: Url
    role: Annotated[str | None, _role(Kind.AUDIO)] = None


class TaskBody(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a new task. `tools`, `draft` and `frames` are read in order to be refused by name."""

    model: Annotated[str, says("By its id of either host.", examples=list(ARK.models))]
    content: Annotated[list[Text | Picture | Video | Audio], says("One text, pictures, videos and sounds.", minItems=1)]
    resolution: Annotated[str | None, says("Default: 720p. The fast model has no 1080p.", enum=[*Resolution, None])] = (
        None
    )
    ratio: Annotated[
        str | None,
        says("`adaptive`, and the default: the nearest to what is sent.", enum=[*AspectRatio, "adaptive", None]),
    ] = None
    duration: Annotated[
        int | None,
        says("Seconds: 4 to 15, of 1.5 pro to 12. -1: as long as the reference video. Default: 5."),
    ] = None
    frames: Annotated[int | None, says("Refused: say `duration`.")] = None
    seed: Annotated[int | None, says("-1, and the default: any.", minimum=-1, maximum=MAX_SEED)] = None
    camera_fixed: Annotated[bool | None, says("One static shot (1.5 pro).")] = None
    watermark: Annotated[bool | None, says("A small visible mark on every frame. Default: false.")] = None
    generate_audio: Annotated[bool | None, says("Whether to make sound. Default: true.")] = None
    return_last_frame: Annotated[bool | None, says("Also keep the last frame as a PNG. Default: false.")] = None
    service_tier: Annotated[
        str | None, says("`flex` costs half and waits for everybody else (1.5 pro).", enum=["default", "flex", None])
    ] = None
    execution_expires_after: Annotated[
        int | None,
        says(
            "Seconds after which an unfinished task is `expired`.",
            minimum=EXPIRES_AFTER_S[0],
            maximum=EXPIRES_AFTER_S[-1],
        ),
    ] = None
    callback_url: Annotated[str | None, says("Gets the task on every change of its status, signed.")] = None
    draft: Annotated[bool | None, says("true is refused.")] = None
    tools: Annotated[list[Any] | None, says("Refused.")] = None
    safety_identifier: Annotated[str | None, says("Yours; echoed.", minLength=1, maxLength=64)] = None
    priority: Annotated[
        int | None, says("Among your own waiting tasks; higher is sooner.", minimum=0, maximum=MAX_PRIORITY)
    ] = None


class CreatedTask(msgspec.Struct, frozen=True):
    id: str


class ArkError(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    message: str
    param: str
    type: str


class ArkRefused(msgspec.Struct, frozen=True):
    error: ArkError
