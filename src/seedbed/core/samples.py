"""The reserved host names of RFC 2606 stand for our shipped photographs.

The documents' own curl lines name pictures on `example.com`, which no fetcher can ever load. With this setting on (the
default of the embedded service) such a URL means one of the photographs in `examples/`, and the answer says so in a
warning. The choice depends on the URL's path alone, so that the same line always makes the same clip.
"""

from __future__ import annotations

import zlib
from urllib.parse import urlsplit

SAMPLE_PHOTOS = ("dandelion.jpg", "valley.jpg", "fig.jpg", "dogs.jpg")
_DOMAINS = ("example.com", "example.net", "example.org", "example", "invalid", "test")


def sample_for(url: str) -> str | None:
    """Return the file name of the photograph that stands for this URL, or None if its host is not reserved."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".").lower()
    if parts.scheme not in ("http", "https") or not any(host == d or host.endswith("." + d) for d in _DOMAINS):
        return None
    return SAMPLE_PHOTOS[zlib.crc32(parts.path.encode(errors="replace")) % len(SAMPLE_PHOTOS)]


def sample_warning(position: int, photo: str) -> str:
    return f"mediaUrls[{position}] has a reserved host name (RFC 2606); the sample photograph {photo} stands for it"
