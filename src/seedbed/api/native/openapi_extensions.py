"""The part of the OpenAPI document that goes beyond the documented service: lists, prices, events and figures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from seedbed.api.native.wire import Created, Credits, Estimate, GenerationBody, Generations, GenerationView, Usage
from seedbed.api.paging import DEFAULT_PAGE, MAX_PAGE
from seedbed.core.job import State
from seedbed.core.models import MODELS

_OF_ONE = {"parameters": [{"name": "requestId", "in": "path", "required": True, "schema": {"type": "string"}}]}
_KEYED = (401, 403, 429, 500, 503)
_LIMIT = {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": DEFAULT_PAGE}
_CURSOR = {"type": "string"}
_STATES = {"type": "array", "items": {"type": "string", "enum": list(State)}}


def list_operation(operation: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Return `GET /video/generations`, which shares its path with the order of one."""
    return operation("listGenerations", "Generations, the newest first.", Generations, (*_KEYED, 400)) | {
        "parameters": [
            *paging(),
            _query("status", _STATES, "Only those in one of these states."),
            _query("model", {"type": "string", "enum": list(MODELS)}, "Only those of this model."),
        ]
    }


def extension_paths(operation: Callable[..., dict[str, Any]], body_of: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Return the paths. `operation(name, summary, answer, refusals)` and `body_of(type)` write them as elsewhere."""
    return {
        "/video/generations/{requestId}/events": {"get": _events(operation)} | _OF_ONE,
        "/credits": {
            "get": operation("showCredits", "What the account has, and what made it so.", Credits, (*_KEYED, 400))
            | {"parameters": paging()}
        },
        "/usage": {"get": _usage(operation)},
        "/video/generations/{requestId}/rerun": {
            "post": operation(
                "rerunGeneration",
                "Order the same once more; the body's fields are those that change.",
                Created,
                (*_KEYED, 400, 402, 404, 409, 413, 415, 422),
            )
            | {"requestBody": {"required": False, "content": {"application/json": {"schema": {"type": "object"}}}}}
        }
        | _OF_ONE,
        "/video/estimate": {
            "post": operation(
                "estimateGeneration", "The price of a generation; nothing is made.", Estimate, (*_KEYED, 400, 413, 415)
            )
            | {"requestBody": {"required": True, "content": body_of(GenerationBody)}}
        },
    }


def _events(operation: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    followed = operation(
        "followGeneration",
        "Server-sent events until the generation is final: `state` and at last `end` (the body of GET), `progress`"
        " (stage, fraction and previewUrl) and `queue` (position and etaSeconds).",
        GenerationView,
        (*_KEYED, 404),
    )
    stream = {"text/event-stream": {"schema": {"type": "string"}}}
    followed["responses"]["200"] = {"description": "Events; comments keep the connection alive.", "content": stream}
    followed["responses"]["204"] = {"description": "The end has been told (Last-Event-ID); do not come back."}
    says = "The id of the last event; the present is told, whatever it is."
    header = {"name": "Last-Event-ID", "in": "header", "schema": {"type": "string"}, "description": says}
    return followed | {"parameters": [header]}


def _usage(operation: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    day = {"type": "string", "format": "date"}
    used = operation("showUsage", "What was used, by day, model, key and project.", Usage, (*_KEYED, 400))
    used["responses"]["200"]["content"]["text/csv"] = {"schema": {"type": "string"}}
    return used | {
        "parameters": [
            _query("from", day, "The first day; by default 29 days before the last."),
            _query("to", day, "The last day; by default today."),
            _query("format", {"type": "string", "enum": ["json", "csv"]}, "By default as Accept says."),
        ]
    }


def paging() -> list[dict[str, Any]]:
    return [
        _query("limit", _LIMIT, "How many at most."),
        _query("cursor", _CURSOR, "Where the page before ended, as it was given."),
    ]


def _query(name: str, schema: dict[str, Any], says: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": says}
