"""Speaks the documented contract with another service, for one job. Source: CONTRACT 1.2, 1.4, 1.5 and 1.7."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from seedbed.core.engine import LocalReference
from seedbed.core.errors import EngineUnavailable, JobFailure, UpstreamFailed
from seedbed.core.remote_order import RemoteOrder
from seedbed.engines.open_api.answers import is_gone, news_of, receipt_of, refusal_of
from seedbed.engines.open_api.options import ROOT, OpenApiOptions
from seedbed.outbound.errand import unresolved
from seedbed.outbound.exchange import News, Receipt
from seedbed.outbound.upstream import Beat, Reply, Upstream

GENERATIONS = f"{ROOT}/video/generations"
HURRIED_S = 3.0  # for each of two requests after a Stop
ANSWER_S = 30.0
MAX_WAIT_S = 20
_JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenApiExchange:
    """`body` is the order's JSON, the same in every attempt; `ticket` names the job."""

    options: OpenApiOptions
    upstream: Upstream
    is_seedbed: bool
    ticket: str
    body: bytes
    deadline_s: float = 5 * ANSWER_S  # for one request with its answer

    @property
    def server(self) -> str:
        return self.options.base_url

    @property
    def repeats(self) -> bool:
        return self.is_seedbed

    def send(self, order: RemoteOrder, *, beat: Beat) -> Reply:
        headers = _JSON | ({"Idempotency-Key": f"{self.ticket}-{order.number}"} if self.is_seedbed else {})
        return self._send("POST", GENERATIONS, beat=beat, content=self.body, headers=headers)

    def receipt(self, reply: Reply) -> Receipt:
        return receipt_of(reply, server=self.server, key=self.options.key, is_seedbed=self.is_seedbed)

    def seek(self, order: RemoteOrder, *, beat: Beat) -> str | None:  # noqa: ARG002 - the contract has no list
        raise unresolved("the answer to the order was lost, and the server has no list of its orders")

    def look(self, order_id: str, *, beat: Beat) -> Reply:
        """Ask for the generation. Another Seedbed holds its answer back until there is something to say."""
        wait_s = min(MAX_WAIT_S, math.ceil(self.options.patience.poll_s))
        params = {"wait": str(wait_s)} if self.is_seedbed else {}
        return self._send("GET", f"{GENERATIONS}/{order_id}", beat=beat, params=params)

    def is_gone(self, reply: Reply) -> bool:
        return is_gone(reply)

    def refusal(self, reply: Reply) -> JobFailure | None:
        return refusal_of(reply, server=self.server, key=self.options.key) if reply.status in {401, 403} else None

    def news(self, members: dict[str, Any]) -> News:
        return news_of(members, server=self.server, key=self.options.key)

    def cancel(self, order_id: str, *, beat: Beat) -> bool:
        return self._send("POST", f"{GENERATIONS}/{order_id}/cancel", beat=beat).is_ok

    def hurried(self) -> OpenApiExchange:
        return replace(self, upstream=connect(self.options, timeout_s=HURRIED_S), deadline_s=HURRIED_S)

    def _send(self, method: str, path: str, *, beat: Beat, **request: Any) -> Reply:
        return self.upstream.send(method, path, beat=beat, deadline_s=self.deadline_s, **request)


def connect(options: OpenApiOptions, *, timeout_s: float = ANSWER_S) -> Upstream:
    headers = {"Authorization": f"Bearer {options.key}"}
    return Upstream(base_url=options.base_url, headers=headers, opened=options.opened, timeout_s=timeout_s)


def is_seedbed(upstream: Upstream, *, beat: Beat, patience_s: float) -> bool:
    """Ask the server whether it is another Seedbed: it says so in its own description. Raises UpstreamFailed, Stop."""
    reply = upstream.ask("GET", f"{ROOT}/openapi.json", beat=beat, patience_s=patience_s)
    if reply.status >= 500 or reply.status == 429:
        raise UpstreamFailed(f"The remote engine answers {reply.status}.")
    try:
        info = reply.members().get("info") if reply.is_ok else None
    except UpstreamFailed:
        return False
    return isinstance(info, dict) and info.get("title") == "Seedbed"


def uploaded(
    upstream: Upstream, references: Sequence[LocalReference], *, prefix: str, options: OpenApiOptions, beat: Beat
) -> list[str]:
    """Bring the references to the server, each once, and return their addresses there. `prefix` is of their keys.

    Raises EngineUnavailable, UpstreamRefused, UpstreamFailed, and Stop.
    """
    return [
        _upload(upstream, reference, f"{prefix}-{number}", options, beat) for number, reference in enumerate(references)
    ]


def _upload(upstream: Upstream, reference: LocalReference, key: str, options: OpenApiOptions, beat: Beat) -> str:
    reply = upstream.ask(
        "POST",
        f"{ROOT}/uploads",
        beat=beat,
        patience_s=options.patience.order_s,
        files={"file": (reference.path.name, reference.path.read_bytes(), reference.content_type)},
        headers={"Idempotency-Key": key},
    )
    if 400 <= reply.status < 500 and reply.status != 429:
        raise refusal_of(reply, server=options.base_url, key=options.key)
    url = reply.members().get("url") if reply.is_ok else None
    if not isinstance(url, str) or not url:
        raise UpstreamFailed(f"{reference.name}: the remote engine did not take the upload; it answers {reply.status}.")
    return url


def fault_of(upstream: Upstream, options: OpenApiOptions, *, beat: Beat) -> str | None:
    """Return what is wrong with the server or our key there, or None. Costs nothing. Raises Stop."""
    reply = upstream.ask("GET", f"{ROOT}/models", beat=beat, patience_s=1.0)
    if not reply.is_ok:
        refusal = refusal_of(reply, server=options.base_url, key=options.key) if reply.status < 500 else None
        if isinstance(refusal, EngineUnavailable):
            return refusal.alarm
        return f"{options.base_url} answers {reply.status}"
    try:
        reply.members()
    except UpstreamFailed as exc:
        return f"{options.base_url}: {exc}"
    return None


def as_json(body: dict[str, Any]) -> bytes:
    """Return the body in one and the same form every time, so that a repeated order is the same order."""
    return json.dumps(body, ensure_ascii=False, sort_keys=True).encode()
