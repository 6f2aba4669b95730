"""The part of the OpenAPI document that is about webhooks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from seedbed.api.native.webhook_wire import (
    Deliveries,
    Endpoints,
    Heard,
    Redelivered,
    RotationBody,
    SwitchedOn,
    SwitchOnBody,
    WebhookSecrets,
)
from seedbed.api.native.webhooks import DEFAULT_PAGE, MAX_PAGE
from seedbed.api.waiting import MAX_WAIT_S
from seedbed.core.idempotency import MAX_KEY_LENGTH
from seedbed.core.webhooks import DeliveryState

_CURSOR = {"type": "string"}
_KEY = {"type": "string", "minLength": 1, "maxLength": MAX_KEY_LENGTH, "pattern": "^[!-~]+$"}
_JOB = {"type": "string", "pattern": "^req_[0-9a-f]{32}$"}
_LIMIT = {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": DEFAULT_PAGE}
_STATES = {"type": "array", "items": {"type": "string", "enum": list(DeliveryState)}}
_WAIT = {"type": "integer", "minimum": 0, "maximum": MAX_WAIT_S, "default": 0}
_MOMENT = {"type": "string", "format": "date-time"}


def webhook_paths(operation: Callable[..., dict[str, Any]], body_of: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Return the paths. `operation(name, summary, answer, refusals)` and `body_of(type)` write them as elsewhere."""
    keyed = (401, 403, 429, 500, 503)
    return {
        "/webhooks/secret": {
            "get": operation("showWebhookSecret", "What signs the account's webhooks.", WebhookSecrets, keyed),
            "post": operation(
                "rotateWebhookSecret",
                "A new secret; the old one signs besides until it retires.",
                WebhookSecrets,
                (*keyed, 400, 413, 415),
            )
            | {"requestBody": {"required": False, "content": body_of(RotationBody)}},
        },
        "/webhooks/deliveries": {"get": _list(operation, keyed)},
        "/webhooks/deliveries/{deliveryId}/redeliver": {
            "post": operation(
                "redeliverWebhook",
                "Send a webhook again at once, with the same webhook-id; 400 while its address is switched off.",
                Redelivered,
                (*keyed, 400, 404, 409, 422),
            )
            | {"parameters": [_header("Idempotency-Key", _KEY, "Kept for seven days.")]},
            "parameters": [{"name": "deliveryId", "in": "path", "required": True, "schema": {"type": "string"}}],
        },
        "/webhooks/endpoints": {
            "get": operation(
                "listWebhookEndpoints", "Addresses that only fail, and those that are off.", Endpoints, keyed
            )
        },
        "/webhooks/endpoints/switch-on": {
            "post": operation(
                "switchWebhookEndpointOn",
                "Send to an address again. Idempotent.",
                SwitchedOn,
                (*keyed, 400, 413, 415),
            )
            | {"requestBody": {"required": True, "content": body_of(SwitchOnBody)}}
        },
        "/webhooks/listen": {"get": _listen(operation, keyed)},
    }


def _list(operation: Callable[..., dict[str, Any]], keyed: tuple[int, ...]) -> dict[str, Any]:
    return operation("listWebhookDeliveries", "Webhooks and their attempts.", Deliveries, (*keyed, 400)) | {
        "parameters": [
            _query("requestId", _JOB, "Only this generation's."),
            _query("state", _STATES, "Only in these states."),
            _query("limit", _LIMIT, "How many."),
            _query("cursor", _CURSOR, "From the page before."),
        ]
    }


def _listen(operation: Callable[..., dict[str, Any]], keyed: tuple[int, ...]) -> dict[str, Any]:
    return operation("listenToWebhooks", "Ends of generations, as webhooks would tell them.", Heard, (*keyed, 400)) | {
        "parameters": [
            _query("after", _CURSOR, "From the answer before. Without it and `since`: from now on."),
            _query("since", _MOMENT, "Begin with what ended after this moment."),
            _query("wait", _WAIT, "Hold the answer until something ends."),
        ]
    }


def _query(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": description}


def _header(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "schema": schema, "description": description}
