"""How the OpenAI dialect writes a refusal: one table from class to status, type and code, and one envelope.

Its official client tries 409 and 429 again by itself; where that cannot help, the answer says so. Source: CONTRACT 4.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from seedbed.api.native.answers import json_response
from seedbed.api.native.errors import headers
from seedbed.api.openai.wire import OpenaiError, OpenaiRefused
from seedbed.core import errors
from seedbed.core.errors import Refusal

UNKNOWN = "Unknown parameter: "
INVALID = "invalid_request_error"
CONFLICT = "conflict_error"
RATE = "rate_limit_error"
SERVER = "server_error"


@dataclass(frozen=True, slots=True)
class Said:
    """What a refusal is called here. `is_final`: sending the same again cannot help, though the status suggests it."""

    status: int
    type: str
    code: str
    is_final: bool = False


TABLE: dict[type[Refusal], Said] = {
    errors.InvalidRequest: Said(400, INVALID, "invalid_value"),
    errors.InvalidJson: Said(400, INVALID, "invalid_json"),
    errors.Unauthorized: Said(401, "authentication_error", "invalid_api_key"),
    errors.InsufficientCredits: Said(429, "insufficient_quota", "insufficient_quota", is_final=True),
    errors.SpendingCapReached: Said(429, "insufficient_quota", "insufficient_quota", is_final=True),
    errors.Forbidden: Said(403, "permission_error", "forbidden"),
    errors.AccountDisabled: Said(403, "permission_error", "forbidden"),
    errors.NotAdmitted: Said(403, "permission_error", "forbidden"),
    errors.NotFound: Said(404, "not_found_error", "not_found"),
    errors.MethodNotAllowed: Said(405, INVALID, "method_not_allowed"),
    errors.NotCancellable: Said(409, CONFLICT, "not_cancellable", is_final=True),
    errors.WrongState: Said(409, CONFLICT, "wrong_state", is_final=True),
    errors.IdempotencyInFlight: Said(409, CONFLICT, "idempotency_in_flight"),
    errors.Gone: Said(404, "not_found_error", "gone"),
    errors.TooLarge: Said(413, INVALID, "too_large"),
    errors.UnsupportedMediaType: Said(415, INVALID, "unsupported_media_type"),
    errors.RangeNotSatisfiable: Said(416, INVALID, "range_not_satisfiable"),
    errors.IdempotencyMismatch: Said(422, CONFLICT, "idempotency_mismatch"),
    errors.RateLimited: Said(429, RATE, "rate_limit_exceeded"),
    errors.QueueFull: Said(429, RATE, "queue_full"),
    errors.InternalError: Said(500, SERVER, "internal_error"),
    errors.Unavailable: Said(503, SERVER, "unavailable"),
    errors.UnderMaintenance: Said(503, SERVER, "unavailable"),
}


def answer(refusal: Refusal) -> Response:
    """Return the answer to a refused request."""
    said = TABLE[type(refusal)]
    final = {"X-Should-Retry": "false"} if said.is_final else {}
    return json_response(envelope(refusal), status=said.status, headers=headers(refusal) | final)


def envelope(refusal: Refusal) -> OpenaiRefused:
    param = refusal.param if isinstance(refusal, errors.InvalidRequest) else None
    view = OpenaiError(message=str(refusal), type=TABLE[type(refusal)].type, param=param, code=_code(refusal))
    return OpenaiRefused(view)


def _code(refusal: Refusal) -> str:
    message = str(refusal)
    if isinstance(refusal, errors.InvalidRequest) and message.endswith(" is required."):
        return "missing_required_parameter"
    if isinstance(refusal, errors.InvalidRequest) and message.startswith(UNKNOWN):
        return "unknown_parameter"
    return TABLE[type(refusal)].code
