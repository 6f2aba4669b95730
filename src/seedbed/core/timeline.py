"""Frames and moments: 24 frames a second, and one frame more than the seconds need.

Time is a Fraction of seconds, never a float, so that frame -> time -> frame is exact.
Source: CONTRACT 1.10; the extra frame was measured on the service's own files (24 * duration + 1).
"""

from __future__ import annotations

import math
from fractions import Fraction

FPS = 24


def frame_count(duration_s: int) -> int:
    """Return how many frames a clip of that length has: both its first and its last moment are shown."""
    return FPS * duration_s + 1


def time_of(frame: int) -> Fraction:
    """Return the moment, in seconds, at which a 0-based frame is first shown."""
    return Fraction(frame, FPS)


def frame_at(time_s: Fraction) -> int:
    """Return the 0-based frame that is on screen at that moment."""
    return math.floor(time_s * FPS)
