"""When two bodies are the same request: the digest that an Idempotency-Key is bound to.

JSON is compared by value: the order of keys, white space and the spelling of numbers do not count. Multipart forms are
compared by the digests of their fields and files, whatever their order. Source: CONTRACT 1.2.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

MAX_KEY_LENGTH = 255
# A longer text (a `data:` URI of some megabytes) stands in the canonical form by its digest, so that it is not copied.
LONG_TEXT = 4096


def json_digest(value: Any) -> bytes:
    """Return the SHA-256 of a JSON value in canonical form."""
    canonical = json.dumps(_normal(value), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(canonical.encode()).digest()


def form_digest(*, fields: Iterable[tuple[str, bytes]], files: Iterable[tuple[str, bytes]]) -> bytes:
    """Return the SHA-256 of a multipart form: the name and the SHA-256 of each text field and of each file.

    What a file is called, and the order of the parts, do not count.
    """
    named = {"fields": fields, "files": files}
    return json_digest({what: sorted([name, digest.hex()] for name, digest in parts) for what, parts in named.items()})


def _normal(value: Any) -> Any:
    match value:
        case bool():
            return value
        case float() if value.is_integer():
            return int(value)
        case str() if len(value) > LONG_TEXT:
            return {"sha256": hashlib.sha256(value.encode(errors="surrogatepass")).hexdigest(), "length": len(value)}
        case dict():
            return {key: _normal(item) for key, item in value.items()}
        case list():
            return [_normal(item) for item in value]
        case _:
            return value
