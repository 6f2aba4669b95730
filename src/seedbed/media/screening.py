"""Looks at a file from outside before it is opened, and at its picture's measures before a frame is decoded.

An engine may be somebody else's server, and may answer with an error page, half a file, or more bytes than anyone can
hold. Each is said in words, because the sentence is all that a person will see of it.
"""

from __future__ import annotations

from pathlib import Path

from av.container import InputContainer
from av.video.stream import VideoStream

from seedbed.core.errors import EngineFailed

MAX_SOURCE_BYTES = 2 * 1024**3
# A decoder may keep twenty frames; of this many pixels, in ten bits, they take a gigabyte. 4K has half as many.
MAX_SOURCE_PIXELS = 4096 * 4096
MAX_SIDE_PX = 8192
MIN_SIDE_PX = 16
DECODING_THREADS = 2
HEAD_BYTES = 512
# Text is what an error page, a JSON answer or a playlist is. A video's first bytes are a length, with zeros in it.
TEXTS = {b"<": "an HTML or XML page", b"{": "a JSON document", b"[": "a JSON document", b"#EXTM3U": "a playlist"}


def screen_file(path: Path, *, max_bytes: int) -> None:
    """Raises EngineFailed if this is no file, an empty one, a huge one, or a text. Reads a few bytes."""
    try:
        size_bytes = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES).lstrip(b"\xef\xbb\xbf \t\r\n")
    except OSError as exc:
        raise EngineFailed(f"The engine's file is not there: {exc.strerror}.") from exc
    if size_bytes > max_bytes:
        raise EngineFailed(f"The engine's file has {size_bytes} bytes; at most {max_bytes} are taken.")
    if size_bytes == 0:
        raise EngineFailed("The engine's file is empty.")
    for beginning, name in TEXTS.items():
        if head.startswith(beginning):
            raise EngineFailed(f"The engine's file is {name}, not a video.")


def screened_picture(given: InputContainer, *, max_pixels: int) -> VideoStream:
    """Return the track to decode, set to refuse frames that grow beyond the limit on the way. Raises EngineFailed."""
    for stream in given.streams.video:
        if stream.codec_context is not None and not stream.disposition & stream.disposition.attached_pic:
            _check_measures(stream, max_pixels)
            stream.codec_context.options = {"max_pixels": str(max_pixels)}
            stream.thread_type, stream.thread_count = "AUTO", DECODING_THREADS
            return stream
    raise EngineFailed("The engine's file holds no picture that can be decoded.")


def _check_measures(stream: VideoStream, max_pixels: int) -> None:
    width_px, height_px = stream.width, stream.height
    if min(width_px, height_px) < MIN_SIDE_PX or max(width_px, height_px) > MAX_SIDE_PX:
        raise EngineFailed(
            f"The engine's video is {width_px}x{height_px}; sides of {MIN_SIDE_PX} to {MAX_SIDE_PX} pixels are taken."
        )
    if width_px * height_px > max_pixels:
        raise EngineFailed(f"The engine's video is {width_px}x{height_px}, which is more than {max_pixels} pixels.")
