"""Signed-in browsers: a cookie that stands for an API key, and tickets that are good for one sign-in.

The cookie holds 256 random bits and nothing else. Like a key, only its SHA-256 is stored, and a check of its form
spares the database a question about what was never a session. A session can do what its key can, and ends with it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

from seedbed.core.errors import Unauthorized

ENTROPY_BYTES = 32
_ENCODED_LENGTH = 43


@dataclass(frozen=True, slots=True)
class SessionToken:
    """What may be kept of a session's cookie or of a ticket: never the text itself."""

    digest: bytes


def make_token(entropy: bytes) -> str:
    """Return the text of a new cookie or ticket from at least 32 random bytes."""
    if len(entropy) < ENTROPY_BYTES:
        raise ValueError(f"A session needs {ENTROPY_BYTES} random bytes.")
    return base64.urlsafe_b64encode(entropy[:ENTROPY_BYTES]).rstrip(b"=").decode()


def parse_token(text: str) -> SessionToken:
    """Raises Unauthorized if the text has not the form of a session's."""
    if len(text) != _ENCODED_LENGTH or not text.isascii():
        raise Unauthorized
    try:
        base64.b64decode(text + "=", altchars=b"-_", validate=True)
    except binascii.Error as exc:
        raise Unauthorized from exc
    return SessionToken(hashlib.sha256(text.encode()).digest())


def cookie_name(*, is_secure: bool, path: str, port: int | None, of: str = "session") -> str:
    """Return the name that browsers hold most strictly to where it came from.

    Cookies ignore ports, so two services of one machine would overwrite each other's: the port is part of the name.
    Source: RFC 6265bis, cookie name prefixes.
    """
    name = f"seedbed_{of}" if port is None else f"seedbed_{of}_{port}"
    if is_secure:
        return f"__Host-{name}" if path == "/" else f"__Secure-{name}"
    return name
