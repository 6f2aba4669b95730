"""What the OpenAPI documents of all dialects are put together from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

from seedbed.api.openapi_errors import RefusalTable, failure_codes, request_id_header, table
from seedbed.core.idempotency import MAX_KEY_LENGTH

REF = "#/components/schemas/{name}"
SHOWN = {"Cache-Control": "public, max-age=300"}  # headers of a document
JSON = "application/json"
PATH = "/openapi.json"  # under the root of its dialect
ABOUT = "About"
_ABOUT_THIS = {ABOUT: "This document."}
_PATTERN_OF_KEYS = "^[!-~]+$"
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY_LENGTH, "pattern": _PATTERN_OF_KEYS},
    "description": "The same key and body get the first answer again, and make nothing new. Kept for seven days.",
    "example": "order-2026-11-22-0001",
}


def whole(
    *,
    title: str,
    summary: str,
    says: str,
    server: str,
    tags: Mapping[str, str],
    paths: Mapping[str, Any],
    schemas: Mapping[str, Any],
    refusals: RefusalTable,
    failures: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the document. Its own path is added to the others, and both tables of errors to what it `says`."""
    errors = errors_text(refusals, failures=failures)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "summary": summary,
            "description": f"{says}\n\n{errors}",
            "version": version("seedbed"),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": server}],
        "security": [{"key": []}],
        "tags": [{"name": name, "description": about} for name, about in {**tags, **_ABOUT_THIS}.items()],
        "paths": {**paths, PATH: {"get": this_document()}},
        "components": {
            "schemas": dict(schemas),
            "examples": refusals.examples(),
            "headers": request_id_header(),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "bearerFormat": "sd2_live_..."}},
        },
    }


def this_document(name: str = "showOpenApi") -> dict[str, Any]:
    example = {"openapi": "3.1.0", "info": {"title": "Seedbed", "version": version("seedbed")}, "paths": {}}
    content = json_of({"type": "object"}, example=example)
    return {
        "operationId": name,
        "summary": "This document.",
        "tags": [ABOUT],
        "security": [],
        "responses": {"200": {"description": "OpenAPI 3.1.", "content": content}},
    }


def errors_text(refusals: RefusalTable, *, failures: Mapping[str, str] | None = None) -> str:
    """Return both tables of errors in CommonMark. `failures`: what the dialect calls the codes of failed jobs."""
    heads = ["code", "in the native dialect", "before it fails"]
    rows = [
        [f"`{(failures or {}).get(code, code)}`", f"`{code}`", "tried again" if is_retryable else ""]
        for code, is_retryable in failure_codes().items()
    ]
    if failures is None:
        heads, rows = heads[::2], [row[::2] for row in rows]
    return "\n\n".join(
        (
            "## Errors",
            "A request that is refused costs nothing.",
            refusals.as_text(),
            "## Failed jobs",
            "The whole charge goes back.",
            table(heads, rows),
        )
    )


def operation(
    name: str,
    summary: str,
    *,
    tag: str,
    content: Mapping[str, Any],
    refusals: Mapping[str, Any],
    headers: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return an operation. `content` is that of its success, `refusals` are its other responses."""
    shown = {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}, **(headers or {})}
    return {
        "operationId": name,
        "summary": summary,
        "tags": [tag],
        "responses": {"200": {"description": "Done.", "headers": shown, "content": dict(content)}, **refusals},
    }


def body(schema: Mapping[str, Any], examples: Mapping[str, Any], *, is_required: bool = True) -> dict[str, Any]:
    return {"required": is_required, "content": json_of(schema, examples=examples)}


def ref(name: str) -> dict[str, Any]:
    return {"$ref": REF.format(name=name)}


def json_of(schema: Mapping[str, Any], **example: Any) -> dict[str, Any]:
    """Return JSON content with its schema and its `example=value` or its `examples={name: value}`."""
    if "examples" in example:
        example["examples"] = {name: {"value": value} for name, value in example["examples"].items()}
    return {JSON: {"schema": dict(schema), **example}}


def query(name: str, schema: Mapping[str, Any], says: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": dict(schema), "description": says}


def header(name: str, schema: Mapping[str, Any], says: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "schema": dict(schema), "description": says}


def in_path(name: str, example: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}, "example": example}


def thing(properties: Mapping[str, Any], *, required: Sequence[str]) -> dict[str, Any]:
    return {"type": "object", "properties": dict(properties), "required": list(required)}
