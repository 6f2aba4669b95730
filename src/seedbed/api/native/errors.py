"""How the native dialect writes a refusal: one table from class to status, and one envelope. Source: CONTRACT 1.8."""

from __future__ import annotations

import msgspec
from starlette.responses import Response

from seedbed.api.native.answers import json_response
from seedbed.api.native.wire import ErrorView, Refused
from seedbed.core import errors
from seedbed.core.errors import Refusal

STATUS: dict[type[Refusal], int] = {
    errors.InvalidRequest: 400,
    errors.InvalidJson: 400,
    errors.Unauthorized: 401,
    errors.InsufficientCredits: 402,
    errors.SpendingCapReached: 402,
    errors.Forbidden: 403,
    errors.AccountDisabled: 403,
    errors.NotAdmitted: 403,
    errors.NotFound: 404,
    errors.MethodNotAllowed: 405,
    errors.NotCancellable: 409,
    errors.WrongState: 409,
    errors.IdempotencyInFlight: 409,
    errors.Gone: 410,
    errors.TooLarge: 413,
    errors.UnsupportedMediaType: 415,
    errors.RangeNotSatisfiable: 416,
    errors.IdempotencyMismatch: 422,
    errors.RateLimited: 429,
    errors.QueueFull: 429,
    errors.InternalError: 500,
    errors.Unavailable: 503,
    errors.UnderMaintenance: 503,
}


def answer(refusal: Refusal) -> Response:
    """Return the answer to a refused request."""
    return json_response(envelope(refusal), status=STATUS[type(refusal)], headers=headers(refusal))


def envelope(refusal: Refusal) -> Refused:
    view = ErrorView(code=refusal.code, message=str(refusal))
    match refusal:
        case errors.InvalidRequest():
            view = msgspec.structs.replace(view, param=refusal.param)
        case errors.InsufficientCredits():
            view = msgspec.structs.replace(view, needed=refusal.needed_credits, available=refusal.available_credits)
    return Refused(error=view)


def headers(refusal: Refusal) -> dict[str, str]:
    """Return the headers that a status asks for. The RateLimit fields are written for all dialects in one place."""
    match refusal:
        case errors.Unauthorized():
            return {"WWW-Authenticate": 'Bearer realm="seedbed"'}
        case errors.MethodNotAllowed():
            return {"Allow": ", ".join(refusal.allowed)}
        case errors.RangeNotSatisfiable():
            return {"Content-Range": f"bytes */{refusal.size_bytes}", "Accept-Ranges": "bytes"}
        case errors.QueueFull() | errors.RateLimited() | errors.IdempotencyInFlight() | errors.Unavailable():
            return _wait(refusal.retry_after_s)
        case _:
            return {}


def _wait(seconds: int) -> dict[str, str]:
    return {"Retry-After": str(seconds)}
