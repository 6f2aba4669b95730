"""How far an order is, as its server tells over the WebSocket: what is done of the work that the result needs.

Each node counts for its sampler's steps, or for one; a node that runs counts for the part that it says. Nothing is made
up in between: while the server is silent, or cannot be heard, the fraction stays where it was.
"""

from __future__ import annotations

import json
import struct
import threading
from collections.abc import Mapping
from typing import Any

from seedbed.core.engine import Report, Stage
from seedbed.outbound.upstream import Beat, pause

PREVIEW_EVENT, JPEG_IMAGE = 1, 1  # the two numbers before a preview's bytes
JPEG = b"\xff\xd8\xff"
MAX_PREVIEW_BYTES = 200_000
ENDINGS = {"execution_success", "execution_error", "execution_interrupted"}
LOOK_S = 0.05


class Progress:
    """Of one order at a time. `hear` is called by the listening thread; all else by the one that works."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        self._weights = dict(weights)
        self._lock = threading.Lock()
        self._order_id: str | None = None
        self._shares: dict[str, float] = {}
        self._has_begun = False
        self._tells_states = False
        self._preview: bytes | None = None
        self._ended = threading.Event()

    def follow(self, order_id: str) -> None:
        """Hear of this order from now on."""
        with self._lock:
            if order_id != self._order_id:
                self._order_id, self._shares, self._has_begun, self._preview = order_id, {}, False, None
                self._ended.clear()

    def hear(self, message: str | bytes) -> None:
        with self._lock:
            if isinstance(message, bytes):
                self._see(message)
            else:
                self._read(message)

    @property
    def fraction(self) -> float | None:
        """None until the work has begun, as far as is known."""
        with self._lock:
            if not self._has_begun:
                return None
            done = sum(weight * self._shares.get(node, 0.0) for node, weight in self._weights.items())
            return min(1.0, done / sum(self._weights.values()))

    def take_preview(self) -> bytes | None:
        """Return the newest picture, once."""
        with self._lock:
            preview, self._preview = self._preview, None
            return preview

    def wait_for_end(self, beat: Beat, *, patience_s: float) -> None:
        """Return when the server says that the order has ended, at the latest after that time. Raises Stop."""
        while patience_s > 0 and not self._ended.is_set():
            pause(min(LOOK_S, patience_s), beat)
            patience_s -= LOOK_S
        self._ended.clear()  # said once: what comes of it, the history tells

    def _read(self, message: str) -> None:
        try:
            found = json.loads(message)
        except ValueError:
            return
        kind, data = (found.get("type"), found.get("data")) if isinstance(found, dict) else (None, None)
        # Some messages go to everybody who listens.
        if not isinstance(data, dict) or self._order_id is None or data.get("prompt_id") != self._order_id:
            return
        self._has_begun = True
        match kind:
            case "execution_cached":
                for node in data["nodes"] if isinstance(data.get("nodes"), list) else []:
                    self._advance(node, 1.0)
            case "executed":
                self._advance(data.get("node"), 1.0)
            case "executing":
                self._pass_on_to(data.get("node"))
            case "progress":
                self._advance(data.get("node"), _share(data))
            case "progress_state":
                self._take_states(data.get("nodes"))
        if kind in ENDINGS:
            self._ended.set()

    def _take_states(self, nodes: Any) -> None:
        self._tells_states = True
        for node, state in nodes.items() if isinstance(nodes, dict) else ():
            if isinstance(state, dict):
                self._advance(node, 1.0 if state.get("state") == "finished" else _share(state))

    def _pass_on_to(self, node: Any) -> None:
        """Older servers say only what runs now: so what ran before is done. Newer ones may run several at once."""
        if self._tells_states:
            return
        for other in [known for known, share in self._shares.items() if known != node and share < 1]:
            self._shares[other] = 1.0
        self._advance(node, 0.0)

    def _advance(self, node: Any, share: float) -> None:
        """A node of a loop may begin anew; what was said before stands."""
        if isinstance(node, str) and node in self._weights:
            self._shares[node] = max(share, self._shares.get(node, 0.0))

    def _see(self, message: bytes) -> None:
        if len(message) > MAX_PREVIEW_BYTES or self._order_id is None:
            return
        if message[:8] == struct.pack(">II", PREVIEW_EVENT, JPEG_IMAGE) and message[8:11] == JPEG:
            self._preview = message[8:]


class ToldReport:
    """A `Report` that says more than it is told: what is known of the order's progress meanwhile."""

    def __init__(self, report: Report, progress: Progress) -> None:
        self._report = report
        self._progress = progress

    def __call__(self, stage: Stage, fraction: float, *, preview: bytes | None = None) -> None:
        told = self._progress.fraction
        if told is not None:
            stage, fraction = Stage.RENDERING, max(told, fraction if stage is Stage.RENDERING else 0.0)
        self._report(stage, fraction, preview=preview or self._progress.take_preview())

    def remember(self, memory: dict[str, Any]) -> None:
        self._report.remember(memory)


def _share(state: Mapping[str, Any]) -> float:
    """Return how much of a running node is done."""
    value, most = _number(state.get("value")), _number(state.get("max"))
    return min(1.0, max(0.0, value / most)) if most > 0 else 0.0


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
