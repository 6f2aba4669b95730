"""What the servers' answers mean: receipts, news, and failures in words that a job's owner may read.

Of the ways in which a video can end the list is closed: a state that we do not know is one that goes on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from seedbed.core.engine import Stage
from seedbed.core.errors import ContentRejected, EngineUnavailable, JobFailure, UpstreamFailed, UpstreamRefused
from seedbed.core.quoting import quoted
from seedbed.engines.videos_api.flavours import Flavour
from seedbed.outbound.exchange import Doubt, News, Open, Receipt, Refused, Taken
from seedbed.outbound.results import Result
from seedbed.outbound.upstream import PASSING, Reply

RUNNING = frozenset({"in_progress", "processing", "running"})
DONE = frozenset({"completed", "succeeded"})
FAILED = frozenset({"failed", "error", "cancelled", "canceled", "expired", "deleted", "rejected"})
SURELY_NOT_TAKEN = frozenset({425, 429})
MOVED = frozenset({301, 307, 308})
CONFLICT = 409  # with an Idempotency-Key: the first order is still being taken

_MODERATION = re.compile(r"moderation|content.?(policy|filter|reject)|safety|nsfw|sensitive", re.IGNORECASE)
_MONEY = frozenset({"insufficient_quota", "insufficient_credits", "budget_exceeded", "billing_hard_limit_reached"})
_MONEY_WORDS = re.compile(r"insufficient (quota|credit|balance)|budget has been exceeded|ExceededBudget", re.IGNORECASE)
_UNUSABLE = re.compile(r"media_(unsupported|invalid|too_large|forbidden)|invalid_request", re.ASCII)


def receipt_of(reply: Reply, *, server: str, key: str, is_idempotent: bool) -> Receipt:
    """Understand the answer to an order."""
    if reply.is_ok:
        return _taken(reply)
    if _is_about_money(reply):
        return Refused(refusal(reply, server=server, key=key))
    if reply.status in SURELY_NOT_TAKEN or _says_that_it_is_busy(reply):
        return Open(Doubt.NONE, f"it answers {reply.status}", reply.retry_after_s)
    if may_pass(reply) or (reply.status == CONFLICT and is_idempotent):
        return Open(Doubt.FULL, f"it answers {reply.status}", reply.retry_after_s)
    return Refused(refusal(reply, server=server, key=key))


def may_pass(reply: Reply) -> bool:
    """Say whether an answer other than 2xx may be another one the next time."""
    if _is_about_money(reply):
        return False
    return reply.status in PASSING or reply.status >= 500 or (reply.status < 400 and reply.status not in MOVED)


def refusal(reply: Reply, *, server: str, key: str) -> JobFailure:
    """Return the failure that an answer stands for that does not pass. `server` is named to the operator alone."""
    code, reason = complaint(reply.members_if_any(), key=key)
    said = f": {reason}" if reason else "."
    if _is_about_money(reply):
        return EngineUnavailable(f"{server} has no credit left for our key; top it up there.")
    if reply.status in (401, 403):
        return EngineUnavailable(f"{server} refuses our key ({reply.status}); check the option key of this engine.")
    if reply.status in MOVED:
        return EngineUnavailable(f"{server} has moved ({reply.status}); check base_url.")
    if reply.status in (404, 405):
        return EngineUnavailable(
            f"{server} has no such path or model ({reply.status}{said}); check base_url and model."
        )
    if _MODERATION.search(code):
        return ContentRejected("The remote engine's moderation refused this request.")
    return UpstreamRefused(f"The remote engine refused this request{said}")


def is_gone(reply: Reply) -> bool:
    """Say whether the server itself says that there is no such video. A web page says nothing."""
    return reply.status == 404 and bool(reply.members_if_any())


def news_of(video: Mapping[str, Any], *, path: str, flavour: Flavour, key: str) -> News:
    """Understand a video that is at that path. How far it is counts only where the server knows."""
    state = str(video.get("status", "")).lower()[:40]
    if state in FAILED:
        return News(status=state, failure=failure(video, key=key), is_stoppable=False)
    if state in DONE:
        address = video.get(flavour.address_field) if flavour.address_field else None
        is_elsewhere = isinstance(address, str) and address.startswith(("http://", "https://"))
        result = Result(str(address) if is_elsewhere else f"{path}/content")
        return News(status=state, stage=Stage.RENDERING, fraction=1.0, result=result)
    if state not in RUNNING and flavour.tells_running:
        return News(status=state)
    percent = video.get("progress")
    fraction = min(1.0, percent / 100) if isinstance(percent, int | float) and flavour.progress_is_real else None
    return News(status=state, stage=Stage.RENDERING, fraction=fraction)


def failure(video: Mapping[str, Any], *, key: str) -> JobFailure:
    """Return the failure of a video that its server says has failed."""
    code, reason = complaint(video, key=key)
    if _MODERATION.search(code):
        return ContentRejected("The remote engine's moderation refused this request.")
    said = f": {reason}" if reason else "."
    if _UNUSABLE.fullmatch(code):
        return UpstreamRefused(f"The remote engine could not use this request{said}")
    return UpstreamFailed(f"The remote engine failed{said}")


def complaint(found: Mapping[str, Any], *, key: str) -> tuple[str, str]:
    """Return the code and the reason of an error, each empty if there is none.

    The servers write {"error": {"code", "message"}}, {"error": "..."}, {"detail": "..."}, {"detail": [{"loc", "msg"}]}
    and {"message": "..."}.
    """
    error = found.get("error") or found.get("detail") or found
    if isinstance(error, list) and error and isinstance(error[0], dict):
        where = ".".join(str(step) for step in error[0].get("loc", ())[1:])
        error = {"code": error[0].get("type"), "message": f"{where}: {error[0].get('msg', '')}"}
    if isinstance(error, str):
        return "", quoted(error, secret=key)
    if not isinstance(error, dict):
        return "", ""
    return str(error.get("code") or error.get("type") or ""), quoted(error.get("message"), secret=key)


def _taken(reply: Reply) -> Receipt:
    try:
        video_id = reply.members().get("id")
    except UpstreamFailed as exc:  # a web page, as a server between us may give
        return Open(Doubt.FULL, str(exc).rstrip("."))
    if isinstance(video_id, str) and video_id:
        return Taken(video_id)
    return Open(Doubt.FULL, f"it answers {reply.status} without a video's id", reply.retry_after_s)


def _says_that_it_is_busy(reply: Reply) -> bool:
    """A web page with 503 may be of somebody between us, who has passed the order on."""
    return reply.status == 503 and (reply.retry_after_s is not None or bool(reply.members_if_any()))


def _is_about_money(reply: Reply) -> bool:
    """Say whether the operator's account at the server is what is wrong: some say so with 429 or 400."""
    error = reply.members_if_any().get("error")
    words = {str(error.get(name)) for name in ("code", "type")} if isinstance(error, dict) else set()
    is_said = bool(words & _MONEY) or bool(_MONEY_WORDS.search(reply.text))
    return reply.status == 402 or (reply.status >= 400 and is_said)
