"""The part of the OpenAPI document that is about webhooks."""

from __future__ import annotations

from typing import Any

from seedbed.api.native.openapi_examples import DELIVERY_ID
from seedbed.api.native.openapi_operation import body, operation
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
from seedbed.api.openapi_errors import BODY, KEYED, ONCE, SENT
from seedbed.api.openapi_parts import IDEMPOTENCY_KEY, in_path, query
from seedbed.api.paging import DEFAULT_PAGE, MAX_PAGE
from seedbed.api.waiting import MAX_WAIT_S
from seedbed.core.webhooks import DeliveryState

_CURSOR = {"type": "string"}
_JOB = {"type": "string", "pattern": "^req_[0-9a-f]{32}$"}
_LIMIT = {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": DEFAULT_PAGE}
_STATES = {"type": "array", "items": {"type": "string", "enum": list(DeliveryState)}}
_WAIT = {"type": "integer", "minimum": 0, "maximum": MAX_WAIT_S, "default": 0}
_MOMENT = {"type": "string", "format": "date-time"}


def webhook_paths() -> dict[str, Any]:
    return {
        "/webhooks/secret": {
            "get": operation("showWebhookSecret", "What signs the account's webhooks.", WebhookSecrets, KEYED),
            "post": operation(
                "rotateWebhookSecret",
                "A new secret; the old one signs besides until it retires.",
                WebhookSecrets,
                (*KEYED, "invalid_request", "invalid_json", *SENT),
            )
            | body("rotateWebhookSecret", RotationBody, is_required=False),
        },
        "/webhooks/deliveries": {"get": _list()},
        "/webhooks/deliveries/{deliveryId}/redeliver": {
            "post": operation(
                "redeliverWebhook",
                "Send a webhook again at once, with the same webhook-id; 400 while its address is switched off.",
                Redelivered,
                (*KEYED, *ONCE, "address_off", "no_delivery"),
            )
            | {"parameters": [IDEMPOTENCY_KEY]},
            "parameters": [in_path("deliveryId", DELIVERY_ID)],
        },
        "/webhooks/endpoints": {
            "get": operation(
                "listWebhookEndpoints", "Addresses that only fail, and those that are off.", Endpoints, KEYED
            )
        },
        "/webhooks/endpoints/switch-on": {
            "post": operation(
                "switchWebhookEndpointOn", "Send to an address again. Idempotent.", SwitchedOn, (*KEYED, *BODY)
            )
            | body("switchWebhookEndpointOn", SwitchOnBody)
        },
        "/webhooks/listen": {"get": _listen()},
    }


def _list() -> dict[str, Any]:
    refused = (*KEYED, "wrong_query", "wrong_cursor")
    return operation("listWebhookDeliveries", "Webhooks and their attempts.", Deliveries, refused) | {
        "parameters": [
            query("requestId", _JOB, "Only this generation's."),
            query("state", _STATES, "Only in these states."),
            query("limit", _LIMIT, "How many."),
            query("cursor", _CURSOR, "From the page before."),
        ]
    }


def _listen() -> dict[str, Any]:
    refused = (*KEYED, "wrong_wait", "wrong_cursor")
    return operation("listenToWebhooks", "Ends of generations, as webhooks would tell them.", Heard, refused) | {
        "parameters": [
            query("after", _CURSOR, "From the answer before. Without it and `since`: from now on."),
            query("since", _MOMENT, "Begin with what ended after this moment."),
            query("wait", _WAIT, "Hold the answer until something ends."),
        ]
    }
