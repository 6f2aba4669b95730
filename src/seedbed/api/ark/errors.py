"""How the Ark dialect writes a refusal: one table from class to status, one to code, and one envelope.

The official messages end with the request's id, and customers paste them into tickets; so do ours. Source: CONTRACT 4.
"""

from __future__ import annotations

import re

from starlette.responses import Response
from structlog.contextvars import get_contextvars

from seedbed.api.ark.wire import ArkError, ArkRefused
from seedbed.api.native.answers import json_response
from seedbed.api.native.errors import headers
from seedbed.core import errors
from seedbed.core.errors import Refusal
from seedbed.core.routing import NO_ENGINE

STATUS: dict[type[Refusal], int] = {
    errors.InvalidRequest: 400,
    errors.InvalidJson: 400,
    errors.Unauthorized: 401,
    errors.InsufficientCredits: 403,
    errors.SpendingCapReached: 403,
    errors.Forbidden: 403,
    errors.AccountDisabled: 403,
    errors.NotAdmitted: 403,
    errors.NotFound: 404,
    errors.MethodNotAllowed: 405,
    errors.NotCancellable: 409,
    errors.WrongState: 409,
    errors.IdempotencyInFlight: 409,
    errors.Gone: 404,
    errors.TooLarge: 413,
    errors.UnsupportedMediaType: 415,
    errors.RangeNotSatisfiable: 416,
    errors.IdempotencyMismatch: 409,
    errors.RateLimited: 429,
    errors.QueueFull: 429,
    errors.InternalError: 500,
    errors.Unavailable: 503,
    errors.UnderMaintenance: 503,
}
CODE: dict[type[Refusal], str] = {
    errors.InvalidRequest: "InvalidParameter",
    errors.InvalidJson: "InvalidParameter",
    errors.Unauthorized: "AuthenticationError",
    errors.InsufficientCredits: "AccountOverdueError",
    errors.SpendingCapReached: "AccountOverdueError",
    errors.Forbidden: "AccessDenied",
    errors.AccountDisabled: "AccessDenied",
    errors.NotAdmitted: "AccessDenied",
    errors.NotFound: "NotFound",
    errors.MethodNotAllowed: "InvalidAction",
    errors.NotCancellable: "OperationDenied.InvalidState",
    errors.WrongState: "OperationDenied.InvalidState",
    errors.IdempotencyInFlight: "OperationDenied.InvalidState",
    errors.Gone: "NotFound",
    errors.TooLarge: "InvalidParameter.OversizedImage",
    errors.UnsupportedMediaType: "InvalidParameter.UnsupportedImageFormat",
    errors.RangeNotSatisfiable: "InvalidParameter",
    errors.IdempotencyMismatch: "OperationDenied.InvalidState",
    errors.RateLimited: "RateLimitExceeded.EndpointRPMExceeded",
    errors.QueueFull: "QuotaExceeded",
    errors.InternalError: "InternalServiceError",
    errors.Unavailable: "ServiceUnavailable",
    errors.UnderMaintenance: "ServiceUnavailable",
}
UNKNOWN_MODEL = "InvalidEndpointOrModel.NotFound"
_TYPES = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    409: "Conflict",
    413: "BadRequest",
    415: "BadRequest",
    416: "BadRequest",
    429: "TooManyRequests",
    503: "ServiceUnavailable",
}


def answer(refusal: Refusal) -> Response:
    """Return the answer to a refused request."""
    request_id = str(get_contextvars().get("request_id", ""))
    content = envelope(refusal, request_id=request_id)
    return json_response(content, status=status_of(refusal), headers=headers(refusal))


def status_of(refusal: Refusal) -> int:
    """Return the HTTP status. A model that does not exist is a thing that was not found."""
    return 404 if _code(refusal) == UNKNOWN_MODEL else STATUS[type(refusal)]


def envelope(refusal: Refusal, *, request_id: str = "") -> ArkRefused:
    """Return the body. `request_id` is that of the answer's X-Request-Id; without one, the message is the bare one."""
    message = f"{refusal} Request id: {request_id}" if request_id else str(refusal)
    kind = _TYPES.get(status_of(refusal), "InternalServerError")
    return ArkRefused(ArkError(code=_code(refusal), message=message, param=_param(refusal), type=kind))


def _param(refusal: Refusal) -> str:
    match refusal:
        case errors.InvalidRequest() | errors.NotFound():
            return refusal.param
        case errors.InvalidJson():
            return "body"
        case _:
            return ""


def _code(refusal: Refusal) -> str:
    code, param = CODE[type(refusal)], _param(refusal)
    if not param:
        return code
    is_missing = isinstance(refusal, errors.InvalidRequest) and str(refusal).endswith(" is required.")
    if param == "model" and not is_missing and not str(refusal).startswith(NO_ENGINE):
        return UNKNOWN_MODEL
    # "InvalidParameter.content": the field alone, as the official codes have it; `param` holds the whole place.
    field = re.split(r"[.\[]", param, maxsplit=1)[0]
    return f"{'MissingParameter' if is_missing else code}.{field}"
