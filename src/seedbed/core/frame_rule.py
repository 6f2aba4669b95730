"""How many frames a model can make: its video codec packs them in groups, `8n+1` or `17n+5`."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction

_FORM = re.compile(r"([1-9][0-9]?)n(?:\+([0-9]{1,2}))?")


@dataclass(frozen=True, slots=True)
class FrameRule:
    """`group` times n, plus `extra`; n is 1 at least."""

    group: int
    extra: int

    def at_least(self, frames: int) -> int:
        """Return the smallest number of frames that keeps the rule and is no less than that."""
        return self.group * max(1, math.ceil(Fraction(frames - self.extra, self.group))) + self.extra

    def covering(self, duration_s: Fraction, *, fps: int) -> int:
        """Return how many frames it takes to be on screen for that long, at that rate."""
        return self.at_least(math.ceil(duration_s * fps))

    def __str__(self) -> str:
        return f"{self.group}n+{self.extra}" if self.extra else f"{self.group}n"


def parse_frame_rule(text: str) -> FrameRule:
    """Read `8n+1`. Raises ValueError, with what would be right."""
    match = _FORM.fullmatch(text)
    if not match:
        raise ValueError("must be like 8n+1, 17n+5 or 4n")
    return FrameRule(int(match[1]), int(match[2] or 0))
