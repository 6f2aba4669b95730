"""What the OpenAPI documents of the smaller dialects are put together from, and how one is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

import msgspec
from starlette.responses import Response

from seedbed.api.native.answers import raw_json

REF = "#/components/schemas/{name}"


def show(document: Mapping[str, Any]) -> Response:
    return raw_json(msgspec.json.encode(document), headers={"Cache-Control": "public, max-age=300"})


def whole(
    *, title: str, summary: str, says: str, server: str, paths: Mapping[str, Any], schemas: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the document. Its own path is added to the others."""
    shown = {
        "operationId": "showOpenApi",
        "summary": "This document.",
        "tags": ["About"],
        "security": [],
        "responses": {"200": {"description": "OpenAPI 3.1.", "content": json_of({"type": "object"})}},
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "summary": summary,
            "description": says,
            "version": version("seedbed"),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": server}],
        "security": [{"key": []}],
        "paths": {**paths, "/openapi.json": {"get": shown}},
        "components": {
            "schemas": dict(schemas),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "bearerFormat": "sd2_live_..."}},
        },
    }


def operation(
    name: str, summary: str, *, tag: str, content: Mapping[str, Any], refusals: Mapping[int, str], refused: str
) -> dict[str, Any]:
    """Return an operation. `refusals` are the codes of each status, `refused` the schema of their envelope."""
    envelope = json_of(ref(refused))
    answers = {str(status): {"description": codes, "content": envelope} for status, codes in sorted(refusals.items())}
    return {
        "operationId": name,
        "summary": summary,
        "tags": [tag],
        "responses": {"200": {"description": "Done.", "content": dict(content)}, **answers},
    }


def body(schema: Mapping[str, Any], *, example: Mapping[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": json_of(schema, example=example)}


def ref(name: str) -> dict[str, Any]:
    return {"$ref": REF.format(name=name)}


def json_of(schema: Mapping[str, Any], *, example: Mapping[str, Any] | None = None) -> dict[str, Any]:
    shown = {"example": dict(example)} if example else {}
    return {"application/json": {"schema": dict(schema), **shown}}


def query(name: str, schema: Mapping[str, Any], says: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": dict(schema), "description": says}


def in_path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def thing(properties: Mapping[str, Any], *, required: Sequence[str]) -> dict[str, Any]:
    return {"type": "object", "properties": dict(properties), "required": list(required)}
