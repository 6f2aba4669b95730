"""The OpenAPI 3.1 document of the Ark dialect. Its error codes are read from the table that answers."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from seedbed.api.ark.errors import CODE, STATUS
from seedbed.api.ark.paths import ROOT, TASKS
from seedbed.api.ark.wire import ArkRefused, CreatedTask, TaskBody
from seedbed.api.openapi_parts import REF, body, in_path, json_of, operation, query, ref, show, thing, whole
from seedbed.api.service import Service

_TAG = "Tasks"
_STATES = ["queued", "running", "succeeded", "failed", "cancelled", "expired"]
_KEYED = (401, 403, 429, 500, 503)
_EXAMPLE = {
    "model": "dreamina-seedance-2-0-260128",
    "content": [
        {"type": "text", "text": "A fox in the snow, slow push in."},
        {"type": "image_url", "image_url": {"url": "https://example.com/fox.jpg"}, "role": "first_frame"},
    ],
    "resolution": "720p",
    "ratio": "16:9",
    "duration": 5,
}
_WHOLE = {"type": "integer"}
_TEXT = {"type": "string"}
_URLS = {"video_url": _TEXT, "last_frame_url": _TEXT}
_TASK = thing(
    {
        "id": _TEXT,
        "model": _TEXT,
        "status": {"type": "string", "enum": _STATES},
        "error": {"anyOf": [thing({"code": _TEXT, "message": _TEXT}, required=["code", "message"]), {"type": "null"}]},
        "created_at": {**_WHOLE, "description": "Unix seconds."},
        "updated_at": {**_WHOLE, "description": "Unix seconds."},
        "content": {**thing(_URLS, required=["video_url"]), "description": "Once it has succeeded."},
        "usage": thing({"completion_tokens": _WHOLE, "total_tokens": _WHOLE}, required=["completion_tokens"]),
        "seed": _WHOLE,
        "resolution": _TEXT,
        "ratio": _TEXT,
        "duration": _WHOLE,
        "framespersecond": _WHOLE,
        "generate_audio": {"type": "boolean"},
        "draft": {"type": "boolean"},
        "service_tier": {"type": "string", "enum": ["default", "flex"]},
        "execution_expires_after": _WHOLE,
        "priority": _WHOLE,
        "safety_identifier": _TEXT,
    },
    required=["id", "model", "status", "created_at", "updated_at"],
)
_PAGE = thing({"items": {"type": "array", "items": ref("Task")}, "total": _WHOLE}, required=["items", "total"])


async def show_document(service: Service, _: Request) -> Response:
    return show(document(service.settings.base_url))


def document(base_url: str) -> dict[str, Any]:
    """Return the document. `base_url` is the public base, without a slash at its end."""
    _, schemas = msgspec.json.schema_components((TaskBody, CreatedTask, ArkRefused), ref_template=REF)
    return whole(
        title="Seedbed: Ark dialect",
        summary="What the official Ark SDKs speak: content generation tasks.",
        says="The same jobs, account and credits as in the other dialects: task cgt-X is generation req_X.",
        server=base_url + ROOT,
        paths={
            TASKS: {"post": _create(), "get": _list()},
            TASKS + "/{task_id}": {
                "get": _operation("showTask", "The state of a task, and its result.", ref("Task"), 404),
                "delete": _operation(
                    "removeTask", "Cancel a queued task; erase one that is over.", {"type": "object"}, 404, 409
                ),
                "parameters": [in_path("task_id")],
            },
        },
        schemas={**schemas, "Task": _TASK, "TaskPage": _PAGE},
    )


def _create() -> dict[str, Any]:
    created = _operation("createTask", "Order a video.", ref(CreatedTask.__name__), 400, 404, 409, 413, 415)
    return created | {"requestBody": body(ref(TaskBody.__name__), example=_EXAMPLE)}


def _list() -> dict[str, Any]:
    number = {"type": "integer", "minimum": 1, "maximum": 500}
    return _operation("listTasks", "The tasks of the last seven days, the newest first.", ref("TaskPage"), 400) | {
        "parameters": [
            query("page_num", number, "Which page, from 1."),
            query("page_size", number, "How many on a page."),
            query("filter.status", {"type": "string", "enum": _STATES}, "Only those in this state."),
            query("filter.task_ids", {"type": "array", "items": _TEXT}, "Only these."),
            query("filter.model", _TEXT, "Only those of this model."),
            query("filter.service_tier", {"type": "string", "enum": ["default", "flex"]}, "Only those of this tier."),
        ]
    }


def _operation(name: str, summary: str, schema: dict[str, Any], *statuses: int) -> dict[str, Any]:
    refusals = {status: _codes(status) for status in (*_KEYED, *statuses)}
    content = json_of(schema)
    return operation(name, summary, tag=_TAG, content=content, refusals=refusals, refused=ArkRefused.__name__)


def _codes(status: int) -> str:
    codes = {CODE[kind] for kind, answered in STATUS.items() if answered == status}
    named = " or ".join(sorted({f"{code}.<field>" if code in _WITH_FIELD else code for code in codes}))
    return f"`error.code` is {named}."


_WITH_FIELD = ("InvalidParameter", "NotFound")
