"""Writes JSON answers: compact, in the order of the fields, and never kept by a cache on the way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response

PRIVATE = {"Cache-Control": "private, no-cache"}


def json_response(
    content: msgspec.Struct | dict[str, Any], *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    return raw_json(msgspec.json.encode(content), status=status, headers=headers)


def raw_json(body: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(body, status, headers={**PRIVATE, **(headers or {})}, media_type="application/json")
