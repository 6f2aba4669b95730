"""Small pictures of finished videos: made in a limited child when the first one asks, and kept beside the video.

Whatever is under the attempt's key goes with the job, so nobody has to remember them.
"""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import suppress
from pathlib import Path

import structlog

from seedbed.api.results import StoredFile
from seedbed.api.service import Service
from seedbed.core.errors import Gone, InternalError, Misuse, NotFound
from seedbed.core.faults import MediaFault
from seedbed.core.job import Job, Output
from seedbed.media.sandbox import poster_in_child

log = structlog.get_logger()


async def poster_of(service: Service, job: Job, output: Output) -> StoredFile:
    """Return where the poster of a finished video is, once it is there. Raises Gone, Unavailable and InternalError."""
    key = f"{output.key.rpartition('/')[0]}/poster.jpg"
    if not await _is_there(service, key):
        async with service.probes:
            if not await _is_there(service, key):  # another may have made it while this one waited
                await _make(service, output.key, key)
    return StoredFile(key, f'"{output.sha256}-poster"', "image/jpeg", f"{job.id}.jpg")


async def _is_there(service: Service, key: str) -> bool:
    try:
        await service.blobs.head(key)
    except NotFound:
        return False
    return True


async def _make(service: Service, video_key: str, key: str) -> None:
    folder = await asyncio.to_thread(tempfile.TemporaryDirectory, prefix="seedbed-poster-")
    try:
        path = Path(folder.name) / "video.mp4"
        await service.blobs.copy_to(video_key, path)
        poster = await poster_in_child(path)
        with suppress(Misuse):  # another process was faster, and made the same
            await service.blobs.put_bytes(key, poster)
    except NotFound as exc:
        raise Gone("This result is past its retention and was deleted.") from exc
    except MediaFault as fault:
        log.warning("poster.failed", key=video_key, reason=fault.reason)
        raise InternalError from fault
    finally:
        await asyncio.to_thread(folder.cleanup)
