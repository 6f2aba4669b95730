"""An operation of the operator's API as its OpenAPI document tells it, and the parts that the document is made of.

Every noun has a file `openapi_<noun>.py` with one `Part`: its tag, its types, its paths with their examples.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec

from seedbed.api import openapi_parts as parts
from seedbed.api.native.errors import answer as refuse
from seedbed.api.native.wire import Refused
from seedbed.api.openapi_errors import RefusalTable, refusal_table
from seedbed.api.paging import DEFAULT_PAGE, MAX_PAGE
from seedbed.core.errors import InvalidRequest, NotFound

# What differs from the refusals that are common to all dialects, by the names that operations choose from.
REFUSALS = {
    "invalid_request": InvalidRequest("credits must be an integer; got a string.", param="credits"),
    "missing_field": InvalidRequest("name is required.", param="name"),
    "wrong_query": InvalidRequest("limit must be a whole number from 1 to 100; got '0'.", param="limit"),
    "wrong_cursor": InvalidRequest("cursor belongs to another list, or to another account or mode.", param="cursor"),
    "no_field": InvalidRequest("There is no field 'now' here; it takes none.", param="now"),
    "not_found": NotFound("There is no account 7."),
}
PAGED = ("wrong_query", "wrong_cursor")
_LIMIT = {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": DEFAULT_PAGE}
ACCOUNT_ID = {"name": "accountId", "in": "path", "required": True, "schema": {"type": "integer"}, "example": 7}


@dataclass(frozen=True, slots=True)
class Part:
    """What the document has about one noun. `says` stands beside its tag, `paths` are made when they are asked for."""

    tag: str
    says: str
    types: tuple[type[msgspec.Struct], ...]
    paths: Mapping[str, Any]


@lru_cache(maxsize=1)
def refusals() -> RefusalTable:
    return refusal_table(refuse, schema=parts.ref(Refused.__name__), own=REFUSALS)


def operation(
    name: str,
    summary: str,
    answer: type[msgspec.Struct],
    refused: Iterable[str],
    *,
    tag: str,
    examples: Mapping[str, msgspec.Struct],
    parameters: Iterable[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Return the operation. `refused` names specimens, `examples` are values of the answer's type."""
    said = {title: msgspec.json.decode(msgspec.json.encode(value)) for title, value in examples.items()}
    content = parts.json_of(parts.ref(answer.__name__), examples=said)
    made = parts.operation(name, summary, tag=tag, content=content, refusals=refusals().responses(refused))
    given = [dict(parameter) for parameter in parameters]
    return made | ({"parameters": given} if given else {})


def body(
    kind: type[msgspec.Struct], examples: Mapping[str, Mapping[str, Any]], *, is_required: bool = True
) -> dict[str, Any]:
    """Return the request body of an operation, with its examples."""
    return {"requestBody": parts.body(parts.ref(kind.__name__), examples, is_required=is_required)}


def paging() -> list[dict[str, Any]]:
    return [
        parts.query("limit", _LIMIT, "How many at most."),
        parts.query("cursor", {"type": "string"}, "Where the page before ended, as it was given."),
    ]
