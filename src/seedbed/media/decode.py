"""Turns files into pixels: pictures (`media.pictures`), and frames of videos.

Whatever a file holds, what comes out is one kind of array: (H, W, 3) uint8, sRGB, full range, upright.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, Interpolation

from seedbed.core.faults import Fault, MediaFault
from seedbed.media.containers import open_container
from seedbed.media.pictures import Pixels, decode_image

__all__ = ["Pixels", "decode_image", "first_frame_of_video", "last_frame_of_video", "to_pixels"]

# FFmpeg's word for a frame that does not say which matrix made its luma (AVCOL_SPC_UNSPECIFIED).
UNTAGGED = 2
HD_HEIGHT_PX = 720
NO_FRAME = "the video has no frame that can be decoded"


def first_frame_of_video(path: Path) -> Pixels:
    """Return the first frame of an mp4, mov or m4v file: (H, W, 3) uint8, sRGB, full range, upright.

    Raises MediaFault (invalid) if the file cannot be decoded.
    """
    with open_container(path, "mp4") as container:
        if container.streams.video:
            for frame in container.decode(video=0):
                return to_pixels(frame)
    raise MediaFault(Fault.INVALID, NO_FRAME)


def last_frame_of_video(path: Path) -> Pixels:
    """Return the last frame, as `first_frame_of_video` does. Decodes only what follows the last key frame."""
    last = None
    with open_container(path, "mp4") as container:
        if container.streams.video:
            stream = container.streams.video[0]
            container.seek(stream.duration or 0, stream=stream)
            for last in container.decode(stream):  # noqa: B007 (only the last one is wanted)
                pass
    if last is None:
        raise MediaFault(Fault.INVALID, NO_FRAME)
    return to_pixels(last)


def to_pixels(frame: VideoFrame) -> Pixels:
    """Return a decoded frame as (H, W, 3) uint8, sRGB, full range, turned upright.

    An untagged frame is taken for BT.709 from 720 lines up and for BT.601 below, as players do.
    """
    guess = Colorspace.ITU709 if min(frame.width, frame.height) >= HD_HEIGHT_PX else Colorspace.ITU601
    rgb = frame.reformat(
        format="rgb24",
        src_colorspace=guess if frame.colorspace == UNTAGGED else None,
        interpolation=Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT,
    )
    pixels = rgb.to_ndarray().astype(np.uint8, copy=False)
    return np.ascontiguousarray(np.rot90(pixels, k=round(frame.rotation / 90) % 4))
