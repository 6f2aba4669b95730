"""The OpenAPI 3.1 document of the native dialect, built from the wire types so that it cannot lag behind them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.metadata import version
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from seedbed.api.native.answers import raw_json
from seedbed.api.native.openapi_extensions import extension_paths, list_operation
from seedbed.api.native.openapi_webhooks import webhook_paths
from seedbed.api.native.paths import ROOT
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
from seedbed.api.service import Service
from seedbed.api.waiting import MAX_WAIT_S
from seedbed.core.idempotency import MAX_KEY_LENGTH

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
_TAGS = (("Generation", "Videos"), ("Model", "Models"), ("upload", "Uploads"), ("Webhook", "Webhooks"))
_EXAMPLE = {
    "model": "seedance-2.0",
    "prompt": "A fox in the snow, slow push in.",
    "mediaUrls": ["https://example.com/fox.jpg"],
    "aspectRatio": "16:9",
    "duration": 5,
    "resolution": "720p",
}
_REF = "#/components/schemas/{name}"
_REFUSALS = {
    400: "A field is wrong (`param` names it), or the body is not JSON.",
    401: "No valid API key.",
    402: "The price is more than what is available.",
    403: "The key lacks a scope.",
    404: "No such thing, or somebody else's.",
    409: "Not possible in this state, or the first request with this Idempotency-Key is still running.",
    413: "Too large.",
    415: "A content type or a file format that is not taken.",
    422: "The Idempotency-Key was used with another body.",
    429: "Too many requests, or too many waiting jobs; see Retry-After.",
    500: "Our fault.",
    503: "Our fault, and it will pass; see Retry-After.",
}
_ALWAYS = (500, 503)
_KEYED = (401, 403, 429, *_ALWAYS)
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY_LENGTH, "pattern": "^[!-~]+$"},
    "description": "Kept for seven days.",
}


async def show_document(service: Service, _: Request) -> Response:
    return raw_json(_encoded(service.settings.base_url), headers={"Cache-Control": "public, max-age=300"})


@lru_cache(maxsize=4)
def _encoded(base_url: str) -> bytes:
    return msgspec.json.encode(document(base_url))


def document(base_url: str) -> dict[str, Any]:
    """Return the document. `base_url` is the public base, without a slash at its end."""
    _, schemas = msgspec.json.schema_components(TYPES, ref_template=_REF)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Seedbed",
            "summary": "The open, self-hosted Seedance 2.0 Open API.",
            "version": version("seedbed"),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": base_url + ROOT}],
        "security": [{"key": []}],
        "paths": _paths(),
        "webhooks": {"generationEnded": {"post": _webhook()}},
        "components": {
            "schemas": schemas,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "bearerFormat": "sd2_live_..."}},
        },
    }


def _paths() -> dict[str, Any]:
    return {
        "/models": {
            "get": _operation("listModels", "The models, what they take and cost.", Models, (401, 429, *_ALWAYS))
            | {"security": [{}, {"key": []}]}
        },
        "/video/generations": {"post": _create(), "get": list_operation(_operation)},
        "/video/generations/{requestId}": {"get": _show(), "parameters": [_REQUEST_ID]},
        "/video/generations/{requestId}/cancel": {
            "post": _operation(
                "cancelGeneration",
                "Stop a generation that is queued or processing; the whole charge goes back. Idempotent.",
                Cancelled,
                (*_KEYED, 404, 409),
            ),
            "parameters": [_REQUEST_ID],
        },
        "/uploads": {"post": _upload()},
        **extension_paths(_operation, lambda kind: _json(_ref(kind))),
        **webhook_paths(_operation, lambda kind: _json(_ref(kind))),
        "/openapi.json": {
            "get": {
                "operationId": "showOpenApi",
                "summary": "This document.",
                "tags": ["About"],
                "security": [],
                "responses": {"200": {"description": "OpenAPI 3.1.", "content": _json({"type": "object"})}},
            }
        },
    }


_REQUEST_ID = {"name": "requestId", "in": "path", "required": True, "schema": {"type": "string"}}


def _create() -> dict[str, Any]:
    refusals = (*_KEYED, 400, 402, 409, 413, 415, 422)
    created = _operation("createGeneration", "Order a video.", Created, refusals)
    created["responses"]["200"]["links"] = {
        name: {"operationId": operation, "parameters": {"requestId": "$response.body#/requestId"}}
        for name, operation in (("show", "showGeneration"), ("cancel", "cancelGeneration"))
    }
    return created | {
        "parameters": [_IDEMPOTENCY_KEY],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _ref(GenerationBody), "example": _EXAMPLE}},
        },
    }


def _show() -> dict[str, Any]:
    wait = {"type": "integer", "minimum": 0, "maximum": MAX_WAIT_S, "default": 0}
    shown = _operation(
        "showGeneration", "The state of a generation, and its result.", GenerationView, (*_KEYED, 400, 404)
    )
    shown["responses"]["304"] = {"description": "Unchanged since the ETag in If-None-Match."}
    return shown | {
        "parameters": [
            {"name": "wait", "in": "query", "schema": wait, "description": "Hold the answer until the status changes."},
            {"name": "If-None-Match", "in": "header", "schema": {"type": "string"}},
        ]
    }


def _upload() -> dict[str, Any]:
    form = {"type": "object", "required": ["file"], "properties": {"file": {"type": "string", "format": "binary"}}}
    return _operation("upload", "Upload a reference.", Uploaded, (*_KEYED, 400, 409, 413, 415, 422)) | {
        "parameters": [_IDEMPOTENCY_KEY],
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": form}}},
    }


def _webhook() -> dict[str, Any]:
    return {
        "operationId": "generationEnded",
        "summary": "Sent to webhookUrl when a generation is final, signed by Standard Webhooks 1.0.",
        "security": [],
        "requestBody": {"required": True, "content": _json(_ref(GenerationView))},
        "responses": {"2XX": {"description": "Received."}, "410": {"description": "Send no more for this one."}},
    }


def _operation(name: str, summary: str, answer: type[msgspec.Struct], refusals: Sequence[int]) -> dict[str, Any]:
    responses: dict[str, Any] = {"200": {"description": "Done.", "content": _json(_ref(answer))}}
    for status in sorted(refusals):
        responses[str(status)] = {"description": _REFUSALS[status], "content": _json(_ref(Refused))}
    return {"operationId": name, "summary": summary, "tags": [_tag_of(name)], "responses": responses}


def _tag_of(operation_name: str) -> str:
    return next((tag for word, tag in _TAGS if word in operation_name), "Account")


def _ref(kind: type[msgspec.Struct]) -> dict[str, Any]:
    return {"$ref": _REF.format(name=kind.__name__)}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
