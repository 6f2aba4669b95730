"""Everything that can go wrong, named as outcomes that somebody can act on.

SeedbedError
├── Refusal                     a request is turned away; nothing was charged
│   ├── InvalidRequest          a field is wrong; `param` names it
│   ├── InvalidJson             the body is not the JSON it claims to be
│   ├── Unauthorized            no valid API key
│   ├── InsufficientCredits     the price is more than what is available
│   │   └── SpendingCapReached  the price is more than what the key may still charge this month
│   ├── Forbidden               the key lacks a scope
│   ├── AccountDisabled         the operator has disabled the account of the key
│   ├── NotAdmitted             somebody is known, and the operator does not let them do this
│   ├── NotFound                no such thing, or somebody else's
│   ├── MethodNotAllowed        the path exists, the method does not
│   ├── NotCancellable          the job has ended, or its dialect lets nobody stop it now
│   ├── WrongState              the operator asks of a job what its state rules out
│   ├── IdempotencyInFlight     the first request with this key is still running
│   ├── Gone                    the result is past its retention
│   ├── TooLarge                the body is over its limit
│   ├── UnsupportedMediaType    the body's content type is not taken here
│   ├── RangeNotSatisfiable     the byte range lies outside the file
│   ├── IdempotencyMismatch     the key was used with another body
│   ├── RateLimited             too many requests
│   ├── QueueFull               too many jobs are waiting
│   ├── InternalError           our fault
│   └── Unavailable             our fault, and it will pass
│       └── UnderMaintenance    the operator takes no new orders for now
├── JobFailure                  a job ends `failed`; the whole charge goes back
│   ├── MediaFailure            a reference could not be used; `name` says which
│   │   ├── MediaUnreachable    no connection, an HTTP error, a time-out
│   │   ├── MediaForbidden      its address is not one we may call
│   │   ├── MediaTooLarge       more bytes, pixels or seconds than allowed
│   │   ├── MediaUnsupported    a format that is not in the contract
│   │   └── MediaInvalid        the right format, but broken
│   ├── ContentRejected         moderation said no
│   ├── EngineFailed            the engine crashed or gave up (retryable)
│   │   ├── EngineCrashed       its process died under the job (retryable once)
│   │   ├── EngineUnfit         it cannot make such a video at all; another engine may
│   │   └── StageOverran        one stage of the work took too long (retryable)
│   ├── EngineOutOfMemory       the engine ran out of memory (retryable)
│   │   └── EngineKilledForMemory  its process died of it (retryable once)
│   ├── UpstreamFailed          a remote engine answered with an error (retryable)
│   │   └── UpstreamRefused     it will never take this request; another engine may
│   ├── UpstreamTimeout         a remote engine did not answer (retryable)
│   │   └── UpstreamUnresolved  whether it has the job cannot be found out, so it is never sent again
│   ├── EngineUnavailable       a remote engine serves nobody of ours now; another engine may
│   ├── WorkerLost              the lease ran out (retryable)
│   └── Expired                 not begun or finished before its deadline
└── Misuse                      a programming or operating fault, never a caller's
    ├── IllegalMove             a job was asked to take a step that is not in MOVES
    └── NotReady                a part of the deployment is missing; the message says what to do

`code` is the stable word of the contract (section 1.8). No HTTP status stands here: every dialect has one table from
class to answer, and a test proves that each table is complete.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from datetime import date


class SeedbedError(Exception):
    """The root. `str(error)` is a sentence for a person."""

    code: ClassVar[str]


class Refusal(SeedbedError):
    """A request is turned away before anything was charged or stored."""


class InvalidRequest(Refusal):
    code = "invalid_request"

    def __init__(self, message: str, *, param: str) -> None:
        super().__init__(message)
        self.param = param


class InvalidJson(Refusal):
    code = "invalid_json"


class Unauthorized(Refusal):
    code = "unauthorized"

    def __init__(self) -> None:
        # One sentence for every reason (CONTRACT 1.1): an answer that told them apart would help only an attacker.
        super().__init__("Invalid API key")


class InsufficientCredits(Refusal):
    code = "insufficient_credits"

    def __init__(self, *, needed_credits: int, available_credits: int) -> None:
        super().__init__(f"This request costs {needed_credits} credits, but only {available_credits} are available.")
        self.needed_credits = needed_credits
        self.available_credits = available_credits


class SpendingCapReached(InsufficientCredits):
    """`begins_anew` is the first day of the next month: the count of what was charged starts at nothing then (UTC)."""

    def __init__(self, *, needed_credits: int, cap_credits: int, charged_credits: int, begins_anew: date) -> None:
        super().__init__(needed_credits=needed_credits, available_credits=max(0, cap_credits - charged_credits))
        self.args = (
            f"This request costs {needed_credits} credits. This API key may charge {cap_credits} credits a month, and "
            f"has charged {charged_credits}; the count begins anew on {begins_anew} (UTC).",
        )
        self.cap_credits = cap_credits
        self.charged_credits = charged_credits
        self.begins_anew = begins_anew


class Forbidden(Refusal):
    code = "forbidden"

    def __init__(self, scope: str, *, needs_live_key: bool = False) -> None:
        also = " A test key has it for nothing: use a live one." if needs_live_key else ""
        super().__init__(f"This API key lacks the scope '{scope}'.{also}")
        self.scope = scope


class AccountDisabled(Refusal):
    code = "forbidden"

    def __init__(self) -> None:
        super().__init__("This account is disabled; ask whoever runs this service.")


class NotAdmitted(Refusal):
    """The message says who is meant, and whom to ask."""

    code = "forbidden"


class NotFound(Refusal):
    """`param` is what was looked for, such as `model`, for dialects that say so; empty if there is no name for it."""

    code = "not_found"

    def __init__(self, message: str, *, param: str = "") -> None:
        super().__init__(message)
        self.param = param


class MethodNotAllowed(Refusal):
    code = "method_not_allowed"

    def __init__(self, method: str, allowed: tuple[str, ...]) -> None:
        super().__init__(f"{method} is not allowed here; use {' or '.join(allowed)}.")
        self.allowed = allowed


class NotCancellable(Refusal):
    code = "not_cancellable"

    def __init__(self, state: str) -> None:
        known = {"processing": "is being made", "cancelled": "was cancelled already"}
        super().__init__(f"The job {known.get(state, f'has already {state}')} and cannot be cancelled.")
        self.state = state


class WrongState(Refusal):
    """`why` ends the sentence: "cannot be queued again"."""

    code = "wrong_state"

    def __init__(self, state: str, why: str) -> None:
        super().__init__(f"The job is {state}: it {why}.")
        self.state = state


class IdempotencyInFlight(Refusal):
    code = "idempotency_in_flight"
    retry_after_s = 1

    def __init__(self) -> None:
        super().__init__("The first request with this Idempotency-Key is still being processed; try again shortly.")


class Gone(Refusal):
    code = "gone"


class TooLarge(Refusal):
    code = "too_large"

    def __init__(self, what: str, *, limit_bytes: int) -> None:
        super().__init__(f"{what} is larger than the limit of {limit_bytes} bytes.")
        self.limit_bytes = limit_bytes


class UnsupportedMediaType(Refusal):
    code = "unsupported_media_type"


class RangeNotSatisfiable(Refusal):
    code = "range_not_satisfiable"

    def __init__(self, *, size_bytes: int) -> None:
        super().__init__(f"The requested range lies outside the file of {size_bytes} bytes.")
        self.size_bytes = size_bytes


class IdempotencyMismatch(Refusal):
    code = "idempotency_mismatch"

    def __init__(self) -> None:
        super().__init__("This Idempotency-Key was used with a different request; use a new key for a new request.")


class RateLimited(Refusal):
    code = "rate_limited"

    def __init__(self, *, retry_after_s: int, policy: str = "requests", what: str = "requests") -> None:
        super().__init__(f"Too many {what}; try again in {retry_after_s} s.")
        self.retry_after_s = retry_after_s
        self.policy = policy


class QueueFull(Refusal):
    code = "queue_full"

    def __init__(self, *, limit_jobs: int, retry_after_s: int, whose: str = "account") -> None:
        super().__init__(f"This {whose} already has {limit_jobs} jobs waiting, which is its limit.")
        self.limit_jobs = limit_jobs
        self.retry_after_s = retry_after_s


class InternalError(Refusal):
    code = "internal_error"

    def __init__(self) -> None:
        super().__init__("Something went wrong on our side. The X-Request-Id of this answer finds it in the logs.")


class Unavailable(Refusal):
    code = "unavailable"
    retry_after_s = 5


class UnderMaintenance(Unavailable):
    """`message` is the operator's own. `ends_in_s`: None if nobody has said when it ends."""

    def __init__(self, message: str, *, ends_in_s: int | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = 60 if ends_in_s is None else max(1, ends_in_s)


class JobFailure(SeedbedError):
    """A job ends `failed`, and its whole charge is released. `is_retryable` says whether another attempt may help.

    `may_fall_back`: the next engine of the model may make the video where this one has not.
    `costs_child`: an engine's process died under the job. A job may do that twice, not a third time (`core.retry`).
    """

    is_retryable: ClassVar[bool] = False
    may_fall_back: ClassVar[bool] = False
    costs_child: ClassVar[bool] = False


class MediaFailure(JobFailure):
    """A reference could not be used.

    `name` is its place in the request, such as `mediaUrls[0]`, `host` the host of its URL. A message never holds the
    URL's path or query: both may carry secrets.
    """

    def __init__(self, reason: str, *, name: str, host: str | None = None) -> None:
        super().__init__(f"{name} ({host}): {reason}" if host else f"{name}: {reason}")
        self.reason = reason
        self.name = name
        self.host = host


class MediaUnreachable(MediaFailure):
    code = "media_unreachable"


class MediaForbidden(MediaFailure):
    code = "media_forbidden"


class MediaTooLarge(MediaFailure):
    code = "media_too_large"


class MediaUnsupported(MediaFailure):
    code = "media_unsupported"


class MediaInvalid(MediaFailure):
    code = "media_invalid"


class ContentRejected(JobFailure):
    code = "content_rejected"


class EngineFailed(JobFailure):
    code = "engine_failed"
    is_retryable = True
    may_fall_back = True


class EngineUnfit(EngineFailed):
    is_retryable = False


class EngineCrashed(EngineFailed):
    costs_child = True


class StageOverran(EngineFailed):
    """`stage` is one of `progress.stage` of the contract."""

    def __init__(self, stage: str, *, limit_s: float) -> None:
        super().__init__(f"The stage '{stage}' took longer than {limit_s:g} s.")
        self.stage = stage
        self.limit_s = limit_s


class EngineOutOfMemory(JobFailure):
    code = "engine_out_of_memory"
    is_retryable = True
    may_fall_back = True


class EngineKilledForMemory(EngineOutOfMemory):
    costs_child = True


class UpstreamFailed(JobFailure):
    code = "upstream_failed"
    is_retryable = True
    may_fall_back = True


class UpstreamRefused(UpstreamFailed):
    is_retryable = False


class UpstreamTimeout(JobFailure):
    code = "upstream_timeout"
    is_retryable = True
    may_fall_back = True


class UpstreamUnresolved(UpstreamTimeout):
    """Sent again, it might be made and billed twice; so it is not, and neither by another engine."""

    is_retryable = False
    may_fall_back = False


class EngineUnavailable(JobFailure):
    """A remote engine turns all of this deployment's jobs away, as when its credits are spent: the operator must act.

    `alarm` is for the operator alone, and is logged; the job's owner reads `message`.
    """

    code = "unavailable"
    may_fall_back = True

    def __init__(
        self, alarm: str = "", *, message: str = "The engine of this model is not available now; try again later."
    ) -> None:
        super().__init__(message)
        self.alarm = alarm


class WorkerLost(JobFailure):
    code = "worker_lost"
    is_retryable = True


class Expired(JobFailure):
    code = "expired"


class Misuse(SeedbedError):
    """A programming or operating fault, never a caller's."""

    code = "internal_error"


class IllegalMove(Misuse):
    def __init__(self, state: str, to: str) -> None:
        super().__init__(f"A job cannot go from {state} to {to}.")
        self.state = state
        self.to = to


class NotReady(Misuse):
    """A part of the deployment is missing; the message says which, and the command that helps."""
