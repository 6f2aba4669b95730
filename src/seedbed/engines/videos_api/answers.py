"""What the servers' answers mean: a failure that the job can end with, in words that its owner may read.

A server's own words are passed on only if they are short and plain: no address with a query, no key, one line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seedbed.core.errors import ContentRejected, EngineUnavailable, JobFailure, UpstreamFailed, UpstreamRefused
from seedbed.core.faults import MediaFault
from seedbed.core.references import Kind
from seedbed.media.sniff import HEAD_BYTES, sniff_bytes
from seedbed.outbound.upstream import PASSING, Reply

WAITING = frozenset({"queued", "pending"})
RUNNING = frozenset({"in_progress", "processing", "running"})
DONE = frozenset({"completed", "succeeded"})
FAILED = frozenset({"failed", "error", "cancelled", "canceled", "expired", "deleted", "rejected"})
NOT_BEGUN = frozenset({425, 429, 503})  # to an order: it was not taken, and may be sent again

MAX_REASON_CHARS = 300
WEBM = b"\x1a\x45\xdf\xa3"
_MODERATION = re.compile(r"moderation|content.?(policy|filter|reject)|safety|nsfw|sensitive", re.IGNORECASE)
_MONEY = frozenset({"insufficient_quota", "insufficient_credits", "budget_exceeded", "billing_hard_limit_reached"})
_MONEY_WORDS = re.compile(r"insufficient (quota|credit|balance)|budget has been exceeded|ExceededBudget", re.IGNORECASE)
_UNUSABLE = re.compile(r"media_(unsupported|invalid|too_large|forbidden)|invalid_request", re.ASCII)
_QUERY = re.compile(r"(https?://[^\s?#]+)[?#]\S*")
_SECRET = re.compile(r"(?i)\b(?:bearer\s+\S+|sk[-_][\w-]{6,}\S*|sd2_\w+)")


def refusal(reply: Reply, *, server: str, key: str | None = None) -> JobFailure:
    """Return the failure that an answer other than 2xx stands for. `server` is named to the operator alone."""
    code, reason = complaint(_object_of(reply), key=key)
    said = f": {reason}" if reason else "."
    if is_about_money(reply):
        return EngineUnavailable(f"{server} has no credit left for our key; top it up there.")
    if reply.status in (401, 403):
        return EngineUnavailable(f"{server} refuses our key ({reply.status}); check the option key of this engine.")
    if reply.status in (404, 405):
        return EngineUnavailable(
            f"{server} has no such path or model ({reply.status}{said}); check base_url and model."
        )
    if reply.status in PASSING or reply.status >= 500 or reply.status < 400:
        return UpstreamFailed(f"The remote engine answered {reply.status}.")
    if _MODERATION.search(code):
        return ContentRejected("The remote engine's moderation refused this request.")
    return UpstreamRefused(f"The remote engine refused this request{said}")


def failure(video: Mapping[str, Any], *, key: str | None = None) -> JobFailure:
    """Return the failure of a video that its server says has failed."""
    code, reason = complaint(video, key=key)
    if _MODERATION.search(code):
        return ContentRejected("The remote engine's moderation refused this request.")
    said = f": {reason}" if reason else "."
    if _UNUSABLE.fullmatch(code):
        return UpstreamRefused(f"The remote engine could not use this request{said}")
    return UpstreamFailed(f"The remote engine failed{said}")


def is_about_money(reply: Reply) -> bool:
    """Say whether the operator's account at the server is what is wrong: some say so with 429 or 400."""
    found = _object_of(reply)
    error = found.get("error")
    words = {str(error.get(name)) for name in ("code", "type")} if isinstance(error, dict) else set()
    return (
        reply.status == 402 or bool(words & _MONEY) or (reply.status >= 400 and bool(_MONEY_WORDS.search(reply.text)))
    )


def complaint(found: Mapping[str, Any], *, key: str | None = None) -> tuple[str, str]:
    """Return the code and the reason of an error, each empty if there is none.

    The servers write {"error": {"code", "message"}}, {"error": "..."}, {"detail": "..."}, {"detail": [{"loc", "msg"}]}
    and {"message": "..."}.
    """
    error = found.get("error") or found.get("detail") or found
    if isinstance(error, list) and error and isinstance(error[0], dict):
        where = ".".join(str(step) for step in error[0].get("loc", ())[1:])
        error = {"code": error[0].get("type"), "message": f"{where}: {error[0].get('msg', '')}"}
    if isinstance(error, str):
        return "", plain(error, key=key)
    if not isinstance(error, dict):
        return "", ""
    message = error.get("message")
    return str(error.get("code") or error.get("type") or ""), plain(
        message if isinstance(message, str) else "", key=key
    )


def plain(text: str, *, key: str | None = None) -> str:
    """Return a server's words fit for a job's owner: one line, cut, without queries and secrets."""
    if key:
        text = text.replace(key, "***")
    text = _SECRET.sub("***", _QUERY.sub(r"\1", text))
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= MAX_REASON_CHARS else text[: MAX_REASON_CHARS - 3] + "..."


def check_is_video(path: Path) -> None:
    """Raises UpstreamFailed unless the file begins like an MP4, a MOV or a WebM; then it is removed."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if head.startswith(WEBM):
        return
    try:
        is_video = sniff_bytes(head).kind is Kind.VIDEO
        what = "another kind of file"
    except MediaFault as fault:
        is_video, what = False, fault.reason.split(";")[0]
    if not is_video:
        path.unlink()
        raise UpstreamFailed(f"The remote engine's result is not a video: {what}.")


def _object_of(reply: Reply) -> dict[str, Any]:
    try:
        found = json.loads(reply.content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
