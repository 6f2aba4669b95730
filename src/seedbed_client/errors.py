"""What can go wrong for a caller of the API.

SeedbedError
├── ApiError                 the service answered, and said no
│   ├── InvalidRequest       a field is wrong (`param` names it), or the body is no JSON
│   ├── Unauthorized         no valid API key
│   ├── InsufficientCredits  the price is more than what is available
│   ├── Forbidden            the key lacks a scope
│   ├── NotFound             no such thing, or somebody else's
│   ├── MethodNotAllowed     the path exists, the method does not
│   ├── NotCancellable       the job has already succeeded or failed
│   ├── IdempotencyInFlight  the first request with this key is still running
│   ├── IdempotencyMismatch  the key was used with another request
│   ├── Gone                 the result is past its retention
│   ├── TooLarge             the body is over its limit
│   ├── UnsupportedMedia     the file's format is not taken
│   ├── BadRange             the byte range lies outside the file
│   ├── RateLimited          too many requests
│   ├── QueueFull            too many jobs are waiting
│   └── ServerError          the service's fault, for now or for good
├── ConnectionFailed         no answer, or none that this API would give
├── GenerationFailed         the job ended `failed`; its charge was given back
│   ├── MediaUnusable        a reference could not be used
│   ├── ContentRejected      moderation said no
│   ├── EngineFailed         what makes the videos gave up
│   └── GenerationExpired    not begun or finished before its deadline
├── GenerationCancelled      the job ended `cancelled`; its charge was given back
├── WaitTimedOut             the job was not final within the time that the caller allowed
├── NoVideo                  the job has no video to download, or not yet
├── DamagedDownload          the bytes that came are not those that the service promised
└── BadSignature             a webhook is not from the service, or not from now
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import ClassVar, TypeVar

__all__ = [
    "ApiError", "BadRange", "BadSignature", "ConnectionFailed", "ContentRejected", "DamagedDownload", "EngineFailed",
    "Forbidden", "GenerationCancelled", "GenerationExpired", "GenerationFailed", "Gone", "IdempotencyInFlight",
    "IdempotencyMismatch", "InsufficientCredits", "InvalidRequest", "MediaUnusable", "MethodNotAllowed", "NoVideo",
    "NotCancellable", "NotFound", "QueueFull", "RateLimited", "SeedbedError", "ServerError", "TooLarge",
    "Unauthorized", "UnsupportedMedia", "WaitTimedOut",
]  # fmt: skip # a list of names is read across

E = TypeVar("E", bound="SeedbedError")


class SeedbedError(Exception):
    """The root. `str(error)` is a sentence for a person."""

    codes: ClassVar[frozenset[str]] = frozenset()  # of the contract, each in one class
    http_status: ClassVar[int | None] = None  # whose answers are this outcome even with an unknown code; 500: all above

    def __init_subclass__(cls, *, codes: str = "", status: int | None = None) -> None:
        cls.codes, cls.http_status = frozenset(codes.split()), status


@dataclass(eq=False)
class ApiError(SeedbedError):
    """The service answered with an error. A newer service may know more codes than the classes below."""

    message: str
    _: KW_ONLY
    status: int
    code: str
    param: str | None = None
    request_id: str | None = None  # the answer's X-Request-Id, which finds it in the service's logs; no generation's id
    retry_after_s: float | None = None

    def __str__(self) -> str:
        return f"{self.message} ({self.code})"


class InvalidRequest(ApiError, codes="invalid_request invalid_json", status=400): ...


class Unauthorized(ApiError, codes="unauthorized", status=401): ...


class InsufficientCredits(ApiError, codes="insufficient_credits", status=402): ...


class Forbidden(ApiError, codes="forbidden", status=403): ...


class NotFound(ApiError, codes="not_found", status=404): ...


class MethodNotAllowed(ApiError, codes="method_not_allowed", status=405): ...


class NotCancellable(ApiError, codes="not_cancellable wrong_state"): ...


class IdempotencyInFlight(ApiError, codes="idempotency_in_flight"): ...


class IdempotencyMismatch(ApiError, codes="idempotency_mismatch"): ...


class Gone(ApiError, codes="gone", status=410): ...


class TooLarge(ApiError, codes="too_large", status=413): ...


class UnsupportedMedia(ApiError, codes="unsupported_media_type", status=415): ...


class BadRange(ApiError, codes="range_not_satisfiable", status=416): ...


class RateLimited(ApiError, codes="rate_limited", status=429): ...


class QueueFull(ApiError, codes="queue_full"): ...


class ServerError(ApiError, codes="internal_error unavailable", status=500): ...


class ConnectionFailed(SeedbedError):
    """`was_sent` says whether the service may have received the request all the same."""

    def __init__(self, base_url: str, reason: str, *, was_sent: bool = True) -> None:
        super().__init__(f"No answer from {base_url}: {reason}")
        self.base_url, self.was_sent = base_url, was_sent


class GenerationFailed(SeedbedError):
    def __init__(self, request_id: str, *, code: str, message: str) -> None:
        super().__init__(f"{request_id} ended without a video: {message} ({code})")
        self.request_id, self.code, self.message = request_id, code, message


class MediaUnusable(
    GenerationFailed, codes="media_unreachable media_forbidden media_too_large media_unsupported media_invalid"
): ...


class ContentRejected(GenerationFailed, codes="content_rejected"): ...


class EngineFailed(
    GenerationFailed,
    codes="engine_failed engine_out_of_memory upstream_failed upstream_timeout worker_lost unavailable",
): ...


class GenerationExpired(GenerationFailed, codes="expired"): ...


class GenerationCancelled(SeedbedError):
    def __init__(self, request_id: str) -> None:
        super().__init__(f"{request_id} was cancelled.")
        self.request_id = request_id


class WaitTimedOut(SeedbedError):
    def __init__(self, request_id: str, *, waited_s: float) -> None:
        super().__init__(f"{request_id} is still not final after {waited_s:.0f} s; ask for it again later.")
        self.request_id, self.waited_s = request_id, waited_s


class NoVideo(SeedbedError):
    def __init__(self, request_id: str, status: str) -> None:
        super().__init__(f"{request_id} has no video: it is {status}.")
        self.request_id, self.status = request_id, status


class DamagedDownload(SeedbedError):
    def __init__(self, url: str) -> None:
        super().__init__(f"The video from {url} arrived damaged: its check sum differs.")
        self.url = url


class BadSignature(SeedbedError):
    """The message says what is wrong, never the secret."""


def class_of(root: type[E], code: str, status: int = 0) -> type[E]:
    """Return the class right below a root that a code means, or a status if the service has codes of its own."""
    kinds = root.__subclasses__()
    by_code = [kind for kind in kinds if code in kind.codes]
    by_status = [kind for kind in kinds if kind.http_status == min(status, 500)]
    return next(iter(by_code + by_status), root)
