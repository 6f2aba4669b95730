"""The OpenAPI 3.1 document of the Ark dialect."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from seedbed.api.ark import openapi_examples as examples
from seedbed.api.ark.errors import answer as refuse
from seedbed.api.ark.paths import ROOT, TASKS
from seedbed.api.ark.wire import ArkRefused, CreatedTask, TaskBody
from seedbed.api.native.answers import raw_json
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
from seedbed.api.service import Service
from seedbed.core.ark_view import ERROR_CODES

_TAG = "Tasks"
_STATES = ["queued", "running", "succeeded", "failed", "cancelled", "expired"]
_WHOLE = {"type": "integer"}
_TEXT = {"type": "string"}
_URLS = {"video_url": _TEXT, "last_frame_url": {**_TEXT, "description": "If `return_last_frame` asked for it."}}
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
        "ratio": {**_TEXT, "description": "`adaptive` until what is sent has been looked at."},
        "duration": {**_WHOLE, "description": "Seconds."},
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
    return raw_json(_encoded(service.settings.base_url), headers=SHOWN)


@lru_cache(maxsize=4)
def _encoded(base_url: str) -> bytes:
    return msgspec.json.encode(document(base_url))


def document(base_url: str) -> dict[str, Any]:
    """Return the document. `base_url` is the public base, without a slash at its end."""
    _, schemas = msgspec.json.schema_components((TaskBody, CreatedTask, ArkRefused), ref_template=REF)
    return whole(
        title="Seedbed: Ark dialect",
        summary="What the official Ark SDKs speak: content generation tasks.",
        says="The same jobs, account and credits as in the other dialects: task `cgt-X` is generation `req_X`.",
        server=base_url + ROOT,
        tags={_TAG: "Order tasks, look at them, list them, remove them."},
        paths={
            TASKS: {"post": _create(), "get": _list()},
            TASKS + "/{task_id}": {
                "get": _operation("showTask", "The state of a task, and its result.", ref("Task"), "not_found"),
                "delete": _remove(),
                "parameters": [in_path("task_id", examples.TASK_ID)],
            },
        },
        schemas={**schemas, "Task": _TASK, "TaskPage": _PAGE},
        refusals=refusals(),
        failures=ERROR_CODES,
    )


@lru_cache(maxsize=1)
def refusals() -> RefusalTable:
    return refusal_table(refuse, schema=ref(ArkRefused.__name__), own=examples.REFUSALS)


def _create() -> dict[str, Any]:
    refused = (*ORDER, "unknown_field", "unknown_model")
    created = _operation("createTask", "Order a video.", ref(CreatedTask.__name__), *refused)
    asked = body(ref(TaskBody.__name__), examples.BODY)
    return created | {"parameters": [IDEMPOTENCY_KEY], "requestBody": asked}


def _remove() -> dict[str, Any]:
    says = "Cancel a queued task; erase one that is over."
    return _operation("removeTask", says, {"type": "object"}, "not_found", "not_cancellable")


def _list() -> dict[str, Any]:
    number = {"type": "integer", "minimum": 1, "maximum": 500}
    return _operation(
        "listTasks", "The tasks of the last seven days, the newest first.", ref("TaskPage"), "wrong_query"
    ) | {
        "parameters": [
            query("page_num", number, "Which page, from 1."),
            query("page_size", number, "How many on a page."),
            query("filter.status", {"type": "string", "enum": _STATES}, "Only those in this state."),
            query("filter.task_ids", {"type": "array", "items": _TEXT}, "Only these."),
            query("filter.model", _TEXT, "Only those of this model."),
            query("filter.service_tier", {"type": "string", "enum": ["default", "flex"]}, "Only those of this tier."),
        ]
    }


def _operation(name: str, summary: str, schema: dict[str, Any], *refused: str) -> dict[str, Any]:
    content = json_of(schema, examples=examples.ANSWERS[name])
    answers = refusals().responses((*KEYED, *refused))
    return operation(name, summary, tag=_TAG, content=content, refusals=answers)
