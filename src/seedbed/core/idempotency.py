"""When two bodies are the same request: the digest that an Idempotency-Key is bound to.

JSON is compared by value: the order of keys, white space and the spelling of numbers do not count. Multipart forms are
compared by their fields and the digests of their files. Source: CONTRACT 1.2.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

MAX_KEY_LENGTH = 255


def json_digest(value: Any) -> bytes:
    """Return the SHA-256 of a JSON value in canonical form."""
    canonical = json.dumps(_normal(value), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(canonical.encode()).digest()


def form_digest(fields: Mapping[str, str], file_digests: Mapping[str, bytes]) -> bytes:
    """Return the SHA-256 of a multipart form: its text fields and the SHA-256 of each of its files."""
    return json_digest({"fields": dict(fields), "files": {name: d.hex() for name, d in file_digests.items()}})


def _normal(value: Any) -> Any:
    match value:
        case bool():
            return value
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {key: _normal(item) for key, item in value.items()}
        case list():
            return [_normal(item) for item in value]
        case _:
            return value
