"""How long a clip is whose duration is to follow its reference video. Source: CONTRACT 2 (`duration` -1).

Whole seconds, rounded up to what the model makes. What an encoder pads does not count: a clip of 24 * 5 + 1 frames
is one of five seconds.
"""

from __future__ import annotations

import math
from fractions import Fraction

from seedbed.core.limits import DURATION_SLACK_S
from seedbed.core.models import Model

FITTING_DURATION = -1


def fitting_duration_s(video_s: Fraction, model: Model) -> int:
    whole_s = math.ceil(video_s - DURATION_SLACK_S)
    return next((duration_s for duration_s in model.durations_s if duration_s >= whole_s), model.durations_s[-1])
