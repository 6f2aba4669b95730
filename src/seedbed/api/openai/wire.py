"""What stands on the wire in the OpenAI Videos dialect. A null means the same as leaving a field out."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from seedbed.api.described import says
from seedbed.core.openai_offer import DEFAULT_MODEL, DEFAULT_SIZE, OPENAI, SHAPES
from seedbed.core.request import MAX_PROMPT_CHARACTERS, MAX_SEED


class ImageUrl(msgspec.Struct, frozen=True, kw_only=True):
    """The other form of `input_reference`. `file_id` is read in order to be refused by name."""

    image_url: Annotated[str | None, says("A public HTTPS URL, an asset:// URL of an upload, or a data: URI.")] = None
    file_id: Annotated[str | None, says("Refused: there are no files here.")] = None


class VideoBody(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a new video. The last four are ours."""

    prompt: Annotated[str, says("What to show; trimmed.", minLength=1, maxLength=MAX_PROMPT_CHARACTERS)]
    model: Annotated[str | None, says(f"Default: {DEFAULT_MODEL}.", examples=list(OPENAI.models))] = None
    seconds: Annotated[
        str | int | None, says("Seconds, also as a string: 4 to 15, of 1.5-pro 5 or 10. Default: 5.")
    ] = None
    size: Annotated[str | None, says(f"Width x height. Default: {DEFAULT_SIZE}.", enum=[*SHAPES, None])] = None
    input_reference: Annotated[
        str | ImageUrl | None, says("A picture to begin with: its URL, or in a form the file itself.")
    ] = None
    seed: Annotated[int | None, says("Default: one is chosen and echoed.", minimum=0, maximum=MAX_SEED)] = None
    generate_audio: Annotated[bool | None, says("Whether to make sound. Default: true.")] = None
    return_last_frame: Annotated[bool | None, says("Also keep the last frame as a PNG. Default: false.")] = None
    engine_options: Annotated[
        dict[str, Any] | None, says("What the model lets you say to its engine: see `engineOptions` of GET /models.")
    ] = None


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
