"""Small videos and sounds to refer to."""

from __future__ import annotations

import wave
from pathlib import Path

import av
import numpy as np


def write_video(path: Path, *, seconds: int = 1, fps: int = 30, has_sound: bool = False) -> None:
    """Write an MP4 of 160 x 90 whose brightness is the frame's number."""
    with av.open(str(path), "w") as made:
        video = made.add_stream("libx264", rate=fps, options={"crf": "1"})
        video.width, video.height, video.pix_fmt = 160, 90, "yuv420p"
        sound = made.add_stream("aac", rate=44_100) if has_sound else None
        for number in range(seconds * fps):
            frame = av.VideoFrame.from_ndarray(np.full((90, 160, 3), number, np.uint8), format="rgb24")
            made.mux(video.encode(frame))
        made.mux(video.encode())
        if sound is not None:
            tone = np.sin(np.arange(44_100 * seconds) / 20).astype(np.float32) / 4
            block = av.AudioFrame.from_ndarray(np.stack([tone, tone]), format="fltp", layout="stereo")
            block.sample_rate = 44_100
            made.mux(sound.encode(block))
            made.mux(sound.encode())


def write_tone(path: Path, *, hz: float, seconds: float = 2, rate_hz: int = 44_100) -> None:
    """Write a WAV with one channel."""
    tone = np.sin(np.arange(int(seconds * rate_hz)) * 2 * np.pi * hz / rate_hz) * 8000
    with wave.open(str(path), "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(2)
        made.setframerate(rate_hz)
        made.writeframes(tone.astype("<i2").tobytes())
