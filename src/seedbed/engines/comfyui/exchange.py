"""Speaks with one ComfyUI server about one job's order.

The id of an order is ours: it follows from the job's ticket and the order's number, so an order whose answer was lost
is found again in the queue or the history. Before one is sent again it is looked for there, which makes sending
repeatable. A server that is older gives orders ids of its own; there a mark that goes along finds them. Nothing here is
billed by the order: what is lost in the worst case is the time of one video that nobody fetches.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from seedbed.core.engine import Stage
from seedbed.core.errors import JobFailure, UpstreamFailed, UpstreamRefused
from seedbed.core.remote_order import RemoteOrder
from seedbed.engines.comfyui import answers
from seedbed.engines.comfyui.options import ComfyUiOptions
from seedbed.engines.comfyui.progress import Progress
from seedbed.outbound.exchange import News, Receipt
from seedbed.outbound.upstream import Beat, Reply, Unanswered, Upstream

NAMESPACE = uuid.UUID("6c0c3a54-7f0c-5a43-9a7e-5b1d8f2f3f10")
HURRIED_S = 2.0  # for each of up to four requests after a Stop
ANSWER_S = 30.0
RECENT = 20  # so many of the history are looked through
CANCEL_LOOKS = 2
MARK = "seedbed_order"  # in the order's extra data, which a server keeps and shows
RUNNING, PENDING = "queue_running", "queue_pending"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComfyUiExchange:
    """`prompt` is the graph; empty where the server has it. `tried` are the numbers of the orders that it may have."""

    options: ComfyUiOptions
    upstream: Upstream
    ticket: str
    prompt: Mapping[str, Any]
    progress: Progress
    tried: set[int] = field(default_factory=set)
    is_hurried: bool = False

    @property
    def server(self) -> str:
        return self.options.url

    @property
    def repeats(self) -> bool:
        """While it hurries, an order is only looked for: it is wanted to be cancelled."""
        return not self.is_hurried

    def send(self, order: RemoteOrder, *, beat: Beat) -> Reply:
        prompt_id = own_id(self.ticket, order.number)
        self.progress.follow(prompt_id)
        if order.number in self.tried and (found := self._found(order, beat)):
            return _reply(200, {"prompt_id": found})
        self.tried.add(order.number)
        body = {
            "prompt": self.prompt,
            "prompt_id": prompt_id,
            "client_id": client_id(self.ticket),
            "extra_data": {"preview_method": "auto", MARK: prompt_id},
        }
        return self.upstream.send("POST", "/prompt", beat=beat, json=body)

    def receipt(self, reply: Reply) -> Receipt:
        options = self.options
        return answers.receipt_of(reply, workflow=options.workflow, server=options.url, key=options.key)

    def seek(self, order: RemoteOrder, *, beat: Beat) -> str | None:
        """Look for the order in the queue, and then in the history: it goes from the one into the other."""
        prompt_id = own_id(self.ticket, order.number)
        queue = self._asked("/queue", beat)
        found = answers.marked(queue, MARK, prompt_id)
        if found or answers.entry_in(self._asked(f"/history/{prompt_id}", beat), prompt_id):
            return found or prompt_id
        with suppress(Unanswered):  # only an older server needs it, and its history may be too large to read
            return answers.marked_entry(self._asked("/history", beat, max_items=RECENT), MARK, prompt_id)
        return None

    def look(self, order_id: str, *, beat: Beat) -> Reply:
        """Wait a little for the word that it has ended, and ask what became of it."""
        self.progress.follow(order_id)
        if not self.is_hurried:
            self.progress.wait_for_end(beat, patience_s=self.options.patience.poll_s)
        for _ in range(2):  # between the two questions it may go from the queue into the history
            history = self.upstream.send("GET", f"/history/{order_id}", beat=beat)
            entry = answers.entry_in(history.members(), order_id) if history.is_ok else None
            if entry is not None or not history.is_ok:
                return history if entry is None else _reply(200, {"entry": entry})
            queue = self.upstream.send("GET", "/queue", beat=beat)
            if not queue.is_ok:
                return queue
            found = queue.members()
            for which in (RUNNING, PENDING):
                if order_id in answers.orders_in(found, which):
                    return _reply(200, {"state": which})
        return _reply(404, {"gone": order_id})

    def is_gone(self, reply: Reply) -> bool:
        return reply.status == 404 and "gone" in reply.members_if_any()

    def refusal(self, reply: Reply) -> JobFailure | None:
        options = self.options
        if reply.status not in {401, 402, 403}:
            return None
        return answers.refusal_of(reply, workflow=options.workflow, server=options.url, key=options.key)

    def news(self, members: dict[str, Any]) -> News:
        entry = members.get("entry")
        if entry is None:
            state = str(members["state"])
            return News(status=state, stage=Stage.RENDERING if state == RUNNING else Stage.PREPARING)
        options = self.options
        failure = answers.failure_of(entry, workflow=options.workflow, key=options.key)
        result = answers.result_of(entry, node=options.map.result)
        if failure is None and result is None:
            name = options.workflow.name_of(options.map.result)
            failure = UpstreamRefused(f"The remote engine finished, but node {name} has saved no video.")
        if failure is not None:
            return News(status="failed", failure=failure, is_stoppable=False)
        return News(status="done", stage=Stage.RENDERING, fraction=1.0, result=result, is_stoppable=False)

    def cancel(self, order_id: str, *, beat: Beat) -> bool:
        """Take it out of the queue, or interrupt it, and nobody else's. It may begin to run just when we look."""
        for _ in range(CANCEL_LOOKS):
            queue = self._asked("/queue", beat)
            if order_id in answers.orders_in(queue, RUNNING):
                # Servers that do not know the id here interrupt whatever runs: therefore the look before.
                return self.upstream.send("POST", "/interrupt", beat=beat, json={"prompt_id": order_id}).is_ok
            if order_id not in answers.orders_in(queue, PENDING):
                return True
            self.upstream.send("POST", "/queue", beat=beat, json={"delete": [order_id]})
        return False

    def hurried(self) -> ComfyUiExchange:
        return replace(self, upstream=connect(self.options, timeout_s=HURRIED_S), is_hurried=True)

    def _found(self, order: RemoteOrder, beat: Beat) -> str | None:
        """Look for an order before it is sent again. Raises Unanswered: surely not sent this time."""
        try:
            return self.seek(order, beat=beat)
        except Unanswered as exc:
            raise Unanswered(str(exc), was_sent=False) from exc

    def _asked(self, path: str, beat: Beat, **params: Any) -> dict[str, Any]:
        """Raises Unanswered, also for an answer that says nothing."""
        try:
            reply = self.upstream.send("GET", path, beat=beat, params=params)
            if reply.is_ok:
                return reply.members()
        except UpstreamFailed as exc:
            raise Unanswered(str(exc).rstrip("."), was_sent=True) from exc
        raise Unanswered(f"it answers {reply.status}", was_sent=True)


def connect(options: ComfyUiOptions, *, timeout_s: float = ANSWER_S) -> Upstream:
    return Upstream(base_url=options.url, headers=options.headers, opened=options.opened, timeout_s=timeout_s)


def own_id(ticket: str, number: int) -> str:
    return str(uuid.uuid5(NAMESPACE, f"{ticket}-{number}"))


def client_id(ticket: str) -> str:
    return str(uuid.uuid5(NAMESPACE, ticket))


def _reply(status: int, members: dict[str, Any]) -> Reply:
    """Put what several answers say into one."""
    return Reply(status, {"content-type": "application/json"}, json.dumps(members).encode())
