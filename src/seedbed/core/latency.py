"""How long the test service takes over a job: at once, about as long as a real one, or so many seconds.

A client that was only ever tested against an instant service has never shown a queue or a progress bar.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

INSTANT = "instant"
REALISTIC = "realistic"
LONGEST_S = 3600.0
_SECONDS = re.compile(r"[0-9]{1,4}(\.[0-9]{1,3})?")


@dataclass(frozen=True, slots=True)
class Latency:
    """`queue_s` in the queue, then `take_s` for the making and `take_per_s` more for each second of the clip."""

    queue_s: int = 0
    take_s: float = 0.0
    take_per_s: float = 0.0

    def making_s(self, clip_s: float) -> float:
        """Return how long the making of a clip of that length takes."""
        return self.take_s + self.take_per_s * clip_s


def parse_latency(text: str) -> Latency:
    """Read `instant`, `realistic` or a number of seconds. Raises ValueError, with what would be right."""
    match text:
        case "instant":
            return Latency()
        case "realistic":
            return Latency(queue_s=4, take_s=10.0, take_per_s=4.0)
    if not _SECONDS.fullmatch(text) or float(text) > LONGEST_S:
        raise ValueError(f"A latency is {INSTANT}, {REALISTIC} or a number of seconds up to {LONGEST_S:g}.")
    return Latency(take_s=float(text))
