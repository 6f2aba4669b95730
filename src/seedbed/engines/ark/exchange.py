"""Speaks the Ark dialect with an upstream service, for one job. Source: the official documents; CONTRACT 2."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from seedbed.core.engine import RenderTask
from seedbed.core.errors import JobFailure, UpstreamFailed
from seedbed.core.remote_order import RemoteOrder
from seedbed.engines.ark.answers import CANCELLED, is_gone, news_of, receipt_of, refusal_of
from seedbed.engines.ark.lost_order import PAGE_SIZE, matching
from seedbed.engines.ark.options import ArkOptions
from seedbed.engines.ark.order import body_of
from seedbed.outbound.errand import unresolved
from seedbed.outbound.exchange import News, Receipt
from seedbed.outbound.upstream import Beat, Reply, Upstream

TASKS = "/contents/generations/tasks"
ANSWER_S = 60.0
HURRIED_S = 3.0  # for each of two requests after a Stop
_JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ArkExchange:
    options: ArkOptions
    upstream: Upstream
    task: RenderTask
    model: str  # as the service calls it
    deadline_s: float = 5 * ANSWER_S  # for one request with its answer

    @property
    def server(self) -> str:
        return self.options.base_url

    @property
    def repeats(self) -> bool:
        return False  # no official host documents a key that would make two orders one

    def send(self, order: RemoteOrder, *, beat: Beat) -> Reply:
        content = json.dumps(self._body(order), ensure_ascii=False).encode()
        return self._send("POST", TASKS, beat=beat, content=content, headers=_JSON)

    def receipt(self, reply: Reply) -> Receipt:
        return receipt_of(reply, server=self.server, key=self.options.key)

    def seek(self, order: RemoteOrder, *, beat: Beat) -> str | None:
        def page(number: int) -> Mapping[str, Any]:
            params = {"page_num": str(number), "page_size": str(PAGE_SIZE)}
            reply = self._send("GET", TASKS, beat=beat, params=params)
            if not reply.is_ok:
                raise UpstreamFailed(f"its list of tasks answers {reply.status}")
            return reply.members()

        found = matching(self._body(order), since_unix_s=order.since_unix_s, page=page)
        if len(found) > 1:
            raise unresolved(f"{len(found)} tasks there look like it")
        return found[0] if found else None

    def look(self, order_id: str, *, beat: Beat) -> Reply:
        return self._send("GET", f"{TASKS}/{order_id}", beat=beat)

    def is_gone(self, reply: Reply) -> bool:
        return is_gone(reply)

    def refusal(self, reply: Reply) -> JobFailure | None:
        return refusal_of(reply, server=self.server, key=self.options.key) if reply.status in {401, 403} else None

    def news(self, members: dict[str, Any]) -> News:
        return news_of(members, key=self.options.key)

    def cancel(self, order_id: str, *, beat: Beat) -> bool:
        """Cancel a task that waits. One that runs cannot be stopped there."""
        if not self._send("DELETE", f"{TASKS}/{order_id}", beat=beat).is_ok:
            return False
        shown = self.look(order_id, beat=beat)
        try:
            return shown.is_ok and shown.members().get("status") == CANCELLED
        except UpstreamFailed:
            return False

    def hurried(self) -> ArkExchange:
        return replace(self, upstream=connect(self.options, timeout_s=HURRIED_S), deadline_s=HURRIED_S)

    def _body(self, order: RemoteOrder) -> dict[str, Any]:
        model = order.notes.get("model", self.model)  # as it was sent, whatever it is called by now
        return body_of(self.task, self.options, model=model, number=order.number)

    def _send(self, method: str, path: str, *, beat: Beat, **request: Any) -> Reply:
        return self.upstream.send(method, path, beat=beat, deadline_s=self.deadline_s, **request)


def connect(options: ArkOptions, *, timeout_s: float = ANSWER_S) -> Upstream:
    headers = {"Authorization": f"Bearer {options.key}"}
    return Upstream(base_url=options.base_url, headers=headers, opened=options.opened, timeout_s=timeout_s)


def fault_of(upstream: Upstream, options: ArkOptions, *, beat: Beat) -> str | None:
    """Return what is wrong with the service or our key there, or None. Costs nothing. Raises UpstreamFailed, Stop."""
    reply = upstream.ask("GET", TASKS, beat=beat, patience_s=1.0, params={"page_num": "1", "page_size": "1"})
    if not reply.is_ok:
        refusal = refusal_of(reply, server=options.base_url, key=options.key) if reply.status < 500 else None
        return getattr(refusal, "alarm", None) or f"{options.base_url} answers {reply.status}"
    reply.members()
    return None
