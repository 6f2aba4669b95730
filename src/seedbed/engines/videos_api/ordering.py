"""Has the server take the order once. An order whose answer is lost is never sent again where that could be billed.

With an Idempotency-Key the same order is sent again. A server that bills is asked for its list, and if that does not
tell, the job ends. One that costs nothing is given the order anew: the worst is a video that nobody fetches.
"""

from __future__ import annotations

import time
from typing import Any

from seedbed.core.errors import UpstreamFailed, UpstreamRefused, UpstreamUnresolved
from seedbed.engines.videos_api import answers
from seedbed.engines.videos_api.notes import Notes
from seedbed.engines.videos_api.options import Options
from seedbed.engines.videos_api.request import Order
from seedbed.outbound.upstream import PASSING, Beat, Holding, Reply, Unanswered, Upstream, pause

VIDEOS = "/v1/videos"
MAX_ORDERS = 2
PATIENCE_S = 60.0  # with a server that is busy or away
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 15.0
CLOCKS_DIFFER_S = 120  # between the server and us, at most
CONFLICT = 409  # with an Idempotency-Key: the first order is still being taken


class Ordering:
    """Gets one order taken. `ticket` names the job in its Idempotency-Key."""

    def __init__(
        self, order: Order, *, ticket: str, options: Options, upstream: Upstream, notes: Notes, beat: Beat
    ) -> None:
        self._order = order
        self._ticket = ticket
        self._options = options
        self._is_idempotent = options.flavour.is_idempotent
        self._upstream = upstream
        self._notes = notes
        self._beat = beat

    def ensure(self) -> None:
        """Return once the notes say `sent`. Raises Stop, UpstreamUnresolved, or what the server's answer stands for."""
        until_s = time.monotonic() + PATIENCE_S
        wait_s = FIRST_WAIT_S
        while self._notes.now.state != "sent":
            if self._notes.now.state == "sending" and self._options.bills and not self._is_idempotent:
                self._find_again()
                return
            reply = self._send()
            if reply is None or self._is_passing(reply):
                asked_s = reply.retry_after_s if reply else None
                wait_s = max(wait_s, asked_s or 0.0)
                if time.monotonic() + wait_s > until_s:
                    raise UpstreamFailed("The remote engine took no order: it is busy, or cannot be reached.")
                pause(wait_s, self._beat)
                wait_s = min(2 * wait_s, LONGEST_WAIT_S)
            elif not reply.is_ok:
                self._notes.over()
                raise answers.refusal(reply, server=self._options.base_url, key=self._options.key)

    def _send(self) -> Reply | None:
        """Send the order; None if its answer was lost. Its answer is heard even if a Stop comes meanwhile."""
        self._begin()
        headers = {"Idempotency-Key": f"{self._ticket}-{self._notes.now.orders}"} if self._is_idempotent else {}
        holding = Holding(self._beat)
        try:
            reply = self._upstream.send("POST", VIDEOS, beat=holding, headers=headers, **self._order.http())
        except Unanswered as lost:
            if not lost.was_sent and not self._is_idempotent:
                self._notes.not_taken()
            holding.release()
            return None
        if reply.is_ok:
            self._notes.sent(_id_in(reply))
        elif reply.status in answers.NOT_BEGUN and not self._is_idempotent:
            self._notes.not_taken()
        holding.release()
        return reply

    def _begin(self) -> None:
        """Note that it is about to be sent. The same order with the same key needs no new note."""
        if self._notes.now.state == "sending" and self._is_idempotent:
            return
        if self._notes.now.orders >= MAX_ORDERS:
            raise UpstreamRefused(f"The remote engine was given this order {MAX_ORDERS} times and made nothing of it.")
        self._notes.sending()

    def _is_passing(self, reply: Reply) -> bool:
        if answers.is_about_money(reply):
            return False
        return reply.status in PASSING or (reply.status == CONFLICT and self._is_idempotent)

    def _find_again(self) -> None:
        """Look in the server's list for an order whose answer was lost. Raises UpstreamUnresolved if it is not sure."""
        reply = self._upstream.ask("GET", VIDEOS, beat=self._beat, params={"limit": 100, "order": "desc"})
        listed = reply.members().get("data") if reply.is_ok else None
        alike = [video for video in listed if self._is_ours(video)] if isinstance(listed, list) else []
        if len(alike) != 1:
            raise UpstreamUnresolved(
                "The remote engine's answer to the order was lost, and its list does not tell whether it has it."
            )
        self._notes.sent(alike[0]["id"])

    def _is_ours(self, video: Any) -> bool:
        """Say whether a video of the list was ordered with our words, about when we did."""
        if not isinstance(video, dict) or not isinstance(video.get("id"), str):
            return False
        body, at = self._order.body, video.get("created_at")
        said = [name for name in ("model", "size", "seconds") if name in body and video.get(name) is not None]
        is_alike = video.get("prompt") == body["prompt"] and all(str(video[name]) == str(body[name]) for name in said)
        return is_alike and isinstance(at, int | float) and at >= self._notes.now.at - CLOCKS_DIFFER_S


def _id_in(reply: Reply) -> str:
    found = reply.members().get("id")
    if not isinstance(found, str) or not found:
        raise UpstreamFailed("The remote engine took the order and did not say under which id.")
    return found
