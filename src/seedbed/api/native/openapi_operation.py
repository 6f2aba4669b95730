"""An operation of the native dialect as its OpenAPI document tells it: with examples, and the refusals it may get."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from seedbed.api import openapi_parts as parts
from seedbed.api.native.errors import answer as refuse
from seedbed.api.native.openapi_examples import ANSWERS, BODIES, REFUSALS
from seedbed.api.native.wire import Refused
from seedbed.api.openapi_errors import RefusalTable, refusal_table
from seedbed.api.specimens import QUEUED

TAGS = {
    "Videos": "Order videos, follow them, cancel them, list them.",
    "Models": "What each model takes, measures and costs.",
    "Uploads": "Pictures, videos and sounds that have no public address.",
    "Account": "Credits and usage.",
    "Webhooks": "What was sent when videos were ready, and the secret that signs it.",
}
_TAG_WORDS = (("Generation", "Videos"), ("Model", "Models"), ("upload", "Uploads"), ("Webhook", "Webhooks"))
REQUEST_ID = parts.in_path("requestId", QUEUED.id)


@lru_cache(maxsize=1)
def refusals() -> RefusalTable:
    return refusal_table(refuse, schema=parts.ref(Refused.__name__), own=REFUSALS)


def operation(
    name: str, summary: str, answer: type[msgspec.Struct], refused: Iterable[str], **more: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the operation. `refused` names specimens, `more` are headers of its success."""
    return parts.operation(
        name,
        summary,
        tag=next((tag for word, tag in _TAG_WORDS if word in name), "Account"),
        content=parts.json_of(parts.ref(answer.__name__), examples=ANSWERS.get(name, {})),
        refusals=refusals().responses(refused),
        **more,
    )


def body(name: str, kind: type[msgspec.Struct], *, is_required: bool = True) -> dict[str, Any]:
    """Return the request body of the operation, with its examples."""
    return {"requestBody": parts.body(parts.ref(kind.__name__), BODIES[name], is_required=is_required)}
