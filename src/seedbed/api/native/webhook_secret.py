"""The secret that signs the account's webhooks: `GET /webhooks/secret` shows it, POST puts another in its place.

Not for reading keys: whoever knows the secret can forge webhooks.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from seedbed.actions.rotate_secret import rotate_secret
from seedbed.api.auth import principal
from seedbed.api.conversion import convert
from seedbed.api.native.answers import json_response
from seedbed.api.native.moments import shown
from seedbed.api.native.webhook_wire import RetiringSecret, RotationBody, WebhookSecrets
from seedbed.api.native.webhooks import MAX_BODY_BYTES
from seedbed.api.service import Service
from seedbed.api.small_body import small_body
from seedbed.core.errors import InvalidRequest
from seedbed.core.signing import SECRET_BYTES
from seedbed.store import accounts
from seedbed.store.accounts import WebhookSecret
from seedbed.store.keys import Principal


async def secret(service: Service, request: Request) -> Response:
    return await (_rotate if request.method == "POST" else _show)(service, request)


async def _show(service: Service, request: Request) -> Response:
    who = await principal(service, request)
    entropy = secrets.token_bytes(SECRET_BYTES)
    async with service.connection() as conn:
        signing = await accounts.webhook_secrets(conn, who.account_id, is_live=who.is_live, entropy=entropy)
    return json_response(_view(signing, who))


async def _rotate(service: Service, request: Request) -> Response:
    """Make a new secret. The old one signs besides until `retiresAt`; deliveries bear both signatures meanwhile.

    An Idempotency-Key is not honoured here: its stored answer would hold a secret.
    """
    who = await principal(service, request)
    overlap_s = await _overlap_s(service, request, who)
    entropy = secrets.token_bytes(SECRET_BYTES)
    async with service.connection() as conn:
        signing = await rotate_secret(conn, who.account_id, is_live=who.is_live, entropy=entropy, overlap_s=overlap_s)
    return json_response(_view(signing, who))


async def _overlap_s(service: Service, request: Request, who: Principal) -> int:
    longest_s = service.settings.webhook_secret_overlap_s
    if request.headers.get("content-length", "0") == "0" and "transfer-encoding" not in request.headers:
        return longest_s
    async with small_body(service, request, who.account_id, limit_bytes=MAX_BODY_BYTES) as body:
        said = convert(body, RotationBody).overlap_seconds
    if said is not None and not 0 <= said <= longest_s:
        raise InvalidRequest(f"overlapSeconds must be from 0 to {longest_s}.", param="overlapSeconds")
    return longest_s if said is None else said


def _view(signing: Sequence[WebhookSecret], who: Principal) -> WebhookSecrets:
    retiring = [RetiringSecret(secret=s.secret, retires_at=shown(s.retires_at)) for s in signing if s.retires_at]
    return WebhookSecrets(
        secrets=tuple(secret.secret for secret in signing), livemode=who.is_live, retiring=tuple(retiring)
    )
