"""An example of an engine for Seedbed: bands of light that drift, and a tone. Copy it, and put your model in.

What an engine must do stands in three places below: `describe` claims nothing that is not so, `make` calls `report`
with every frame, and nothing catches what `report` raises. `seedbed engine check aurora` proves it.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from seedbed.core.engine import PROTOCOL, Canvas, Capabilities, Made, RenderTask, Report, Stage
from seedbed.core.errors import EngineFailed, NotReady

SAMPLE_RATE = 48_000
BLOCK_SAMPLES = 1024
BANDS = 3


class Aurora:
    """One option: `pitch_hz`, the tone's pitch, 20 to 2000. Default: 220."""

    protocol = PROTOCOL

    def __init__(self, options: dict[str, Any] | None = None) -> None:
        """Called once in the engine's process. Load the model here. Raises NotReady with a sentence that helps."""
        given = dict(options or {})
        pitch_hz = given.pop("pitch_hz", 220)
        if given:
            raise NotReady(f"engines.aurora: {min(given)} is no option of it; it takes pitch_hz.")
        if isinstance(pitch_hz, bool) or not isinstance(pitch_hz, int | float) or not 20 <= pitch_hz <= 2000:
            raise NotReady("engines.aurora: pitch_hz must be a number from 20 to 2000.")
        self._pitch_hz = pitch_hz

    def describe(self) -> Capabilities:
        """Claim what is so. A role that is not named is not for this engine; the operator routes by it."""
        return Capabilities(
            name="aurora",
            description="Bands of light that drift over the night, and a tone. An example.",
            roles=frozenset(),
            makes_audio=True,
            digital_source_type="http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia",
            max_duration_s=15,
        )

    def make(self, task: RenderTask, out: Path, report: Report) -> Made:
        """Write the clip to `out`. Any size, rate and codec will do: it is made exactly what was promised afterwards.

        `report` raises Stop when nobody wants the clip any more. Let it pass: `with` closes what is open.
        """
        report(Stage.PREPARING, 0.0)
        ignored = tuple(f"aurora makes no use of {reference.name}" for reference in task.references)
        picture = Picture(task.canvas, task.seed)
        try:
            with av.open(str(out), "w", format="mp4") as container:
                video = container.add_stream("libx264", rate=task.canvas.fps, options={"preset": "veryfast"})
                video.width, video.height, video.pix_fmt = picture.width_px, picture.height_px, "yuv420p"
                audio = container.add_stream("aac", rate=SAMPLE_RATE, layout="stereo") if task.wants_audio else None
                for number in range(task.canvas.frames):
                    frame = av.VideoFrame.from_ndarray(picture.at(number), format="rgb24")
                    container.mux(video.encode(frame))
                    report(Stage.RENDERING, (number + 1) / task.canvas.frames)
                container.mux(video.encode())
                for block in self._tone(task.canvas) if audio else ():
                    container.mux(audio.encode(block))
                if audio:
                    container.mux(audio.encode())
        except av.FFmpegError as exc:
            raise EngineFailed(f"The clip could not be encoded: {exc.strerror}.") from exc
        return Made(out, warnings=ignored)

    def _tone(self, canvas: Canvas) -> list[av.AudioFrame]:
        at_s = np.arange(int(canvas.duration_s * SAMPLE_RATE)) / SAMPLE_RATE
        wave = np.tile(0.1 * np.sin(2 * np.pi * self._pitch_hz * at_s), (2, 1)).astype(np.float32)
        blocks = []
        for start in range(0, wave.shape[1], BLOCK_SAMPLES):
            part = np.ascontiguousarray(wave[:, start : start + BLOCK_SAMPLES])
            block = av.AudioFrame.from_ndarray(part, format="fltp", layout="stereo")
            block.sample_rate, block.pts, block.time_base = SAMPLE_RATE, start, Fraction(1, SAMPLE_RATE)
            blocks.append(block)
        return blocks


class Picture:
    """A quarter of the canvas in each direction. The same seed, the same bands: all chance comes from it."""

    def __init__(self, canvas: Canvas, seed: int) -> None:
        chance = np.random.default_rng(seed)
        self.width_px, self.height_px = canvas.size.width_px // 8 * 2, canvas.size.height_px // 8 * 2
        self._fps = canvas.fps
        self._rows = np.linspace(0, 1, self.height_px)[:, None, None]
        self._columns = np.linspace(0, 1, self.width_px)[None, :, None]
        self._colours = chance.uniform(40, 160, (BANDS, 3))
        self._heights, self._speeds = chance.uniform(0.2, 0.8, BANDS), chance.uniform(-0.5, 0.5, BANDS)

    def at(self, number: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
        """Return frame `number`: (H, W, 3) uint8, sRGB, full range."""
        light = np.zeros((1, 1, 3))
        for colour, height, speed in zip(self._colours, self._heights, self._speeds, strict=True):
            middle = height + 0.15 * np.sin(2 * np.pi * (self._columns + speed * number / self._fps))
            light = light + colour * np.exp(-(((self._rows - middle) / 0.12) ** 2))
        return np.clip(16 + light, 0, 255).astype(np.uint8)
