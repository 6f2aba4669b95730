"""The part of the OpenAPI document that goes beyond the documented service: lists, prices, events and figures."""

from __future__ import annotations

from typing import Any

from seedbed.api.native.openapi_examples import BODIES, EVENTS, USAGE_CSV
from seedbed.api.native.openapi_operation import REQUEST_ID, body, operation
from seedbed.api.native.paths import GENERATIONS
from seedbed.api.native.wire import Created, Credits, Estimate, GenerationBody, Generations, GenerationView, Usage
from seedbed.api.openapi_errors import BODY, KEYED, ORDER
from seedbed.api.openapi_parts import IDEMPOTENCY_KEY, header, in_path, json_of, query
from seedbed.api.paging import DEFAULT_PAGE, MAX_PAGE
from seedbed.core.job import State
from seedbed.core.models import MODELS

_OF_ONE = {"parameters": [REQUEST_ID]}
_LIMIT = {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": DEFAULT_PAGE}
_CURSOR = {"type": "string"}
_POSITION = in_path("position", "0")
_STATES = {"type": "array", "items": {"type": "string", "enum": list(State)}}
_PAGED = (*KEYED, "wrong_query", "wrong_cursor")


def list_operation() -> dict[str, Any]:
    """Return `GET /video/generations`, which shares its path with the order of one."""
    return operation("listGenerations", "Generations, the newest first.", Generations, _PAGED) | {
        "parameters": [
            *paging(),
            query("status", _STATES, "Only those in one of these states."),
            query("model", {"type": "string", "enum": list(MODELS)}, "Only those of this model."),
        ]
    }


def extension_paths() -> dict[str, Any]:
    return {
        GENERATIONS + "/{requestId}/events": {"get": _events()} | _OF_ONE,
        GENERATIONS + "/{requestId}/references/{position}": {
            "get": _reference(),
            "parameters": [REQUEST_ID, _POSITION],
        },
        "/credits": {
            "get": operation("showCredits", "What the account has, and what made it so.", Credits, _PAGED)
            | {"parameters": [*paging(), query("requestId", {"type": "string"}, "Only what was moved for this one.")]}
        },
        "/usage": {"get": _usage()},
        GENERATIONS + "/{requestId}/rerun": {"post": _rerun()} | _OF_ONE,
        "/video/estimate": {
            "post": operation(
                "estimateGeneration", "The price of a generation; nothing is made.", Estimate, (*KEYED, *BODY)
            )
            | body("estimateGeneration", GenerationBody)
        },
    }


def _rerun() -> dict[str, Any]:
    says = "Order the same once more; the body's fields are those that change."
    changes = json_of({"type": "object"}, examples=BODIES["rerunGeneration"])
    refused = (*KEYED, *ORDER, "not_found")
    return operation("rerunGeneration", says, Created, refused) | {
        "parameters": [IDEMPOTENCY_KEY],
        "requestBody": {"required": False, "content": changes},
    }


def _reference() -> dict[str, Any]:
    says = "A small picture of a reference, as long as the service has its bytes."
    shown = operation("showGenerationReference", says, GenerationView, (*KEYED, "not_found"))
    shown["responses"]["200"]["description"] = "A JPEG of at most 480 pixels a side."
    shown["responses"]["200"]["content"] = {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}
    shown["responses"]["304"] = {"description": "Unchanged since the ETag in If-None-Match."}
    return shown


def _events() -> dict[str, Any]:
    followed = operation(
        "followGeneration",
        "Server-sent events until the generation is final: `state` and at last `end` (the body of GET), `progress`"
        " (stage, fraction and previewUrl) and `queue` (position and etaSeconds).",
        GenerationView,
        (*KEYED, "not_found"),
    )
    told = followed["responses"]["200"]
    told["description"] = "Events; comments keep the connection alive."
    told["content"] = {"text/event-stream": {"schema": {"type": "string"}, "example": EVENTS}}
    followed["responses"]["204"] = {"description": "The end has been told (Last-Event-ID); do not come back."}
    says = "The id of the last event; the present is told, whatever it is."
    return followed | {"parameters": [header("Last-Event-ID", {"type": "string"}, says)]}


def _usage() -> dict[str, Any]:
    day = {"type": "string", "format": "date"}
    used = operation("showUsage", "What was used, by day, model, key and project.", Usage, (*KEYED, "wrong_query"))
    used["responses"]["200"]["content"]["text/csv"] = {"schema": {"type": "string"}, "example": USAGE_CSV}
    return used | {
        "parameters": [
            query("from", day, "The first day; by default 29 days before the last."),
            query("to", day, "The last day; by default today."),
            query("format", {"type": "string", "enum": ["json", "csv"]}, "By default as Accept says."),
        ]
    }


def paging() -> list[dict[str, Any]]:
    return [
        query("limit", _LIMIT, "How many at most."),
        query("cursor", _CURSOR, "Where the page before ended, as it was given."),
    ]
