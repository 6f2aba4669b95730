"""Magic prompts: what a test-mode prompt such as `A fox. [seedbed:fail=media_unreachable]` forces to happen to its job.

They are to a program what test cards are to a till: every outcome can be had, with the money and the webhooks of the
real thing. In live mode the same words are ordinary text. docs/test-mode.md lists them, and a test holds it complete.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from seedbed.core import errors
from seedbed.core.errors import InvalidRequest, JobFailure, MediaFailure, Refusal
from seedbed.core.fairness import QUEUE_FULL_RETRY_S
from seedbed.core.references import Reference

MAX_QUEUE_S = 3600
MAX_TAKE_S = 600
MAX_LATE_S = 600
MAX_TIMES = 2  # after a third failure there is nothing left to succeed
EXPIRY_S = 2
RATE_RETRY_S = 5

WEBHOOKS = ("twice", "lost", "forged")
REFUSALS = ("insufficient_credits", "queue_full", "rate_limited", "unavailable")

# What is wrong, in the words that the job's owner reads, after "mediaUrls[0] (host): " in a media failure.
FAILURES: dict[type[JobFailure], str] = {
    errors.MediaUnreachable: "it could not be fetched",
    errors.MediaForbidden: "its address is not one we may call",
    errors.MediaTooLarge: "it is larger than is allowed",
    errors.MediaUnsupported: "its format is not taken",
    errors.MediaInvalid: "it is broken",
    errors.ContentRejected: "The request was rejected",
    errors.EngineFailed: "The engine gave up",
    errors.EngineOutOfMemory: "The engine ran out of memory",
    errors.UpstreamFailed: "The remote engine answered with an error",
    errors.UpstreamTimeout: "The remote engine did not answer",
    errors.EngineUnavailable: "The remote engine turned the job away",
    errors.WorkerLost: "The worker fell silent",
    errors.Expired: "",  # by the clock: such a job is never begun
}
BY_CODE = {kind.code: kind for kind in FAILURES}
ASKED = "as its prompt asked"

_DIRECTIVE = re.compile(r"\[seedbed:([^\[\]]*)\]")
_FORMS = (
    "[seedbed:fail=CODE], [seedbed:crash], [seedbed:times=N], [seedbed:queue=SECONDS], [seedbed:take=SECONDS], "
    "[seedbed:refuse=CODE], [seedbed:webhook=twice|lost|forged], [seedbed:late=SECONDS]"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What is to happen to one job of test mode."""

    refuse: str | None = None  # the code of a refusal, instead of a job
    fail: str | None = None  # the code of a failure
    crashes: bool = False  # the engine's process dies
    times: int | None = None  # how many attempts go wrong; None: all
    queue_s: int = 0  # it cannot be claimed before
    take_s: int = 0  # its making takes so much longer
    webhook: str | None = None  # sent twice; not sent at first; or sent with a wrong signature before the right one
    late_s: int = 0  # its webhook is sent so much later

    def goes_wrong(self, failures: int) -> bool:
        """Whether the attempt after so many failures is to fail, too."""
        return self.times is None or failures < self.times

    def run_at(self, submitted_at: datetime) -> datetime:
        """Return the first moment at which the job may be claimed."""
        return submitted_at + timedelta(seconds=EXPIRY_S if self._expires else self.queue_s)

    def deadline(self, submitted_at: datetime, *, usual: datetime) -> datetime:
        return submitted_at + timedelta(seconds=EXPIRY_S) if self._expires else usual

    def refusal(self, *, price_credits: int, queue_limit_jobs: int) -> Refusal | None:
        """Return what the request is refused with, if it is."""
        match self.refuse:
            case "insufficient_credits":
                return errors.InsufficientCredits(needed_credits=price_credits, available_credits=0)
            case "queue_full":
                return errors.QueueFull(limit_jobs=queue_limit_jobs, retry_after_s=QUEUE_FULL_RETRY_S)
            case "rate_limited":
                return errors.RateLimited(retry_after_s=RATE_RETRY_S)
            case "unavailable":
                return errors.Unavailable(f"A part of the service does not answer, {ASKED}; try again shortly.")
        return None

    def failure(self, references: tuple[Reference, ...], *, host: str | None = None) -> JobFailure | None:
        """Return what an attempt that goes wrong ends with; None if its engine's process is to die, or nothing said.

        A media failure is the first reference's, or that of a first one that was not sent.
        """
        kind = BY_CODE.get(self.fail or "")
        if kind is None:
            return None
        said = f"{FAILURES[kind]}, {ASKED}"
        if issubclass(kind, MediaFailure):
            return kind(said, name=references[0].name if references else "mediaUrls[0]", host=host)
        if issubclass(kind, errors.EngineUnavailable):
            return kind(message=said + ".")
        return kind(said + ".")

    @property
    def _expires(self) -> bool:
        return self.fail == errors.Expired.code


def rehearse(prompt: str, *, is_live: bool) -> Rehearsal | None:
    """Return what the prompt forces, or None if it is an ordinary one, as every prompt is in live mode.

    Raises InvalidRequest for a directive that there is none of, and for two that cannot be had together.
    """
    readings = [] if is_live else [_halves(text) for text in _DIRECTIVE.findall(prompt)]
    if not readings:
        return None
    given = dict(readings)
    if len(given) < len(readings):
        raise _refused("each of them may stand once")
    rehearsal = Rehearsal(
        refuse=_code(given, "refuse", REFUSALS),
        fail=_code(given, "fail", tuple(BY_CODE)),
        crashes=given.get("crash") == "",
        times=_number(given, "times", MAX_TIMES),
        queue_s=_number(given, "queue", MAX_QUEUE_S) or 0,
        take_s=_number(given, "take", MAX_TAKE_S) or 0,
        webhook=_code(given, "webhook", WEBHOOKS),
        late_s=_number(given, "late", MAX_LATE_S) or 0,
    )
    if unknown := given.keys() - {"refuse", "fail", "crash", "times", "queue", "take", "webhook", "late"}:
        raise _refused(f"there is no '{min(unknown)}'")
    _check(rehearsal, given)
    return rehearsal


def _check(rehearsal: Rehearsal, given: dict[str, str]) -> None:
    if given.get("crash"):
        raise _refused("'crash' takes no value")
    if rehearsal.refuse and len(given) > 1:
        raise _refused("'refuse' stands alone, since no job comes of it")
    if rehearsal.fail and rehearsal.crashes:
        raise _refused("'fail' and 'crash' cannot be had together")
    is_retried = rehearsal.crashes or (rehearsal.fail is not None and BY_CODE[rehearsal.fail].is_retryable)
    if rehearsal.times is not None and not is_retried:
        raise _refused("'times' needs 'crash' or a failure that is tried again")


def _halves(text: str) -> tuple[str, str]:
    verb, _, value = text.partition("=")
    return verb.strip(), value.strip()


def _code(given: dict[str, str], verb: str, codes: tuple[str, ...]) -> str | None:
    code = given.get(verb)
    if code is not None and code not in codes:
        raise _refused(f"'{verb}' must be one of {', '.join(codes)}")
    return code


def _number(given: dict[str, str], verb: str, most: int) -> int | None:
    value = given.get(verb)
    if value is None:
        return None
    if not (value.isascii() and value.isdecimal() and 1 <= int(value[:9]) <= most):
        raise _refused(f"'{verb}' must be a whole number from 1 to {most}")
    return int(value)


def _refused(reason: str) -> InvalidRequest:
    return InvalidRequest(
        f"prompt holds a test-mode directive that is not right: {reason}. Use {_FORMS}.", param="prompt"
    )
