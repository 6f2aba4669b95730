"""Reads a part of stored bytes as a stream, and goes on where it stopped if a bucket breaks off.

A request to a bucket ends after a minute even if it is the reader that is slow, and a store may be restarted: bytes
under a key never change, so another request for the rest is as good.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import obstore
import structlog
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore

from seedbed.blobs.refusals import explain

log = structlog.get_logger()

CHUNK_BYTES = 256 * 1024
CHUNK_S = 60.0
RESUME_S = 30.0  # for so long no byte may come
RESUME_PAUSE_S = 0.25


async def read_range(store: ObjectStore, key: str, start: int, end: int) -> AsyncIterator[bytes]:
    """Yield the bytes start..end (end not included), in chunks of about 256 KiB.

    Raises what the library raises; if nothing has come yet, at once.
    """
    position, waits_until = start, 0.0
    stream = _stream(store, key, start, end)
    while position < end:
        try:
            chunk = await anext(stream)
        except (BaseError, OSError) as exc:
            now = asyncio.get_running_loop().time()
            waits_until = waits_until or now + RESUME_S
            if position == start or isinstance(store, LocalStore) or now > waits_until:
                raise
            log.info("blobs.resuming", reason=explain(exc), at_byte=position)
            await asyncio.sleep(RESUME_PAUSE_S)
            stream = _stream(store, key, position, end)
        else:
            position, waits_until = position + len(chunk), 0.0
            yield chunk


async def _stream(store: ObjectStore, key: str, start: int, end: int) -> AsyncIterator[bytes]:
    async with asyncio.timeout(CHUNK_S):
        result = await obstore.get_async(store, key, options={"range": (start, end)})
    stream = aiter(result.stream(min_chunk_size=CHUNK_BYTES))
    while True:
        async with asyncio.timeout(CHUNK_S):
            chunk = await anext(stream, None)
        if chunk is None:
            return
        data = memoryview(chunk)
        for offset in range(0, len(data), CHUNK_BYTES):
            yield bytes(data[offset : offset + CHUNK_BYTES])
