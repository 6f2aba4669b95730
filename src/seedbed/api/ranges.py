"""Byte ranges and preconditions of a stored file, as pure functions of the request's headers.

One range at a time; a list of ranges is answered with the whole file, which is allowed. Source: RFC 9110, 13 and 14.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from seedbed.core.errors import RangeNotSatisfiable

_RANGE = re.compile(r"bytes=\s*(\d{0,19})-(\d{0,19})\s*", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Span:
    """The bytes start..end of a file, end not included."""

    start: int
    end: int

    @property
    def size_bytes(self) -> int:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Version:
    """What tells one state of a file from another: a strong, quoted ETag and the moment it was written."""

    etag: str
    modified_at: datetime

    @property
    def last_modified(self) -> str:
        return format_datetime(self.modified_at.astimezone(UTC).replace(microsecond=0), usegmt=True)


def requested_span(headers: Mapping[str, str], *, size_bytes: int, version: Version) -> Span | None:
    """Return the part that is asked for, or None for the whole file. Raises RangeNotSatisfiable."""
    said = headers.get("range")
    found = _RANGE.fullmatch(said) if said else None
    if found is None or not any(found.groups()) or not _may_continue(headers.get("if-range"), version):
        return None
    first, last = found.groups()
    if not first:
        start, end = max(0, size_bytes - int(last)), size_bytes
        if last.strip("0") == "":
            raise RangeNotSatisfiable(size_bytes=size_bytes)
    else:
        start, end = int(first), min(int(last) + 1, size_bytes) if last else size_bytes
        if last and int(last) < int(first):
            return None  # not a range at all, so it is as if none had been sent
    if start >= size_bytes:
        raise RangeNotSatisfiable(size_bytes=size_bytes)
    return Span(start, end)


def is_unchanged(headers: Mapping[str, str], version: Version) -> bool:
    """Say whether the caller already has this version, so that 304 is the answer."""
    if_none_match = headers.get("if-none-match")
    if if_none_match is not None:
        return matches(if_none_match, version.etag)
    return _same_or_later(headers.get("if-modified-since"), version)


def matches(if_none_match: str, etag: str) -> bool:
    """Compare weakly, as If-None-Match wants it."""
    listed = [part.strip().removeprefix("W/") for part in if_none_match.split(",")]
    return "*" in listed or etag.removeprefix("W/") in listed


def _may_continue(if_range: str | None, version: Version) -> bool:
    """Only a strong ETag, or the exact date, proves that the parts belong to one file."""
    return if_range is None or if_range.strip() in (version.etag, version.last_modified)


def _same_or_later(since: str | None, version: Version) -> bool:
    if since is None:
        return False
    try:
        moment = parsedate_to_datetime(since)
    except (ValueError, TypeError):
        return False
    if moment.tzinfo is None:
        return False
    return version.modified_at.replace(microsecond=0) <= moment
