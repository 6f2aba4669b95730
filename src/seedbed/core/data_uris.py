"""Reads `data:` URIs: media that came inside the request itself. Strict, because nobody types one by hand.

Source: RFC 2397, base64 form only.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from seedbed.core.faults import Fault, MediaFault
from seedbed.core.urls import DATA_SCHEME

MAX_DATA_BYTES = 10_000_000
EXAMPLE = "data:image/png;base64,iVBORw0KGgo..."


@dataclass(frozen=True, slots=True)
class InlineMedia:
    """`media_type` is what the caller called it, in lower case and without parameters; it decides nothing."""

    media_type: str
    content: bytes


def decode_data_uri(uri: str, *, limit_bytes: int = MAX_DATA_BYTES) -> InlineMedia:
    """Return the bytes of a base64 `data:` URI. Raises MediaFault: too large (before decoding), invalid."""
    header, comma, encoded = uri.partition(",")
    if not uri.startswith(DATA_SCHEME) or not comma or not header.lower().endswith(";base64"):
        raise MediaFault(Fault.INVALID, f"is not a base64 data: URI; it must look like {EXAMPLE}")
    if len(encoded) > (limit_bytes + 2) // 3 * 4:
        raise MediaFault(
            Fault.TOO_LARGE,
            f"a data: URI may hold {limit_bytes // 1_000_000} MB; upload the file and use its asset:// URL",
        )
    try:
        content = base64.b64decode(encoded.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as exc:
        raise MediaFault(Fault.INVALID, "the data: URI holds characters or padding that base64 does not have") from exc
    if not content:
        raise MediaFault(Fault.INVALID, "the data: URI is empty")
    if len(content) > limit_bytes:
        raise MediaFault(Fault.TOO_LARGE, f"a data: URI may hold {limit_bytes} bytes")
    return InlineMedia(header[len(DATA_SCHEME) :].split(";")[0].strip().lower(), content)
