"""The OpenAPI 3.1 document of the OpenAI Videos dialect."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from seedbed.api.native.answers import raw_json
from seedbed.api.openai import openapi_examples as examples
from seedbed.api.openai.content import VARIANTS
from seedbed.api.openai.errors import answer as refuse
from seedbed.api.openai.paths import ROOT, VIDEOS
from seedbed.api.openai.wire import DeletedVideo, OpenaiRefused, VideoBody
from seedbed.api.openapi_errors import KEYED, ORDER, RefusalTable, refusal_table
from seedbed.api.openapi_parts import (
    IDEMPOTENCY_KEY,
    REF,
    SHOWN,
    body,
    in_path,
    json_of,
    operation,
    query,
    ref,
    thing,
    whole,
)
from seedbed.api.paging import DEFAULT_PAGE, MAX_PAGE
from seedbed.api.service import Service

_TAG = "Videos"
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
        "progress": {"type": "integer", "minimum": 0, "maximum": 100, "description": "Percent."},
        "prompt": _TEXT,
        "seconds": {**_TEXT, "description": "A whole number."},
        "size": {**_MAYBE_TEXT, "description": "null while a picture that nobody has looked at decides it."},
        "completed_at": _MAYBE_WHOLE,
        "expires_at": {"type": "null"},
        "error": {"anyOf": [thing({"code": _TEXT, "message": _TEXT}, required=["code", "message"]), {"type": "null"}]},
        "remixed_from_video_id": {"type": "null"},
        "seed": _WHOLE,
        "warnings": {"type": "array", "items": _TEXT},
    },
    required=["id", "object", "created_at", "status", "model", "progress", "prompt", "seconds"],
)
_FORM_FIELDS = {
    "prompt": "What to show.",
    "model": "As in JSON.",
    "seconds": "As in JSON.",
    "size": "As in JSON.",
    "seed": "A whole number.",
    "generate_audio": "true or false.",
    "return_last_frame": "true or false.",
    "input_reference[image_url]": "Its URL, instead of a file.",
}
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
    return raw_json(_encoded(service.settings.base_url), headers=SHOWN)


@lru_cache(maxsize=4)
def _encoded(base_url: str) -> bytes:
    return msgspec.json.encode(document(base_url))


def document(base_url: str) -> dict[str, Any]:
    """Return the document. `base_url` is the public base, without a slash at its end."""
    _, schemas = msgspec.json.schema_components((VideoBody, DeletedVideo, OpenaiRefused), ref_template=REF)
    one = [in_path("video_id", examples.VIDEO_ID)]
    return whole(
        title="Seedbed: OpenAI Videos dialect",
        summary="The shape of OpenAI's Videos API, for the clients that speak it.",
        says="The same jobs, account and credits as in the other dialects: `video_X` is generation `req_X`. "
        "A job that was cancelled is `failed`, with the code `cancelled`.",
        server=base_url + ROOT,
        tags={_TAG: "Order videos, look at them, list them, delete them, download them."},
        paths={
            VIDEOS: {"post": _create(), "get": _list()},
            VIDEOS + "/{video_id}": {
                "get": _operation("retrieveVideo", "The state of a video.", ref("Video"), "not_found"),
                "delete": _delete(),
                "parameters": one,
            },
            VIDEOS + "/{video_id}/content": {"get": _content(), "parameters": one},
        },
        schemas={**schemas, "Video": _VIDEO, "VideoPage": _PAGE},
        refusals=refusals(),
    )


@lru_cache(maxsize=1)
def refusals() -> RefusalTable:
    return refusal_table(refuse, schema=ref(OpenaiRefused.__name__), own=examples.REFUSALS)


def _create() -> dict[str, Any]:
    created = _operation("createVideo", "Order a video.", ref("Video"), *ORDER, "unknown_field")
    asked = body(ref(VideoBody.__name__), examples.BODY)
    shown = {name: {"value": value} for name, value in examples.FORM.items()}
    asked["content"]["multipart/form-data"] = {"schema": _form(), "examples": shown}
    return created | {"parameters": [IDEMPOTENCY_KEY], "requestBody": asked}


def _form() -> dict[str, Any]:
    """Return the schema of the body as a form: the same fields as text, and a file."""
    file = {"type": "string", "format": "binary", "description": "A picture to begin with."}
    fields = {name: {**_TEXT, "description": says} for name, says in _FORM_FIELDS.items()}
    return thing(fields | {"input_reference": file}, required=["prompt"])


def _delete() -> dict[str, Any]:
    says = "Erase a video; an unfinished one is cancelled first."
    return _operation("deleteVideo", says, ref(DeletedVideo.__name__), "not_found")


def _list() -> dict[str, Any]:
    limit = {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": DEFAULT_PAGE}
    return _operation(
        "listVideos",
        "Videos in the order of their arrival.",
        ref("VideoPage"),
        "wrong_query",
        "wrong_cursor",
        "unknown_field",
    ) | {
        "parameters": [
            query("limit", limit, "How many at most."),
            query("after", _TEXT, "The last id of the page before."),
            query("order", {"type": "string", "enum": ["asc", "desc"]}, "By default the newest first."),
        ]
    }


def _content() -> dict[str, Any]:
    binary = {"schema": {"type": "string", "format": "binary"}}
    variant = {"type": "string", "enum": list(VARIANTS), "default": VARIANTS[0]}
    answers = refusals().responses((*KEYED, "wrong_variant", "not_found", "gone", "range_not_satisfiable"))
    says = "The bytes of a finished video, with ranges, or its thumbnail."
    sent = {"video/mp4": binary, "image/jpeg": binary}
    downloaded = operation("downloadVideo", says, tag=_TAG, content=sent, refusals=answers)
    downloaded["responses"]["206"] = {"description": "A part of it, as Range asked.", "content": sent}
    return downloaded | {"parameters": [query("variant", variant, "What of it.")]}


def _operation(name: str, summary: str, schema: dict[str, Any], *refused: str) -> dict[str, Any]:
    content = json_of(schema, examples=examples.ANSWERS[name])
    answers = refusals().responses((*KEYED, *refused))
    return operation(name, summary, tag=_TAG, content=content, refusals=answers)
