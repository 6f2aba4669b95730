"""How a field of a wire type is described in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from msgspec import Meta


def says(description: str, **schema: Any) -> Meta:
    """Describe a field in the document only: what is allowed is decided, and said better, in core."""
    return Meta(description=description, extra_json_schema=schema or None)
