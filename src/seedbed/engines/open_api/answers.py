"""Understands what a service of the documented contract answers: receipts, news, refusals and failures.

Source: CONTRACT 1.2, 1.4 and 1.8. What is in doubt after a server's error is decided here: another Seedbed may be sent
the same order again, whatever has happened, but of the original service nothing is known but what it says.
"""

from __future__ import annotations

from typing import Any

from seedbed.core.engine import Stage
from seedbed.core.errors import (
    ContentRejected,
    EngineUnavailable,
    JobFailure,
    UpstreamFailed,
    UpstreamRefused,
)
from seedbed.core.quoting import quoted
from seedbed.outbound.exchange import Doubt, News, Open, Receipt, Refused, Taken
from seedbed.outbound.results import Result
from seedbed.outbound.upstream import Reply

SURELY_NOT_TAKEN = {429, 503}
IN_DOUBT = {408, 409, 425}  # 409: the same order is just being taken
LASTING_MEDIA_FAULTS = {"media_unsupported", "media_invalid", "media_too_large", "media_forbidden"}
_STAGES = {"preparing": Stage.PREPARING, "rendering": Stage.RENDERING}
_STAGE_OF_STATUS = {"queued": Stage.PREPARING, "processing": Stage.RENDERING}
_DONE_STAGES = {"finishing", "storing"}


def receipt_of(reply: Reply, *, server: str, key: str, is_seedbed: bool) -> Receipt:
    """Understand the answer to an order."""
    members = reply.members_if_any()
    if reply.is_ok:
        request_id = members.get("requestId")
        if isinstance(request_id, str) and request_id:
            return Taken(request_id)
        return Open(Doubt.FULL, f"it answers {reply.status} without a requestId", reply.retry_after_s)
    if reply.status in SURELY_NOT_TAKEN and not is_seedbed:
        doubt = Doubt.NONE if reply.status == 429 or "error" in members else Doubt.FULL
        return Open(doubt, f"it answers {reply.status}", reply.retry_after_s)
    if reply.status == 429:
        return Open(Doubt.NONE, "it has no room for more orders", reply.retry_after_s)
    if reply.status >= 500 or reply.status < 400 or reply.status in IN_DOUBT:
        return Open(Doubt.FULL, f"it answers {reply.status}", reply.retry_after_s)
    return Refused(refusal_of(reply, server=server, key=key))


def refusal_of(reply: Reply, *, server: str, key: str) -> JobFailure:
    """Return what a 4xx means to the job."""
    code, message = error_of(reply.members_if_any(), key=key)
    match reply.status:
        case 401 | 403:
            return EngineUnavailable(
                f"{server} answers {reply.status} to our key ({message or code}): give a valid one"
            )
        case 402:
            return EngineUnavailable(f"the credits of our key at {server} are spent ({message or code}): top them up")
        case 404 | 405:
            return EngineUnavailable(f"{server} has no such API (it answers {reply.status}): check base_url")
    if code == ContentRejected.code:
        return ContentRejected(message or "The remote engine rejected the request's content.")
    return UpstreamRefused(f"The remote engine refused the request: {message or f'it answers {reply.status}'}")


def error_of(members: dict[str, Any], *, key: str) -> tuple[str, str]:
    """Return the code and the message of an `error` member, each empty where there is none."""
    error = members.get("error")
    if isinstance(error, str):
        return "", quoted(error, secret=key)
    if not isinstance(error, dict):
        return "", ""
    return quoted(error.get("code"), secret=key), quoted(error.get("message"), secret=key)


def is_gone(reply: Reply) -> bool:
    """Say whether the server itself says that there is no such generation. A web page says nothing."""
    return reply.status == 404 and error_of(reply.members_if_any(), key="")[0] != ""


def news_of(members: dict[str, Any], *, server: str, key: str) -> News:
    """Understand a generation. A status that the contract does not have is one that goes on."""
    status = str(members.get("status", ""))[:40]
    warnings = members.get("warnings")
    facts = {
        "warnings": [text for each in warnings if (text := quoted(each))] if isinstance(warnings, list) else [],
        "shot_plan": members["shotPlan"] if isinstance(members.get("shotPlan"), dict) else None,
    }
    match status:
        case "succeeded":
            return _succeeded(members, facts)
        case "failed":
            failure = _failure(*error_of(members, key=key), server=server)
            return News(status=status, failure=failure, is_stoppable=False)
        case "cancelled":
            failure = UpstreamFailed("The job was cancelled at the remote engine.")
            return News(status=status, failure=failure, is_stoppable=False)
        case _:
            stage, fraction = _progress(members, status)
            return News(status=status, stage=stage, fraction=fraction, facts=facts)


def _succeeded(members: dict[str, Any], facts: dict[str, Any]) -> News:
    output = members.get("output")
    url = output.get("url") if isinstance(output, dict) else None
    if not isinstance(url, str) or not url:
        failure = UpstreamRefused("The remote engine says that the video is there, but not where.")
        return News(status="succeeded", failure=failure, is_stoppable=False)
    sha256 = output.get("sha256") if isinstance(output, dict) else None
    result = Result(url, sha256 if isinstance(sha256, str) else None)
    return News(status="succeeded", stage=Stage.RENDERING, fraction=1.0, result=result, is_stoppable=False, facts=facts)


def _failure(code: str, message: str, *, server: str) -> JobFailure:
    said = f"{message or 'it gives no reason'}" + (f" ({code})" if code else "")
    if code == ContentRejected.code:
        return ContentRejected(message or "The remote engine rejected the request's content.")
    if code == EngineUnavailable.code:
        return EngineUnavailable(f"{server} has no engine for our jobs: {said}")
    if code in LASTING_MEDIA_FAULTS:
        return UpstreamRefused(f"The remote engine cannot use a reference: {said}")
    return UpstreamFailed(f"The remote engine failed: {said}")


def _progress(members: dict[str, Any], status: str) -> tuple[Stage | None, float | None]:
    """Return how far the server says that it is; nothing is made up where it does not."""
    progress = members.get("progress")
    if not isinstance(progress, dict):
        return _STAGE_OF_STATUS.get(status), None
    stage, fraction = str(progress.get("stage")), progress.get("fraction")
    if stage in _DONE_STAGES:
        return Stage.RENDERING, 1.0
    if stage not in _STAGES:
        return Stage.PREPARING, None
    is_share = isinstance(fraction, int | float) and not isinstance(fraction, bool) and 0 <= fraction <= 1
    return _STAGES[stage], fraction if is_share else None
