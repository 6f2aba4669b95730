"""How far a clip is, told from how long its parts really took the last time.

Before the first clip of a process there is only a guess, so its progress may be uneven; it is never more than was done.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from seedbed.core.engine import Report, Stage
from seedbed.engines.diffusers.adapter import Plan

_POLL_S = 0.01


@dataclass(frozen=True, slots=True)
class Costs:
    """Seconds, of one clip: until the first step begins, for a step, for a frame to be decoded and encoded."""

    before_s: float = 2.0
    step_s: float = 1.0
    frame_s: float = 0.05

    def share(self, *, steps_done: int, steps: int, frames_done: int, frames: int) -> float:
        whole_s = self.before_s + steps * self.step_s + frames * self.frame_s
        done_s = (self.before_s + steps_done * self.step_s if steps_done else 0.0) + frames_done * self.frame_s
        return done_s / whole_s


class Fence:
    """Tells which steps a GPU has really done. It takes orders ahead, so the moment of the order says nothing.

    The step before the last ordered one is waited for, so the GPU never runs out of orders meanwhile.
    """

    def __init__(self, device: Any) -> None:
        self._device = device
        self._events: deque[Any] = deque()

    def mark(self) -> None:
        if self._device.type == "cuda":
            import torch

            event = torch.cuda.Event()
            event.record(torch.cuda.current_stream(self._device))
            self._events.append(event)

    def wait(self, beat: Callable[[], None], *, ahead: int) -> int:
        """Wait until no more than so many marks are ahead of the GPU, and return how many are. Raises Stop."""
        while len(self._events) > ahead:
            while not self._events[0].query():
                time.sleep(_POLL_S)
                beat()
            self._events.popleft()
        return len(self._events)


class Progress:
    """Implements `Watch` for one clip, and learns its costs. `report` is only called on the thread that makes."""

    def __init__(self, report: Report, plan: Plan, costs: Costs, fence: Fence) -> None:
        self._report = report
        self._plan = plan
        self._costs = costs
        self._fence = fence
        self._steps = plan.steps
        self._steps_done = 0
        self._frames_done = 0
        self._moments_s = [time.monotonic()]  # the beginning, and the end of each step
        self.beat()

    def beat(self) -> None:
        self._tell()

    def step(self, done: int, of: int) -> None:
        self._steps = of
        self._fence.mark()
        self._steps_done = max(self._steps_done, done - self._fence.wait(self.beat, ahead=1 if done < of else 0))
        self._moments_s.append(time.monotonic())
        self._tell()

    def frame(self, done: int, preview: bytes | None = None) -> None:
        """Say that so many frames are decoded."""
        self._frames_done = min(done, self._plan.frames)
        self._tell(preview)

    def learnt(self) -> Costs:
        """Return what this clip cost, once it is done."""
        begun_s, *ends_s = self._moments_s
        if not ends_s:
            return self._costs
        # The first moment is that of an order where there is a GPU, which is early by less than a step.
        step_s = (ends_s[-1] - ends_s[0]) / (len(ends_s) - 1) if len(ends_s) > 1 else self._costs.step_s
        frame_s = (time.monotonic() - ends_s[-1]) / max(1, self._frames_done)
        return Costs(before_s=max(0.0, ends_s[0] - begun_s - step_s), step_s=step_s, frame_s=frame_s)

    def _tell(self, preview: bytes | None = None) -> None:
        share = self._costs.share(
            steps_done=self._steps_done, steps=self._steps, frames_done=self._frames_done, frames=self._plan.frames
        )
        self._report(Stage.RENDERING, share, preview=preview)
