"""The motion of a reference video: its frames made small, its camera followed, its pace fitted to the clip.

The file passed a sandbox when it was fetched, but it is a stranger's still: the demuxer is named by us, only the one
local file is read, and reading ends with the length that a reference may have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av.error
import cv2
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation
from av.video.stream import VideoStream

from seedbed.core.engine import Canvas
from seedbed.core.faults import Fault, MediaFault
from seedbed.engines.animatic.camera import Track
from seedbed.engines.animatic.planes import Bytes
from seedbed.engines.animatic.tracking import Follower, Tracked
from seedbed.media.containers import open_container

_SIDE_PX = 320  # of the longer side; finer frames would be slower to follow and no surer
_LEAST_STEP_S = 1 / 32  # slow motion at 120 frames a second holds no more of a camera's path than 30 do
_LONGEST_S = 16.0
_SURE_SHARE = 0.6  # of the steps that must have been followed
_SMOOTH_S = 0.03
_PACES = (0.5, 2.0)  # seconds of video a second of clip: beyond, its motion would crawl or race
_REST_S = 0.35  # how long the camera glides on where the video ends before the clip
_STILL_SHARE = 0.0012  # of the frame: less than this over the whole video is a tripod and a tracker's noise


@dataclass(frozen=True, slots=True)
class MotionPath:
    """What a camera did, one value a frame of the clip, all zero on frame 0.

    closer: natural logarithm of the magnification. roll: clockwise, in radians. pan_x, pan_y: the view's shift over the
    picture, in canvas widths and heights. cuts: frames of the clip at which the video has a cut. is_sure: False where
    too little could be followed for the rest to mean anything.
    """

    closer: Track
    roll: Track
    pan_x: Track
    pan_y: Track
    cuts: tuple[int, ...]
    is_sure: bool


def read_motion(path: Path, canvas: Canvas, *, keep_on: Callable[[], None] = lambda: None) -> MotionPath:
    """Return the camera's path in a video, laid over the clip's length.

    `keep_on` is called for every frame; what it raises passes through. Raises MediaFault: unsupported (no picture in
    the file), invalid (nothing of it can be decoded). A broken end is left out.
    """
    follower = Follower()
    for time_s, gray in small_frames(path):
        keep_on()
        follower.see(gray, time_s)
    return laid_over(follower.tracked(), canvas)


def small_frames(path: Path) -> Iterator[tuple[float, Bytes]]:
    """Yield seconds since the first frame and (h, w) uint8 luma, upright, the longer side 320 px.

    Raises MediaFault if there is not one frame.
    """
    count, last_s, size = 0, float("-inf"), None
    with open_container(path, "mp4") as container:
        for time_s, frame in _frames(container):
            if time_s > _LONGEST_S:
                return
            # A video that changes its size is followed to where it does so.
            if size not in {None, (frame.width, frame.height)}:
                return
            if frame.is_corrupt or time_s < last_s + _LEAST_STEP_S:
                continue
            count, last_s, size = count + 1, time_s, (frame.width, frame.height)
            yield time_s, _small(frame)
    if not count:
        raise MediaFault(Fault.INVALID, "the video has no frame that can be decoded")


def _frames(container: InputContainer) -> Iterator[tuple[float, VideoFrame]]:
    """Yield what can be decoded; where the rest is broken, it ends there, unless nothing came before."""
    stream, start, count = _video_stream(container), None, 0
    stream.thread_type = "AUTO"
    rate = stream.average_rate or Fraction(24)
    frames = container.decode(stream)
    while True:
        try:
            frame = next(frames, None)
        except av.error.FFmpegError:
            if not count:
                raise
            return
        if frame is None:
            return
        time = Fraction(count) / rate if frame.pts is None else frame.pts * (frame.time_base or 1 / rate)
        start = time if start is None else start
        count += 1
        yield float(time - start), frame


def _video_stream(container: InputContainer) -> VideoStream:
    """Return the first moving picture; the cover of an audio file is none."""
    for stream in container.streams.video:
        if stream.codec_context is not None and not stream.disposition & stream.disposition.attached_pic:
            return stream
    raise MediaFault(Fault.UNSUPPORTED, "the file holds no video track that can be decoded")


def _small(frame: VideoFrame) -> Bytes:
    scale = _SIDE_PX / max(frame.width, frame.height)
    width, height = (max(16, round(side * scale)) for side in (frame.width, frame.height))
    gray: Bytes = frame.reformat(width, height, format="gray", interpolation=Interpolation.AREA).to_ndarray()
    # Phones store how they were held beside the picture. Rolling shutters and compression leave noise that a
    # little blur takes out of the corners.
    upright: Bytes = np.ascontiguousarray(np.rot90(gray, k=round(frame.rotation / 90) % 4))
    return cv2.GaussianBlur(upright, (3, 3), 0.6)


def laid_over(tracked: Tracked, canvas: Canvas) -> MotionPath:
    """Fit a tracked camera to the clip's frames: all of it if it can be, else cut short, or followed by a rest."""
    clip_s = np.arange(canvas.frames) / canvas.fps
    length_s = float(tracked.times_s[-1])
    pace = float(np.clip(length_s / max(float(clip_s[-1]), 1e-3), *_PACES))
    asked_s = clip_s * pace
    glide_s = _REST_S * pace
    over_s = np.maximum(asked_s - length_s, 0)
    closer, roll, x, y = (
        _resampled(track, tracked.times_s, np.minimum(asked_s, length_s), over_s, glide_s) for track in _camera(tracked)
    )
    # A pixel of the video is worth the same in both directions, so that a slanting path keeps its slant.
    size = canvas.size
    worth = (size.width_px * size.height_px / (tracked.width_px * tracked.height_px)) ** 0.5
    return MotionPath(
        closer=_or_still(closer),
        roll=_or_still(roll),
        pan_x=_or_still(x * worth / size.width_px),
        pan_y=_or_still(y * worth / size.height_px),
        cuts=tuple(frame for cut_s in tracked.cuts_s if (frame := round(cut_s / pace * canvas.fps)) < canvas.frames),
        is_sure=len(tracked.times_s) > 2 and tracked.followed >= _SURE_SHARE,
    )


def _camera(tracked: Tracked) -> tuple[Track, Track, Track, Track]:
    """Turn what the picture did into what the camera did: closer, roll, and the shift in pixels of the first frame."""
    roll = -tracked.turned
    cos, sin, size = np.cos(roll), np.sin(roll), np.exp(tracked.grown)
    x = -(cos * tracked.moved_x - sin * tracked.moved_y) / size
    y = -(sin * tracked.moved_x + cos * tracked.moved_y) / size
    return tracked.grown, roll, x, y


def _resampled(track: Track, at_s: Track, asked_s: Track, over_s: Track, glide_s: float) -> Track:
    """Read a track at other moments through a small window, lines kept as lines, and glide to rest after its end."""
    if len(track) < 3:
        return np.zeros_like(asked_s)
    calm = np.median(np.stack([track[:-2], track[1:-1], track[2:]]), axis=0)  # one frame's error is no motion
    calm = np.concatenate([track[:1], calm, track[-1:]])
    read, slope = _local_lines(calm, at_s, asked_s)
    read = read + slope * glide_s * (1 - np.exp(-over_s / glide_s))
    return np.asarray(read - read[0])


def _local_lines(track: Track, at_s: Track, asked_s: Track) -> tuple[Track, Track]:
    """Fit a line about each asked moment, the wider the further the frames are apart; return its height and slope."""
    away = asked_s[:, None] - at_s
    gaps_s = np.interp(asked_s, at_s, np.maximum(np.gradient(at_s), 1e-3))
    wide = np.maximum(_SMOOTH_S, 0.75 * gaps_s)[:, None]
    # Far from any frame every weight would be zero; the nearest frames then count as if they were near.
    nearest = np.abs(away).min(1, keepdims=True)
    weight = np.exp(-0.5 * (away / wide) ** 2 + 0.5 * (nearest / wide) ** 2)
    total, first, second = weight.sum(1), (weight * -away).sum(1), (weight * away**2).sum(1)
    height, tilt = weight @ track, (weight * -away) @ track
    spread = total * second - first**2
    firm = spread > 1e-9 * total**2
    safe = np.where(firm, spread, 1.0)
    line = np.where(firm, (second * height - first * tilt) / safe, height / total)
    return line, np.where(firm, (total * tilt - first * height) / safe, 0.0)


def _or_still(track: Track) -> Track:
    return track if np.ptp(track) > _STILL_SHARE else np.zeros_like(track)
