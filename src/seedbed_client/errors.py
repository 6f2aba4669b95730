"""What can go wrong for a caller of the API.

ClientError
├── ApiError          the service answered, and said no; `code` is one of ErrorCode
├── Unreachable       no answer, or none that this API would give
├── GenerationFailed  the job ended `failed` or `cancelled`; its charge was given back
└── TookTooLong       the job was not final within the time that the caller allowed
"""

from __future__ import annotations

from enum import StrEnum


class ErrorCode(StrEnum):
    """The codes of the contract, section 1.8: of answers, and of jobs that failed."""

    INVALID_REQUEST = "invalid_request"
    INVALID_JSON = "invalid_json"
    UNAUTHORIZED = "unauthorized"
    INSUFFICIENT_CREDITS = "insufficient_credits"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    NOT_CANCELLABLE = "not_cancellable"
    IDEMPOTENCY_IN_FLIGHT = "idempotency_in_flight"
    GONE = "gone"
    TOO_LARGE = "too_large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    RANGE_NOT_SATISFIABLE = "range_not_satisfiable"
    IDEMPOTENCY_MISMATCH = "idempotency_mismatch"
    RATE_LIMITED = "rate_limited"
    QUEUE_FULL = "queue_full"
    INTERNAL_ERROR = "internal_error"
    UNAVAILABLE = "unavailable"
    MEDIA_UNREACHABLE = "media_unreachable"
    MEDIA_FORBIDDEN = "media_forbidden"
    MEDIA_TOO_LARGE = "media_too_large"
    MEDIA_UNSUPPORTED = "media_unsupported"
    MEDIA_INVALID = "media_invalid"
    CONTENT_REJECTED = "content_rejected"
    ENGINE_FAILED = "engine_failed"
    ENGINE_OUT_OF_MEMORY = "engine_out_of_memory"
    UPSTREAM_FAILED = "upstream_failed"
    UPSTREAM_TIMEOUT = "upstream_timeout"
    WORKER_LOST = "worker_lost"
    EXPIRED = "expired"


class ClientError(Exception):
    """The root. `str(error)` is a sentence for a person."""


class ApiError(ClientError):
    """The service answered with an error. `code` is a plain string: a newer service may know more codes."""

    def __init__(self, message: str, *, code: str, status: int, param: str | None, request_id: str | None) -> None:
        super().__init__(f"{message} ({code})")
        self.message = message
        self.code = code
        self.status = status
        self.param = param
        self.request_id = request_id


class Unreachable(ClientError):
    def __init__(self, base_url: str, reason: str) -> None:
        super().__init__(f"No answer from {base_url}: {reason}")
        self.base_url = base_url


class GenerationFailed(ClientError):
    def __init__(self, request_id: str, *, code: str, message: str) -> None:
        super().__init__(f"{request_id} ended without a video: {message} ({code})")
        self.request_id = request_id
        self.code = code
        self.message = message


class TookTooLong(ClientError):
    def __init__(self, request_id: str, *, waited_s: float) -> None:
        super().__init__(f"{request_id} is still not final after {waited_s:.0f} s; ask for it again later.")
        self.request_id = request_id
