"""The OpenAPI 3.1 document of the OpenAI Videos dialect. Its error codes are read from the table that answers."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from seedbed.api.openai.errors import TABLE
from seedbed.api.openai.paths import ROOT, VIDEOS
from seedbed.api.openai.wire import DeletedVideo, OpenaiRefused, VideoBody
from seedbed.api.openapi_parts import REF, body, in_path, json_of, operation, query, ref, show, thing, whole
from seedbed.api.paging import DEFAULT_PAGE, MAX_PAGE
from seedbed.api.service import Service

_TAG = "Videos"
_KEYED = (401, 403, 429, 500, 503)
_EXAMPLE = {"model": "seedance-2.0", "prompt": "A fox in the snow.", "seconds": "5", "size": "1280x720"}
_WHOLE = {"type": "integer"}
_TEXT = {"type": "string"}
_MAYBE_TEXT = {"type": ["string", "null"]}
_MAYBE_WHOLE = {"type": ["integer", "null"]}
_VIDEO = thing(
    {
        "id": _TEXT,
        "object": {"const": "video"},
        "created_at": {**_WHOLE, "description": "Unix seconds."},
        "status": {"type": "string", "enum": ["queued", "in_progress", "completed", "failed"]},
        "model": _TEXT,
        "progress": {"type": "integer", "minimum": 0, "maximum": 100},
        "prompt": _TEXT,
        "seconds": _TEXT,
        "size": _MAYBE_TEXT,
        "completed_at": _MAYBE_WHOLE,
        "expires_at": _MAYBE_WHOLE,
        "error": {"anyOf": [thing({"code": _TEXT, "message": _TEXT}, required=["code", "message"]), {"type": "null"}]},
        "remixed_from_video_id": _MAYBE_TEXT,
        "seed": _WHOLE,
        "warnings": {"type": "array", "items": _TEXT},
    },
    required=["id", "object", "created_at", "status", "model", "progress", "prompt", "seconds"],
)
_PAGE = thing(
    {
        "object": {"const": "list"},
        "data": {"type": "array", "items": ref("Video")},
        "first_id": _MAYBE_TEXT,
        "last_id": _MAYBE_TEXT,
        "has_more": {"type": "boolean"},
    },
    required=["object", "data", "has_more"],
)


async def show_document(service: Service, _: Request) -> Response:
    return show(document(service.settings.base_url))


def document(base_url: str) -> dict[str, Any]:
    """Return the document. `base_url` is the public base, without a slash at its end."""
    _, schemas = msgspec.json.schema_components((VideoBody, DeletedVideo, OpenaiRefused), ref_template=REF)
    one = [in_path("video_id")]
    return whole(
        title="Seedbed: OpenAI Videos dialect",
        summary="The shape of OpenAI's Videos API, for the clients that speak it.",
        says="The same jobs, account and credits as in the other dialects: video_X is generation req_X.",
        server=base_url + ROOT,
        paths={
            VIDEOS: {"post": _create(), "get": _list()},
            VIDEOS + "/{video_id}": {
                "get": _operation("retrieveVideo", "The state of a video.", json_of(ref("Video")), 404),
                "delete": _operation(
                    "deleteVideo",
                    "Erase a video; an unfinished one is cancelled first.",
                    json_of(ref(DeletedVideo.__name__)),
                    404,
                ),
                "parameters": one,
            },
            VIDEOS + "/{video_id}/content": {"get": _content(), "parameters": one},
        },
        schemas={**schemas, "Video": _VIDEO, "VideoPage": _PAGE},
    )


def _create() -> dict[str, Any]:
    created = _operation("createVideo", "Order a video.", json_of(ref("Video")), 400, 409, 413, 415, 422)
    fields = dict.fromkeys(("prompt", "model", "seconds", "size"), _TEXT)
    form = thing(fields | {"input_reference": {"type": "string", "format": "binary"}}, required=["prompt"])
    asked = body(ref(VideoBody.__name__), example=_EXAMPLE)
    asked["content"]["multipart/form-data"] = {"schema": form}
    return created | {"requestBody": asked}


def _list() -> dict[str, Any]:
    limit = {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": DEFAULT_PAGE}
    return _operation("listVideos", "Videos in the order of their arrival.", json_of(ref("VideoPage")), 400) | {
        "parameters": [
            query("limit", limit, "How many at most."),
            query("after", _TEXT, "The last id of the page before."),
            query("order", {"type": "string", "enum": ["asc", "desc"]}, "By default the newest first."),
        ]
    }


def _content() -> dict[str, Any]:
    sent = {"video/mp4": {"schema": {"type": "string", "format": "binary"}}}
    return _operation("downloadVideo", "The bytes of a finished video, with ranges.", sent, 400, 404, 416) | {
        "parameters": [query("variant", {"type": "string", "default": "video"}, "What of it.")]
    }


def _operation(name: str, summary: str, content: dict[str, Any], *statuses: int) -> dict[str, Any]:
    refusals = {status: _codes(status) for status in (*_KEYED, *statuses)}
    return operation(name, summary, tag=_TAG, content=content, refusals=refusals, refused=OpenaiRefused.__name__)


def _codes(status: int) -> str:
    codes = sorted(said.code for said in TABLE.values() if said.status == status)
    return f"`error.code` is {' or '.join(codes)}."
