"""Understands what the Ark service answers: receipts, tasks, refusals and failures, by the official table of codes.

Statuses are an allow-list: one that it does not know goes on until the time is over, and nothing is cancelled by it,
because the request that cancels a waiting task erases one that has ended.
"""

from __future__ import annotations

from typing import Any

from seedbed.core.engine import Stage
from seedbed.core.errors import ContentRejected, EngineUnavailable, JobFailure, UpstreamFailed, UpstreamRefused
from seedbed.core.quoting import quoted
from seedbed.outbound.exchange import Doubt, News, Open, Receipt, Refused, Taken
from seedbed.outbound.results import Result
from seedbed.outbound.upstream import Reply

QUEUED = "queued"
CANCELLED = "cancelled"
IN_DOUBT = {408, 409, 425}
SPENT = ("QuotaExceeded", "SetLimitExceeded", "AccountOverdue")
_MODERATION = ("SensitiveContent", "RiskDetection", "PolicyViolation", "PrivacyInformation", "SevereViolation")
_OPERATORS = (
    "AuthenticationError",
    "AccountOverdue",
    "AccessDenied",
    "InvalidEndpoint",
    "ModelNotOpen",
    "ServiceNotOpen",
)


def receipt_of(reply: Reply, *, server: str, key: str) -> Receipt:
    """Understand the answer to an order."""
    code, _ = error_of(reply.members_if_any(), key=key)
    if reply.is_ok:
        task_id = reply.members_if_any().get("id")
        if isinstance(task_id, str) and task_id:
            return Taken(task_id)
        return Open(Doubt.FULL, f"it answers {reply.status} without a task's id", reply.retry_after_s)
    if reply.status == 429 and (reply.retry_after_s is not None or not code.startswith(SPENT)):
        return Open(Doubt.NONE, f"it has no room for more orders ({code or 429})", reply.retry_after_s)
    if reply.status >= 500 and code:
        return Open(Doubt.SLIGHT, f"it answers {reply.status} ({code})", reply.retry_after_s)
    if reply.status >= 500 or reply.status < 400 or reply.status in IN_DOUBT:
        return Open(Doubt.FULL, f"it answers {reply.status}", reply.retry_after_s)
    return Refused(refusal_of(reply, server=server, key=key))


def refusal_of(reply: Reply, *, server: str, key: str) -> JobFailure:
    """Return what a 4xx means to the job."""
    code, message = error_of(reply.members_if_any(), key=key)
    said = message or code or f"it answers {reply.status}"
    if _is_moderation(code):
        return ContentRejected(f"The remote engine rejected the content: {said}")
    if reply.status in {402, 429} or code.startswith(SPENT):
        return EngineUnavailable(f"the credits or quota of our key at {server} are spent ({said}): top them up")
    if reply.status in {401, 403, 404, 405} or code.startswith(_OPERATORS):
        return EngineUnavailable(f"{server} turns all our orders away ({said}): check the key, base_url and models")
    return UpstreamRefused(f"The remote engine refused the request: {said}")


def error_of(members: dict[str, Any], *, key: str) -> tuple[str, str]:
    """Return the code and the message of an `error` member, each empty where there is none."""
    error = members.get("error")
    if not isinstance(error, dict):
        return "", ""
    return quoted(error.get("code"), secret=key), quoted(error.get("message"), secret=key)


def is_gone(reply: Reply) -> bool:
    """Say whether the service itself says that there is no such task. A web page says nothing."""
    return reply.status == 404 and error_of(reply.members_if_any(), key="")[0] != ""


def news_of(members: dict[str, Any], *, key: str) -> News:
    """Understand a task. It never says how far it is."""
    status = str(members.get("status", ""))[:40]
    match status:
        case "queued":
            return News(status=status, stage=Stage.PREPARING)
        case "running":
            return News(status=status, stage=Stage.RENDERING, is_stoppable=False)
        case "succeeded":
            return _succeeded(members)
        case "failed":
            return _ended(status, _failure(*error_of(members, key=key)))
        case "expired":
            return _ended(status, UpstreamFailed("The remote engine let the order expire before it was made."))
        case "cancelled":
            return _ended(status, UpstreamFailed("The order was cancelled at the remote engine."))
        case _:
            return News(status=status, is_stoppable=False)


def _succeeded(members: dict[str, Any]) -> News:
    content = members.get("content")
    url = content.get("video_url") if isinstance(content, dict) else None
    if not isinstance(url, str) or not url:
        return _ended("succeeded", UpstreamRefused("The remote engine says that the video is there, but not where."))
    usage = members.get("usage")
    return News(
        status="succeeded",
        stage=Stage.RENDERING,
        fraction=1.0,
        result=Result(url),
        is_stoppable=False,
        facts={"usage": usage if isinstance(usage, dict) else {}},
    )


def _ended(status: str, failure: JobFailure) -> News:
    return News(status=status, failure=failure, is_stoppable=False)


def _failure(code: str, message: str) -> JobFailure:
    said = f"{message or 'it gives no reason'}" + (f" ({code})" if code else "")
    if _is_moderation(code):
        return ContentRejected(f"The remote engine rejected the content: {said}")
    if code.startswith(("InvalidParameter", "MissingParameter")):
        return UpstreamRefused(f"The remote engine cannot use the request: {said}")
    return UpstreamFailed(f"The remote engine failed: {said}")


def _is_moderation(code: str) -> bool:
    return any(word in code for word in _MODERATION)
