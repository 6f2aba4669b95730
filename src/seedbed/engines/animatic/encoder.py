"""One H.264 encoder for one part of a clip: x264 with one thread, or the graphics card's where it works.

All encoders of a clip are opened alike, because an MP4 keeps the parameter sets of only one of them.
"""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import av.error
import numpy as np
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

from seedbed.core.engine import Canvas
from seedbed.engines.animatic.planes import Planes

X264, NVENC = "libx264", "h264_nvenc"
KEY_FRAME_EVERY = 96  # frames at most
OPTIONS = {
    X264: {
        "preset": "veryfast",
        "crf": "20",
        "profile": "high",
        "forced-idr": "1",
        # The camera moves the picture evenly, so a block goes where its neighbours went. Cutting blocks up between
        # frames (p8x8) takes a quarter of the time and saves a hundredth of the bits; searching each motion twice as
        # well (subme 2, me hex) takes a third of the rest and saves a fifteenth, at the same PSNR.
        "x264-params": f"keyint={KEY_FRAME_EVERY}:min-keyint=12:open-gop=0:partitions=i8x8,i4x4:subme=1:me=dia",
    },
    NVENC: {"preset": "p4", "tune": "hq", "rc": "vbr", "cq": "21", "b": "0", "profile": "high", "forced-idr": "1"},
}
_EXACT_Q = 18  # without it detailed pictures come back with an SSIM of 0.93 to 0.97 on the frames promised exactly
_NVIDIA = Path("/dev/nvidiactl")  # without it there is no card to ask, and asking would only write to the log


def open_encoder(canvas: Canvas, name: str, *, exact: Collection[int] = ()) -> VideoCodecContext:
    """`exact`: frames, counted from this encoder's first, that were promised to be a given picture (x264 alone)."""
    encoder = VideoCodecContext.create(name, "w")
    assert isinstance(encoder, VideoCodecContext)
    configure(encoder, canvas, name)
    if name == X264 and exact:
        # Zones change how frames are coded and no parameter set, so the parts still fit one another.
        zones = "/".join(f"{frame},{frame},q={_EXACT_Q}" for frame in sorted(exact))
        encoder.options = OPTIONS[name] | {"x264-params": f"{OPTIONS[name]['x264-params']}:zones={zones}"}
    encoder.open()
    return encoder


def configure(encoder: VideoCodecContext, canvas: Canvas, name: str) -> None:
    encoder.width, encoder.height = canvas.size.width_px, canvas.size.height_px
    encoder.pix_fmt = "yuv420p"
    encoder.framerate = Fraction(canvas.fps)
    encoder.time_base = Fraction(1, canvas.fps)
    encoder.sample_aspect_ratio = Fraction(1)
    encoder.colorspace = Colorspace.ITU709
    encoder.color_primaries = ColorPrimaries.BT709
    encoder.color_trc = ColorTrc.BT709
    encoder.color_range = ColorRange.MPEG
    encoder.options = dict(OPTIONS[name])
    encoder.gop_size = KEY_FRAME_EVERY
    encoder.thread_count = 1
    # MP4 keeps the parameter sets once, beside the stream, not before every key frame.
    encoder.flags |= Flags.global_header


def choose_encoder(canvas: Canvas) -> str:
    """Return the name of the best encoder that works here for frames of this size."""
    return NVENC if _NVIDIA.exists() and _opens(canvas, NVENC) else X264


@cache
def _opens(canvas: Canvas, name: str) -> bool:
    """Say whether the encoder opens and takes a frame: a driver may be there and its card lack the unit."""
    if name not in av.codecs_available:
        return False
    gray = Planes.empty(canvas.size.width_px, canvas.size.height_px)
    for plane in gray.each():
        plane[:] = 128
    try:
        encoder = open_encoder(canvas, name)
        return bool(encoder.encode(to_frame(gray, 0)) + encoder.encode(None))
    except av.error.FFmpegError:
        return False


def to_frame(planes: Planes, number: int, cuts: Collection[int] = ()) -> VideoFrame:
    """Return the planes as the clip's frame of that number; `cuts` are frames that must be key frames.

    The frame looks into the planes' own memory where they lie one after the other: leave them alone until it is gone.
    """
    height, width = planes.y.shape
    whole = planes.whole
    # PyAV takes the height of such a buffer for a multiple of 4, and would look for the chroma two lines too early.
    if whole is None or height % 4:
        frame = VideoFrame(width, height, "yuv420p")
        for target, plane in zip(frame.planes, planes.each(), strict=True):
            buffer = np.frombuffer(memoryview(target), np.uint8).reshape(-1, target.line_size)
            buffer[: plane.shape[0], : plane.shape[1]] = plane
    else:
        frame = VideoFrame.from_numpy_buffer(whole.reshape(height * 3 // 2, width), format="yuv420p")
    frame.pts = number
    frame.colorspace, frame.color_range = Colorspace.ITU709, ColorRange.MPEG
    if number in cuts:
        frame.pict_type = PictureType.I
    return frame
