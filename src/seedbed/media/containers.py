"""Opens video and sound files with FFmpeg's demuxers, by force and from one local file only.

A container's own word is never trusted: left to itself, FFmpeg would take a text file for a playlist and read other
files or addresses that it names. So the demuxer is named by us, reads from a file that we opened, and may open nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import av.container
import av.error

from seedbed.core.faults import Fault, MediaFault

# WebM is no format of references, but engines may make it.
DEMUXERS = {"mp4": "mov", "mov": "mov", "m4v": "mov", "mp3": "mp3", "wav": "wav", "webm": "matroska"}


@contextmanager
def open_container(path: Path, format_name: str) -> Iterator[av.container.InputContainer]:
    """Open a file whose format is known. Raises MediaFault (invalid), also for faults met while it is being read."""
    with path.open("rb") as file:
        try:
            with av.open(
                file,
                "r",
                format=DEMUXERS[format_name],
                options={"protocol_whitelist": "none"},
                metadata_errors="replace",
                buffer_size=1 << 18,
            ) as container:
                yield container
        except (av.error.FFmpegError, OSError) as exc:
            raise MediaFault(Fault.INVALID, f"the {format_name} file is broken or cut off and cannot be read") from exc
