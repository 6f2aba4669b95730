"""Gives a clip exactly the canvas's frames at its constant rate, whatever rate, and however steady, it came with.

A frame that is there at a moment is taken as it is; between two, one is made (`media.motion`), unless a cut lies there,
or so long a pause that the source means a still. A clip that is too long is trimmed. One that ends early holds its last
frame, because slowing it down would carry the sound away from the picture and make every frame anew: at most for what
the coarsest frame rule in the field, 17n + 5, can fall short of. What ends earlier is not what was asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial

from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from seedbed.core.engine import Canvas
from seedbed.core.errors import EngineFailed
from seedbed.media.motion import Between

MAX_HELD_FRAMES = 17
# A frame this near to a moment is the one on screen at it. Containers that count milliseconds are off by half a one.
TOLERANCE_S = Fraction(1, 500)
LONGEST_STEP_S = Fraction(1, 5)
# Within this of the canvas's rate the clip is played a trifle faster or slower: 23.976 for 24 is 15 ms in 15 s.
SAME_RATE = Fraction(1, 500)
ASSUMED_RATE = Fraction(24)


@dataclass(frozen=True, slots=True)
class Timed:
    """A decoded frame, when it is shown, in seconds from the first one, and until when."""

    time_s: Fraction
    end_s: Fraction
    frame: VideoFrame


class Still:
    """A frame of the source, made to fit only when it is used."""

    def __init__(self, timed: Timed, fit: Callable[[VideoFrame], VideoFrame]) -> None:
        self.time_s, self.end_s = timed.time_s, timed.end_s
        self._frame = timed.frame
        self._fit = fit
        self._fitted: VideoFrame | None = None

    @property
    def fitted(self) -> VideoFrame:
        if self._fitted is None:
            self._fitted = self._fit(self._frame)
        return self._fitted


def timed_frames(container: InputContainer, stream: VideoStream, *, fps: int) -> Iterator[Timed]:
    """Decode a track. Frames that go back in time are left out; one without a time follows the one before at once."""
    rate = Fraction(stream.average_rate or ASSUMED_RATE)
    pace = rate / fps if abs(rate / fps - 1) <= SAME_RATE else Fraction(1)
    start_s, end_s, last_s = None, Fraction(0), Fraction(-1)
    for frame in container.decode(stream):
        clock = Fraction(frame.time_base or 1)
        start_s = (frame.pts or 0) * clock if start_s is None else start_s
        time_s = end_s if frame.pts is None else (frame.pts * clock - start_s) * pace
        if time_s > last_s:
            end_s, last_s = time_s + (frame.duration * clock or 1 / rate) * pace, time_s
            yield Timed(time_s, end_s, frame)


class Retiming:
    """One clip's way to the canvas's rate. `held_frames`, once it is through: how many repeat the last one."""

    def __init__(self, canvas: Canvas, *, watch: Callable[[int], None]) -> None:
        self._canvas = canvas
        self._watch = watch
        self._between: Between | None = None
        self.held_frames = 0

    def __call__(self, frames: Iterable[Timed], *, fit: Callable[[VideoFrame], VideoFrame]) -> Iterator[VideoFrame]:
        """Return exactly the canvas's frames, numbered, each as soon as it is known. `fit` brings one to its size.

        `watch` is told the number of the next one before each piece of work. Raises EngineFailed, after the frames that
        are there, if they end too early.
        """
        step_s, number = Fraction(1, self._canvas.fps), 0
        shown: Still | None = None
        for timed in frames:
            coming = Still(timed, fit)
            while shown is not None and number < self._canvas.frames and number * step_s < coming.time_s:
                yield self._numbered(partial(self._at, number * step_s, shown, coming), number)
                number += 1
            if number == self._canvas.frames:
                return
            self._watch(number)
            shown = coming
        if shown is None:
            raise EngineFailed("The engine's file holds no frame that can be decoded.")
        self.held_frames = sum(1 for n in range(number, self._canvas.frames) if n * step_s >= shown.end_s - TOLERANCE_S)
        if self.held_frames > MAX_HELD_FRAMES:
            raise EngineFailed(
                f"The engine's video is {float(shown.end_s):.2f} s long, where {float(self._canvas.duration_s):.2f} s "
                "were wanted."
            )
        for held in range(number, self._canvas.frames):
            yield self._numbered(lambda: shown.fitted, held)

    def _numbered(self, draw: Callable[[], VideoFrame], number: int) -> VideoFrame:
        self._watch(number)
        frame = draw()
        self._watch(number)
        frame.pts, frame.time_base = number, Fraction(1, self._canvas.fps)
        return frame

    def _at(self, time_s: Fraction, shown: Still, coming: Still) -> VideoFrame:
        gone_s, left_s = time_s - shown.time_s, coming.time_s - time_s
        if gone_s <= TOLERANCE_S or gone_s + left_s > LONGEST_STEP_S:
            return shown.fitted
        if left_s <= TOLERANCE_S:
            return coming.fitted
        self._between = self._between or Between(self._canvas.size)
        made = self._between(shown.fitted, coming.fitted, float(gone_s / (gone_s + left_s)))
        nearest = shown if gone_s <= left_s else coming
        return nearest.fitted if made is None else made
