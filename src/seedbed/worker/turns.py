"""Who may have a webhook sent now: no receiver and no account takes all the places of this process.

A dead receiver costs the whole time-out for every attempt. Its attempts over its share are sent away without holding a
place, to come back when its line should have moved on, so that everybody else's go out meanwhile.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

FOR_ACCOUNT = 8
FOR_RECEIVER = 4
SHORTEST_WAIT_S = 1.0
LONGEST_WAIT_S = 900.0
REST_S = 5.0
LONGEST_REST_S = 300.0
MAX_LINES = 10_000


@dataclass(frozen=True, slots=True)
class Receiver:
    """One account's host: two accounts that use the same service do not wait for each other."""

    account_id: int
    host: str


@dataclass(slots=True)
class _Line:
    running: int = 0
    waiting: set[str] = field(default_factory=set)  # deliveries that were sent away
    typical_s: float = 1.0
    rests_until_s: float = 0.0


class Turns:
    def __init__(
        self,
        *,
        for_account: int = FOR_ACCOUNT,
        for_receiver: int = FOR_RECEIVER,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._for_account = for_account
        self._for_receiver = for_receiver
        self._clock = clock
        self._lines: dict[Receiver, _Line] = {}
        self._of_account: Counter[int] = Counter()

    def wait_s(self, receiver: Receiver, delivery_id: str) -> float:
        """Return how long this delivery should stay away; 0: it may go now, with `taken`."""
        line = self._line(receiver)
        rest_s = line.rests_until_s - self._clock()
        if rest_s > 0:
            return rest_s * random.uniform(1.0, 1.5)
        if line.running < self._for_receiver and self._of_account[receiver.account_id] < self._for_account:
            return 0.0
        line.waiting.add(delivery_id)
        moves_on_s = line.typical_s * (1 + len(line.waiting) / self._for_receiver)
        return min(LONGEST_WAIT_S, max(SHORTEST_WAIT_S, moves_on_s)) * random.uniform(0.5, 1.0)

    @contextmanager
    def taken(self, receiver: Receiver, delivery_id: str) -> Iterator[None]:
        """Count the attempt that the block makes."""
        line = self._line(receiver)
        if not line.running:
            line.waiting.clear()  # a line that stood empty has no memory: others may have served whoever was in it
        line.waiting.discard(delivery_id)
        line.running += 1
        self._of_account[receiver.account_id] += 1
        began_s = self._clock()
        try:
            yield
        finally:
            line.typical_s = (line.typical_s + self._clock() - began_s) / 2
            line.running -= 1
            self._of_account -= Counter({receiver.account_id: 1})

    def rest(self, receiver: Receiver, retry_after: timedelta | None) -> None:
        """Let nothing go to this receiver for a while: it said that it has too much to do."""
        asked_s = retry_after.total_seconds() if retry_after else 0.0
        self._line(receiver).rests_until_s = self._clock() + min(LONGEST_REST_S, max(REST_S, asked_s))

    def _line(self, receiver: Receiver) -> _Line:
        if len(self._lines) >= MAX_LINES:
            self._lines = {who: line for who, line in self._lines.items() if line.running}
        return self._lines.setdefault(receiver, _Line())
