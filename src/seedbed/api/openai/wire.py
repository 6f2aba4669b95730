"""What stands on the wire in the OpenAI Videos dialect. A null means the same as leaving a field out."""

from __future__ import annotations

from typing import Any, Literal

import msgspec


class ImageUrl(msgspec.Struct, frozen=True, kw_only=True):
    """The other form of `input_reference`. `file_id` is read in order to be refused by name."""

    image_url: str | None = None
    file_id: str | None = None


class VideoBody(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a new video. The last three are ours."""

    prompt: str
    model: str | None = None
    seconds: str | int | None = None
    size: str | None = None
    input_reference: str | ImageUrl | None = None
    seed: int | None = None
    generate_audio: bool | None = None
    return_last_frame: bool | None = None


class DeletedVideo(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    object: Literal["video.deleted"] = "video.deleted"
    deleted: Literal[True] = True


class VideoPage(msgspec.Struct, frozen=True, kw_only=True):
    object: Literal["list"] = "list"
    data: list[dict[str, Any]]
    first_id: str | None
    last_id: str | None
    has_more: bool


class OpenaiError(msgspec.Struct, frozen=True, kw_only=True):
    message: str
    type: str
    param: str | None
    code: str


class OpenaiRefused(msgspec.Struct, frozen=True):
    error: OpenaiError
