"""The OpenAPI 3.1 document of the native dialect, built from the wire types so that it cannot lag behind them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from seedbed.api import openapi_parts as parts
from seedbed.api.native.answers import raw_json
from seedbed.api.native.openapi_examples import ANSWERS, BODIES
from seedbed.api.native.openapi_extensions import extension_paths, list_operation
from seedbed.api.native.openapi_operation import REQUEST_ID, TAGS, body, operation, refusals
from seedbed.api.native.openapi_webhooks import webhook_paths
from seedbed.api.native.paths import GENERATIONS, ROOT
from seedbed.api.native.webhook_wire import WEBHOOK_TYPES
from seedbed.api.native.wire import (
    Cancelled,
    Created,
    Credits,
    Estimate,
    GenerationBody,
    Generations,
    GenerationView,
    Models,
    Refused,
    Uploaded,
    Usage,
)
from seedbed.api.openapi_errors import KEYED, ONCE, OPEN, ORDER, SENT
from seedbed.api.service import Service
from seedbed.api.specimens import QUEUED
from seedbed.api.waiting import MAX_WAIT_S

TYPES = (
    GenerationBody,
    Created,
    GenerationView,
    Generations,
    Estimate,
    Cancelled,
    Models,
    Credits,
    Uploaded,
    Usage,
    Refused,
    *WEBHOOK_TYPES,
)
_SAYS = (
    "Documented members come first; what is ours follows, and whoever does not know it never notices. "
    "A job of this dialect is seen in the other two as well: `req_X` is `cgt-X` and `video_X` there."
)


async def show_document(service: Service, _: Request) -> Response:
    return raw_json(_encoded(service.settings.base_url), headers=parts.SHOWN)


@lru_cache(maxsize=4)
def _encoded(base_url: str) -> bytes:
    return msgspec.json.encode(document(base_url))


def document(base_url: str) -> dict[str, Any]:
    """Return the document. `base_url` is the public base, without a slash at its end."""
    _, schemas = msgspec.json.schema_components(TYPES, ref_template=parts.REF)
    made = parts.whole(
        title="Seedbed",
        summary="The open, self-hosted Seedance 2.0 Open API.",
        says=_SAYS,
        server=base_url + ROOT,
        tags=TAGS,
        paths=_paths(),
        schemas=schemas,
        refusals=refusals(),
    )
    return made | {"webhooks": {"generationEnded": {"post": _webhook()}}}


def _paths() -> dict[str, Any]:
    one = {"parameters": [REQUEST_ID]}
    return {
        "/models": {
            "get": operation("listModels", "The models, what they take and cost.", Models, (*OPEN, "account_disabled"))
            | {"security": [{}, {"key": []}]}
        },
        GENERATIONS: {"post": _create(), "get": list_operation()},
        GENERATIONS + "/{requestId}": {"get": _show(), **one},
        GENERATIONS + "/{requestId}/cancel": {
            "post": operation(
                "cancelGeneration",
                "Stop a generation that is queued or processing; the whole charge goes back. Idempotent.",
                Cancelled,
                (*KEYED, "not_found", "not_cancellable"),
            ),
            **one,
        },
        "/uploads": {"post": _upload()},
        **extension_paths(),
        **webhook_paths(),
    }


def _create() -> dict[str, Any]:
    place = {"schema": {"type": "string"}, "example": f"{ROOT}{GENERATIONS}/{QUEUED.id}"}
    replayed = {"schema": {"const": "true"}, "description": "The answer was given before, to the same Idempotency-Key."}
    created = operation(
        "createGeneration",
        "Order a video.",
        Created,
        (*KEYED, *ORDER),
        headers={"Location": place, "Idempotent-Replayed": replayed},
    )
    created["responses"]["200"]["links"] = {
        name: {"operationId": follow, "parameters": {"requestId": "$response.body#/requestId"}}
        for name, follow in (("show", "showGeneration"), ("cancel", "cancelGeneration"))
    }
    return created | {"parameters": [parts.IDEMPOTENCY_KEY]} | body("createGeneration", GenerationBody)


def _show() -> dict[str, Any]:
    wait = {"type": "integer", "minimum": 0, "maximum": MAX_WAIT_S, "default": 0}
    refused = (*KEYED, "wrong_wait", "not_found")
    shown = operation("showGeneration", "The state of a generation, and its result.", GenerationView, refused)
    shown["responses"]["304"] = {"description": "Unchanged since the ETag in If-None-Match."}
    return shown | {
        "parameters": [
            parts.query("wait", wait, "Hold the answer until the status changes, for so many seconds at most."),
            parts.header("If-None-Match", {"type": "string"}, "The ETag of an earlier answer."),
        ]
    }


def _upload() -> dict[str, Any]:
    form = {"type": "object", "required": ["file"], "properties": {"file": {"type": "string", "format": "binary"}}}
    examples = {name: {"value": value} for name, value in BODIES["upload"].items()}
    refused = (*KEYED, *ONCE, *SENT, "wrong_file", "maintenance")
    return operation("upload", "Upload a reference.", Uploaded, refused) | {
        "parameters": [parts.IDEMPOTENCY_KEY],
        "requestBody": {
            "required": True,
            "content": {"multipart/form-data": {"schema": form, "examples": examples}},
        },
    }


def _webhook() -> dict[str, Any]:
    ended = {name: view for name, view in ANSWERS["showGeneration"].items() if view["finishedAt"]}
    return {
        "operationId": "generationEnded",
        "summary": "Sent to webhookUrl when a generation is final, signed by Standard Webhooks 1.0.",
        "tags": ["Webhooks"],
        "security": [],
        "requestBody": parts.body(parts.ref(GenerationView.__name__), ended),
        "responses": {"2XX": {"description": "Received."}, "410": {"description": "Send no more for this one."}},
    }
