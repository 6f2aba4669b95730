"""How the Ark dialect writes a refusal: one table from class to status, one to code, and one envelope.

Source: CONTRACT 4.
"""

from __future__ import annotations

import re

from seedbed.api.ark.wire import ArkError, ArkRefused
from seedbed.core import errors
from seedbed.core.errors import Refusal

STATUS: dict[type[Refusal], int] = {
    errors.InvalidRequest: 400,
    errors.InvalidJson: 400,
    errors.Unauthorized: 401,
    errors.InsufficientCredits: 403,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.MethodNotAllowed: 405,
    errors.NotCancellable: 409,
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
}
CODE: dict[type[Refusal], str] = {
    errors.InvalidRequest: "InvalidParameter",
    errors.InvalidJson: "InvalidParameter",
    errors.Unauthorized: "AuthenticationError",
    errors.InsufficientCredits: "AccountOverdueError",
    errors.Forbidden: "AccessDenied",
    errors.NotFound: "NotFound",
    errors.MethodNotAllowed: "InvalidAction",
    errors.NotCancellable: "OperationDenied.InvalidState",
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
}
UNKNOWN_MODEL = "InvalidEndpointOrModel.NotFound"
_TYPES = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    409: "Conflict",
    413: "BadRequest",
    415: "BadRequest",
    429: "TooManyRequests",
    503: "ServiceUnavailable",
}


def status_of(refusal: Refusal) -> int:
    """Return the HTTP status. A model that does not exist is a thing that was not found."""
    return 404 if _code(refusal) == UNKNOWN_MODEL else STATUS[type(refusal)]


def envelope(refusal: Refusal) -> ArkRefused:
    param = refusal.param if isinstance(refusal, errors.InvalidRequest) else ""
    kind = _TYPES.get(status_of(refusal), "InternalServerError")
    return ArkRefused(ArkError(code=_code(refusal), message=str(refusal), param=param, type=kind))


def _code(refusal: Refusal) -> str:
    code = CODE[type(refusal)]
    if not isinstance(refusal, errors.InvalidRequest):
        return code
    is_missing = str(refusal).endswith(" is required.")
    if refusal.param == "model" and not is_missing:
        return UNKNOWN_MODEL
    # "InvalidParameter.content": the field alone, as the official codes have it; `param` holds the whole place.
    field = re.split(r"[.\[]", refusal.param, maxsplit=1)[0]
    return f"{'MissingParameter' if is_missing else code}.{field}"
