"""Speaks `/v1/videos` with one server, for one job, in the flavour of the project that it is of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from seedbed.core.errors import JobFailure, UpstreamFailed
from seedbed.core.remote_order import RemoteOrder
from seedbed.engines.videos_api import answers
from seedbed.engines.videos_api.options import Options
from seedbed.engines.videos_api.request import Order
from seedbed.outbound.errand import unresolved
from seedbed.outbound.exchange import News, Receipt
from seedbed.outbound.upstream import Beat, Reply, Unanswered, Upstream

VIDEOS = "/v1/videos"
ANSWER_S = 30.0
HURRIED_S = 3.0  # for each of two requests after a Stop
CHECK_S = 10.0
CLOCKS_DIFFER_S = 120  # between the server and us, at most


@dataclass(slots=True, kw_only=True)
class VideosExchange:
    """`asked` is what is wanted, the same in every attempt, unless its references are missing: then not `can_resend`.

    `path` is that of the video that was looked at last.
    """

    options: Options
    upstream: Upstream
    ticket: str
    asked: Order
    can_resend: bool = True
    path: str = ""
    deadline_s: float = 5 * ANSWER_S  # for one request with its answer; an order may carry large files

    @property
    def server(self) -> str:
        return self.options.base_url

    @property
    def repeats(self) -> bool:
        return self.options.flavour.is_idempotent and self.can_resend

    def send(self, order: RemoteOrder, *, beat: Beat) -> Reply:
        headers = {"Idempotency-Key": f"{self.ticket}-{order.number}"} if self.repeats else {}
        return self._send("POST", VIDEOS, beat=beat, headers=headers, **self.asked.http())

    def receipt(self, reply: Reply) -> Receipt:
        return answers.receipt_of(reply, server=self.server, key=self.options.key, is_idempotent=self.repeats)

    def seek(self, order: RemoteOrder, *, beat: Beat) -> str | None:
        """Look in the server's list, by all that it repeats of an order."""
        reply = self._send("GET", VIDEOS, beat=beat, params={"limit": 100, "order": "desc"})
        listed = reply.members().get("data") if reply.is_ok else None
        if not isinstance(listed, list):
            raise UpstreamFailed(f"its list of videos cannot be read; it answers {reply.status}")
        alike = [video["id"] for video in listed if self._is_ours(video, order)]
        if len(alike) > 1:
            raise unresolved(f"{len(alike)} videos there look like it")
        return alike[0] if alike else None

    def look(self, order_id: str, *, beat: Beat) -> Reply:
        self.path = _path_of(order_id)
        return self._send("GET", self.path, beat=beat)

    def is_gone(self, reply: Reply) -> bool:
        return answers.is_gone(reply)

    def refusal(self, reply: Reply) -> JobFailure | None:
        if answers.may_pass(reply) or reply.status in (404, 409):
            return None
        return answers.refusal(reply, server=self.server, key=self.options.key)

    def news(self, members: dict[str, Any]) -> News:
        return answers.news_of(members, path=self.path, flavour=self.options.flavour, key=self.options.key)

    def cancel(self, order_id: str, *, beat: Beat) -> bool:
        """Delete the video there; not every server stops the work on it, too."""
        return self._send("DELETE", _path_of(order_id), beat=beat).is_ok

    def hurried(self) -> VideosExchange:
        return replace(self, upstream=connect(self.options, timeout_s=HURRIED_S), deadline_s=HURRIED_S)

    def _send(self, method: str, path: str, *, beat: Beat, **request: Any) -> Reply:
        return self.upstream.send(method, path, beat=beat, deadline_s=self.deadline_s, **request)

    def _is_ours(self, video: Any, order: RemoteOrder) -> bool:
        """Say whether a video of the list was ordered with our words, about when we did."""
        if not isinstance(video, dict) or not isinstance(video.get("id"), str):
            return False
        body, at = self.asked.body, video.get("created_at")
        said = [name for name in ("model", "size", "seconds") if name in body and video.get(name) is not None]
        is_alike = video.get("prompt") == body["prompt"] and all(str(video[name]) == str(body[name]) for name in said)
        return is_alike and isinstance(at, int | float) and at >= order.since_unix_s - CLOCKS_DIFFER_S


def connect(options: Options, *, timeout_s: float = ANSWER_S) -> Upstream:
    headers = {"Authorization": f"Bearer {options.key}"} if options.key else {}
    return Upstream(base_url=options.base_url, headers=headers, opened=options.opened, timeout_s=timeout_s)


def fault_of(upstream: Upstream, options: Options, *, beat: Beat) -> str | None:
    """Return what is wrong with the server or our key there, or None. Costs nothing. Raises UpstreamFailed, Stop."""
    where = options.flavour.health
    try:
        reply = upstream.send("GET", where, beat=beat, deadline_s=CHECK_S, timeout=CHECK_S)
    except Unanswered as exc:
        return f"{options.base_url} does not answer: {exc}."
    if reply.is_ok:
        return None
    if reply.status in (401, 403):
        return f"{options.base_url} refuses our key ({reply.status}); check the option key."
    return f"{options.base_url} answered {reply.status} to GET {where}."


def _path_of(video_id: str) -> str:
    return f"{VIDEOS}/{quote(video_id, safe='')}"
