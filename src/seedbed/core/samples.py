"""The placeholder hosts of the documents: what a pasted curl line means, and whom it must not reach.

The documents' own lines name pictures on `example.com`, which no fetcher can ever load, and a webhook on
`your-app.com`, which is somebody else's. With this setting on (the default of the embedded service) a picture on a host
name reserved by RFC 2606 means one of our shipped photographs, and a webhook on a placeholder is not sent; the answer
says so in a warning. Which photograph depends on the URL's path alone, so that the same line makes the same clip.
"""

from __future__ import annotations

import zlib
from urllib.parse import SplitResult, urlsplit

SAMPLE_PHOTOS = ("dandelion.jpg", "valley.jpg", "fig.jpg", "dogs.jpg")
_RESERVED = ("example.com", "example.net", "example.org", "example", "invalid", "test")
_DOCUMENTED_APP = "your-app.com"


def sample_for(url: str) -> str | None:
    """Return the file name of the photograph that stands for this URL, or None if its host is not reserved."""
    parts = _split(url)
    if parts is None or not _is_within(parts, _RESERVED):
        return None
    return SAMPLE_PHOTOS[zlib.crc32(parts.path.encode(errors="replace")) % len(SAMPLE_PHOTOS)]


def is_placeholder_webhook(url: str) -> bool:
    """Say whether a webhook's URL is one that nobody meant: a reserved host, or the documents' own `your-app.com`."""
    parts = _split(url)
    return parts is not None and _is_within(parts, (*_RESERVED, _DOCUMENTED_APP))


def sample_warning(name: str, photo: str) -> str:
    return f"{name} has a reserved host name (RFC 2606); the sample photograph {photo} stands for it"


def webhook_warning() -> str:
    return "webhookUrl has a placeholder's host name; nothing will be sent there"


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return parts if parts.scheme in ("http", "https") and parts.hostname else None


def _is_within(parts: SplitResult, domains: tuple[str, ...]) -> bool:
    host = (parts.hostname or "").rstrip(".").lower()
    return any(host == domain or host.endswith("." + domain) for domain in domains)
