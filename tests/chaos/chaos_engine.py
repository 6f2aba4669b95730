"""An engine that costs nothing: a tiny clip, made once, with a stamp of its own in every file.

The stamp is a box that players skip. It makes every attempt's bytes distinct, so that a result which a zombie wrote
over another's would show.
"""

from __future__ import annotations

import os
import random
import secrets
import time
from pathlib import Path

from seedbed.core.engine import Canvas, Capabilities, Made, Stage, marks
from seedbed.core.sizes import Size
from seedbed.core.timeline import FPS, frame_count

CANVAS = Canvas(Size(864, 496), frame_count(4), FPS)
CHAOS = Capabilities("chaos", "An engine for tests.", frozenset(), False, "test")
CLIP_VARIABLE = "CHAOS_CLIP"
SLOWEST_VARIABLE = "CHAOS_SLOWEST_S"
_STEP_S = 0.02


class Copies:
    """Copies the clip after a short and random time in which it reports as an engine should."""

    def __init__(self) -> None:
        self._clip = Path(os.environ[CLIP_VARIABLE]).read_bytes()
        self._slowest_s = float(os.environ[SLOWEST_VARIABLE])

    def describe(self) -> Capabilities:
        return CHAOS

    def make(self, _task, out: Path, report) -> Made:
        steps = 1 + int(random.uniform(0, self._slowest_s) / _STEP_S)
        for step in range(steps):
            report(Stage.RENDERING, step / steps)
            time.sleep(_STEP_S)
        out.write_bytes(self._clip + stamp())
        return Made(out)


def stamp() -> bytes:
    """Return a `free` box with 16 random bytes. Source: ISO/IEC 14496-12, 8.1.2."""
    return (24).to_bytes(4, "big") + b"free" + secrets.token_bytes(16)


def make_clip(path: Path) -> None:
    """Write 97 frames of one grey and as much silence: all that was promised of 4 s at 480p, in about 10 kB."""
    import numpy as np

    from seedbed.media import mux

    grey = np.full((CANVAS.size.height_px, CANVAS.size.width_px, 3), 90, np.uint8)
    with mux.open_mp4(path, tags=marks(CHAOS.name, CHAOS.digital_source_type)) as container:
        picture, sound = mux.add_video(container, CANVAS), mux.add_audio(container)
        frames = (mux.to_frame(grey, number=number, canvas=CANVAS) for number in range(CANVAS.frames))
        mux.write_packets(container, mux.encode_video(picture, frames), mux.encode_audio(sound, mux.silence(CANVAS)))
