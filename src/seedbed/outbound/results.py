"""Brings a finished video from the server that made it: tried again with a fresh address, and looked at before use.

An address may have expired, and a connection may break; neither is a reason to have the video made again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from seedbed.core.errors import UpstreamFailed, UpstreamRefused
from seedbed.core.faults import MediaFault
from seedbed.core.references import Kind
from seedbed.media.sniff import HEAD_BYTES, sniff_bytes
from seedbed.outbound.upstream import Beat, Upstream, pause

TRIES = 3
FIRST_WAIT_S = 0.5
_WEBM = b"\x1a\x45\xdf\xa3"
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Result:
    """Where a video is, and its SHA-256 if its server says it."""

    url: str
    sha256: str | None = None


def collect(
    upstream: Upstream,
    result: Result,
    out: Path,
    *,
    again: Callable[[], Result],
    beat: Beat,
    limit_bytes: int,
    patience_s: float = 0.0,
) -> None:
    """Write the video to `out`. `again` asks the server where it is now, before each further try.

    `patience_s`: how long each try waits for a file that is not there yet. Raises UpstreamFailed if it does not come,
    is too large or is no video, and then leaves no file; and Stop from `beat`.
    """
    tries_left = TRIES
    wait_s = FIRST_WAIT_S
    while True:
        try:
            upstream.download(result.url, out, beat=beat, limit_bytes=limit_bytes, patience_s=patience_s)
            return _check(out, result, beat)
        except UpstreamFailed as exc:
            out.unlink(missing_ok=True)
            tries_left -= 1
            if isinstance(exc, UpstreamRefused) or not tries_left:
                raise
        pause(wait_s, beat)
        wait_s *= 2
        result = again()


def _check(path: Path, result: Result, beat: Beat) -> None:
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not _is_video(head):
        raise UpstreamFailed("What the remote engine gave as its video is no MP4, MOV or WebM.")
    if result.sha256 and _sha256(path, beat) != result.sha256.lower():
        raise UpstreamFailed("The remote engine's video arrived with another SHA-256 than the server says.")


def _is_video(head: bytes) -> bool:
    try:
        return head.startswith(_WEBM) or sniff_bytes(head).kind is Kind.VIDEO
    except MediaFault:
        return False


def _sha256(path: Path, beat: Beat) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
            beat()
    return digest.hexdigest()
