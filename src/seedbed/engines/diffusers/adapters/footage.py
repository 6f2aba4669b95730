"""Reads a reference that stays a file, a video or a sound, as a model wants it: at its rate, its size, its length.

The library's own readers keep every frame at the file's size: fifteen seconds of a telephone's video are six gigabytes.
Here no more is kept than the model will look at, and a rate that changes on the way is followed by time, not by count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path

import numpy as np
from av.audio.resampler import AudioResampler
from av.video.frame import VideoFrame
from PIL import Image

from seedbed.core.faults import Fault, MediaFault
from seedbed.core.sizes import Size
from seedbed.engines.diffusers.adapter import Wave
from seedbed.media.containers import open_container
from seedbed.media.decode import to_pixels
from seedbed.media.pictures import Pixels
from seedbed.media.sniff import sniff


def read_frames(path: Path, *, fps: int, most: int, size_for: Callable[[Size], Size]) -> Pixels:
    """Return a video's frames at a constant rate, upright: (T, H, W, 3) uint8 sRGB, T at most `most`.

    `size_for` turns the video's size into the wanted one. Raises MediaFault.
    """
    frames: list[Pixels] = []
    size: Size | None = None
    for frame in _at_rate(path, fps):
        pixels = to_pixels(frame)
        size = size or size_for(Size(pixels.shape[1], pixels.shape[0]))
        frames.append(_scaled(pixels, size))
        if len(frames) == most:
            break
    if not frames:
        raise MediaFault(Fault.INVALID, "the video has no frame that can be decoded")
    return np.stack(frames)


def read_sound(path: Path, *, rate_hz: int, most_s: float) -> Wave | None:
    """Return the sound of a file as (2, N) float32 at that rate, or None if it has none. Raises MediaFault."""
    most = int(most_s * rate_hz)
    with open_container(path, sniff(path).value) as container:
        if not container.streams.audio:
            return None
        resampler = AudioResampler(format="fltp", layout="stereo", rate=rate_hz)
        blocks: list[Wave] = []
        kept = 0
        for frame in chain(container.decode(audio=0), (None,)):
            for block in resampler.resample(frame):
                blocks.append(block.to_ndarray().astype(np.float32, copy=False))
                kept += block.samples
            if kept >= most:
                break
    return np.concatenate(blocks, axis=1)[:, :most] if blocks else None


def _at_rate(path: Path, fps: int) -> Iterator[VideoFrame]:
    """Give the frame that is on screen in the middle of each slot of the new rate."""
    slot = 0
    begun: Fraction | None = None
    shown: VideoFrame | None = None
    with open_container(path, sniff(path).value) as container:
        for frame in container.decode(video=0) if container.streams.video else ():
            at_s = _time_of(frame)
            begun = at_s if begun is None else begun
            while shown is not None and Fraction(2 * slot + 1, 2 * fps) <= at_s - begun:
                yield shown
                slot += 1
            shown = frame
        if shown is not None and begun is not None:
            end_s = _time_of(shown) - begun + _length_of(shown, fps)
            while slot == 0 or Fraction(2 * slot + 1, 2 * fps) < end_s:
                yield shown
                slot += 1


def _time_of(frame: VideoFrame) -> Fraction:
    return (frame.pts or 0) * Fraction(frame.time_base or 1)


def _length_of(frame: VideoFrame, fps: int) -> Fraction:
    """Return how long the last frame stays. A length beyond a second is a fault of the file."""
    length_s = (frame.duration or 0) * Fraction(frame.time_base or 1)
    return length_s if 0 < length_s <= 1 else Fraction(1, fps)


def _scaled(pixels: Pixels, size: Size) -> Pixels:
    if pixels.shape[:2] == (size.height_px, size.width_px):
        return pixels
    picture = Image.fromarray(pixels).resize((size.width_px, size.height_px), Image.Resampling.LANCZOS)
    return np.asarray(picture, dtype=np.uint8)
