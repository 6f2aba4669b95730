"""An engine that takes the time it is told, and leaves a trace of every step: its file is as old as its last one."""

from __future__ import annotations

import os
import time
from pathlib import Path

from chaos_engine import CLIP_VARIABLE, Copies, stamp

from seedbed.core.engine import Made, Stage

STEADY_VARIABLE = "STEADY_S"
TRACES_VARIABLE = "STEADY_TRACES"
STEP_S = 0.05

__all__ = ["CLIP_VARIABLE", "STEADY_VARIABLE", "TRACES_VARIABLE", "Steady"]


class Steady(Copies):
    """Makes the clip of chaos_engine, stamped, in exactly that time."""

    def make(self, _task, out: Path, report) -> Made:
        steps = int(float(os.environ[STEADY_VARIABLE]) / STEP_S)
        trace = Path(os.environ[TRACES_VARIABLE]) / f"{os.environ['WORKER']}-{time.time_ns()}"
        for step in range(steps):
            report(Stage.RENDERING, step / steps)
            trace.touch()
            time.sleep(STEP_S)
        out.write_bytes(self._clip + stamp())
        return Made(out)
