"""Verifies a webhook: that the service has signed it, and now."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from seedbed_client.errors import BadSignature
from seedbed_client.values import Generation, read


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """The end of a job. Pass it on with `headers` and `body` as they are, and soon: the signature holds the time."""

    id: str
    event: str
    request_id: str
    at: datetime
    headers: Mapping[str, str]
    body: str

    @property
    def generation(self) -> Generation:
        """The generation as GET showed it then. Raises ValueError for the callback of another dialect."""
        return read(Generation, json.loads(self.body))


def verify_webhook(
    headers: Mapping[str, str],
    body: bytes | str,
    secret: str | Sequence[str],
    *,
    tolerance_s: float = 300.0,
    now_unix_s: float | None = None,
) -> WebhookEvent:
    """Return what a request says that the service has signed. Give the body as it came, not parsed and written again.

    Raises BadSignature. Source: Standard Webhooks 1.0.
    """
    raw = body.encode() if isinstance(body, str) else body
    given = {name.lower(): value for name, value in headers.items()}
    message_id, said_at, signatures = (given.get(f"webhook-{part}", "") for part in ("id", "timestamp", "signature"))
    if not message_id or not said_at.isdecimal():
        raise BadSignature("The headers webhook-id and webhook-timestamp are missing or broken.")
    if abs((time.time() if now_unix_s is None else now_unix_s) - int(said_at)) > tolerance_s:
        raise BadSignature(f"The webhook is older or newer than {tolerance_s:g} s.")
    signed = f"{message_id}.{said_at}.".encode() + raw
    good = [_signature(one, signed) for one in ([secret] if isinstance(secret, str) else secret)]
    if not any(hmac.compare_digest(one.encode(), two.encode()) for one in good for two in signatures.split()):
        raise BadSignature("No signature of the webhook is by one of these secrets.")
    try:
        told = json.loads(raw)
        kept = {name: value for name, value in given.items() if name.startswith("webhook-")}
        at = datetime.fromtimestamp(int(said_at), UTC)
        return WebhookEvent(message_id, told["status"], told.get("requestId") or told["id"], at, kept, raw.decode())
    except (ValueError, TypeError, AttributeError, KeyError) as exc:
        raise BadSignature("The webhook is signed, but it is not about a generation.") from exc


def _signature(secret: str, signed: bytes) -> str:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError as exc:
        raise BadSignature("The secret is not a whsec_... of this service.") from exc
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
