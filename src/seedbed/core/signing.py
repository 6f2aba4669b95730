"""Webhook signatures, by Standard Webhooks 1.0: HMAC-SHA256 over `id.timestamp.body`.

Two secrets may be valid at once while one replaces the other; then both signatures are sent.
Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence

SECRET_PREFIX = "whsec_"  # noqa: S105 - the published prefix, not a secret
SECRET_BYTES = 32


def make_secret(entropy: bytes) -> str:
    """Return a `whsec_...` secret from 24 to 64 random bytes."""
    if not 24 <= len(entropy) <= 64:
        raise ValueError("A webhook secret needs 24 to 64 random bytes.")
    return SECRET_PREFIX + base64.b64encode(entropy).decode()


def signature_headers(secrets: Sequence[str], *, message_id: str, timestamp_unix_s: int, body: bytes) -> dict[str, str]:
    """Return the three headers of a delivery. `timestamp_unix_s` is the attempt's, not the event's."""
    signed = f"{message_id}.{timestamp_unix_s}.".encode() + body
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp_unix_s),
        "webhook-signature": " ".join(f"v1,{_sign(secret, signed)}" for secret in secrets),
    }


def _sign(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
