"""Finds out what a file is, and refuses what breaks a limit or is broken itself.

Cheap questions come first: a huge file is refused by its size, a huge picture by its header, before
anything is decoded. It is meant for files that strangers sent, so it runs in a limited child process (`media.sandbox`).
"""

from __future__ import annotations

from pathlib import Path

from seedbed.core.limits import MediaLimits, Probe, check_bytes, check_probe, check_size
from seedbed.core.references import Kind
from seedbed.core.sizes import Size
from seedbed.media.sniff import sniff


def probe(path: Path, *, limits: MediaLimits) -> Probe:
    """Return what the file is, once all of it was found sound. Raises MediaFault: unsupported, too large, invalid."""
    format_ = sniff(path)
    size_bytes = path.stat().st_size
    check_bytes(format_.kind, size_bytes, limits)
    if format_.kind is Kind.IMAGE:
        found = Probe(format_, size_bytes, size=_probe_image(path, limits))
    else:
        # Imported here: FFmpeg costs a tenth of a second that a picture does not need.
        from seedbed.media.clips import probe_audio, probe_video

        measure = probe_video if format_.kind is Kind.VIDEO else probe_audio
        found = measure(path, format_, size_bytes=size_bytes, limits=limits)
    check_probe(found, limits)
    return found


def _probe_image(path: Path, limits: MediaLimits) -> Size:
    from seedbed.media.pictures import decode_image, is_turned_sideways, open_image

    max_pixels = limits.max_side_px**2
    with open_image(path, max_pixels=max_pixels) as picture:
        width_px, height_px = picture.size
        upright = Size(height_px, width_px) if is_turned_sideways(picture) else Size(width_px, height_px)
    check_size(Kind.IMAGE, upright, limits)
    decode_image(path, max_pixels=max_pixels)
    return upright
