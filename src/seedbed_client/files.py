"""Files on their way: uploads, and downloads, whole or not there, which go on where a lost connection broke off."""

from __future__ import annotations

import hashlib
import uuid
from pathlib import Path
from typing import BinaryIO

from seedbed_client.errors import ApiError, ConnectionFailed, DamagedDownload, NoVideo
from seedbed_client.exchange import ROOT, Call, Service, Tell, path_of
from seedbed_client.values import Asset, Generation


async def upload(
    service: Service, path: Path, *, progress: Tell | None = None, idempotency_key: str | None = None
) -> Asset:
    """Upload a picture, a video or a sound. `progress` gets the bytes sent so far and how many there are."""
    key = idempotency_key or str(uuid.uuid4())
    return await service.ask(Call(method="POST", path=f"{ROOT}/uploads", file=path, tell=progress, key=key), Asset)


async def download(service: Service, what: str | Generation, to: Path, *, progress: Tell | None = None) -> Path:
    """Save the video of a generation at `to` and return that path. Nothing is there before all of it is.

    `progress` gets the bytes that are there and how many there will be. The key goes only to the service itself.
    Raises NoVideo, DamagedDownload, ApiError, ConnectionFailed, and OSError where the disk says no.
    """
    generation = what if isinstance(what, Generation) else await service.ask(Call(path=path_of(what)), Generation)
    output = generation.output
    if output is None:
        raise NoVideo(generation.request_id, generation.status.value)
    to.parent.mkdir(parents=True, exist_ok=True)
    part = to.with_name(f".{to.name}.{uuid.uuid4().hex}.part")
    try:
        with part.open("x+b") as file:
            await _receive(service, output.url, file, progress)
            file.seek(0)
            if output.sha256 and hashlib.file_digest(file, "sha256").hexdigest() != output.sha256:
                raise DamagedDownload(output.url.partition("?")[0])
        part.replace(to)
    finally:
        part.unlink(missing_ok=True)
    return to


async def _receive(service: Service, url: str, file: BinaryIO, tell: Tell | None) -> None:
    """Fetch until it is all there. A connection that brings something before it breaks does not count as a try."""
    version, tried = "", 0
    while True:
        begin = file.tell()
        # Without a strong ETag nothing says that the rest belongs to the same file, so it is fetched from its start.
        can_go_on = begin and version and not version.startswith("W/")
        resume = {"Range": f"bytes={begin}-", "If-Range": version} if can_go_on else {}
        call = Call(path=url, headers={"Accept-Encoding": "identity"} | resume)
        try:
            async with service.open(call) as answer:
                version = answer.headers.get("etag", "")
                file.seek(begin if answer.status_code == 206 else 0)
                file.truncate()
                length = answer.headers.get("content-length", "")
                total = file.tell() + int(length) if length.isdecimal() else None
                async for chunk in answer.aiter_bytes():
                    file.write(chunk)
                    if tell:
                        tell(file.tell(), total)
            return
        except (ApiError, ConnectionFailed) as lost:
            has_come = file.tell() > begin
            await service.rest(call, lost, tried=0 if has_come else tried)
            tried = 0 if has_come else tried + 1
