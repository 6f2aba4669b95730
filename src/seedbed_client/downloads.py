"""Saves a video: whole or not at all, going on where a lost connection broke off, and compared with its check sum."""

from __future__ import annotations

import hashlib
import itertools
import random
import uuid
from collections.abc import Mapping
from pathlib import Path

from seedbed_client.errors import ConnectionFailed, DamagedDownload, NoVideo
from seedbed_client.exchange import Answer, Call, Pause, Read, Service, Steps, Tell, pause_s
from seedbed_client.values import Generation, Output
from seedbed_client.videos import get


def download(service: Service, what: str | Generation, to: Path, *, progress: Tell | None = None) -> Steps[Path]:
    """Save the video of a generation at `to` and return that path. Nothing is there before all of it is.

    `progress` gets the bytes that are there and how many there will be. The key goes only to the service itself.
    Raises NoVideo, DamagedDownload, ApiError, ConnectionFailed, and OSError where the disk says no.
    """
    generation = what if isinstance(what, Generation) else (yield from get(service, what))
    if generation.output is None:
        raise NoVideo(generation.request_id, generation.status.value)
    to.parent.mkdir(parents=True, exist_ok=True)
    part = to.with_name(f".{to.name}.{uuid.uuid4().hex}.part")
    try:
        yield from _receive(service, generation.output, part, progress)
        _check(generation.output, part)
        part.replace(to)
    finally:
        part.unlink(missing_ok=True)
    return to


def _receive(service: Service, output: Output, part: Path, tell: Tell | None) -> Steps[None]:
    """Fetch until it is all there. A connection that brings something before it breaks does not count as a try."""
    version, fruitless = "", itertools.count()
    part.touch()
    while True:
        begin = part.stat().st_size
        call = Call(path=output.url, headers=_continuing(begin, version))
        answer = yield from service.exchange(call, is_open=True)
        version = answer.headers.get("etag", "")
        try:
            yield from _write(answer, part, begin if answer.status == 206 else 0, tell)
            return
        except ConnectionFailed as lost:
            tried = 0 if part.stat().st_size > begin else next(fruitless)
            pause = pause_s(service, call, lost, tried=tried, chance=random.random())
            if pause is None:
                raise
            yield Pause(pause)


def _write(answer: Answer, part: Path, begin: int, tell: Tell | None) -> Steps[None]:
    length = answer.headers.get("content-length", "")
    total = begin + int(length) if length.isdecimal() else None
    with part.open("r+b") as file:
        file.truncate(begin)
        file.seek(begin)
        while chunk := (yield Read(answer)):
            file.write(chunk)
            if tell:
                tell(file.tell(), total)


def _continuing(begin: int, version: str) -> Mapping[str, str]:
    # Without a strong ETag nothing says that the rest belongs to the same file, so it is fetched from its start.
    plain = {"Accept-Encoding": "identity"}
    if not begin or not version or version.startswith("W/"):
        return plain
    return plain | {"Range": f"bytes={begin}-", "If-Range": version}


def _check(output: Output, part: Path) -> None:
    if output.sha256 is None:
        return
    with part.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != output.sha256:
            raise DamagedDownload(output.url.partition("?")[0])
