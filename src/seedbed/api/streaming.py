"""Sends stored bytes in small pieces, and stops reading them as soon as nobody listens any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, suppress
from typing import cast

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from seedbed.api.ranges import Span
from seedbed.blobs.store import Blobs


class BlobResponse(Response):
    """The answer with a stored file, or with a part of it. To HEAD it sends the same headers and opens nothing."""

    def __init__(self, blobs: Blobs, key: str, span: Span, *, status: int, headers: Mapping[str, str]) -> None:
        self._blobs = blobs
        self._key = key
        self._span = span
        super().__init__(None, status, headers={**headers, "Content-Length": str(span.size_bytes)})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        if scope["method"] == "HEAD" or self._span.size_bytes == 0:
            await send(start)
            await send({"type": "http.response.body", "body": b""})
            return
        chunks = cast("AsyncGenerator[bytes, None]", self._blobs.get_range(self._key, self._span.start, self._span.end))
        async with aclosing(chunks):
            first = await anext(chunks)  # before the status line: what cannot be read can still be refused
            await send(start)
            gone = asyncio.create_task(_gone(receive))
            try:
                await _send_all(first, chunks, send, gone)
            finally:
                gone.cancel()
                with suppress(asyncio.CancelledError):
                    await gone


async def _send_all(first: bytes, chunks: AsyncIterator[bytes], send: Send, gone: asyncio.Task[None]) -> None:
    await send({"type": "http.response.body", "body": first, "more_body": True})
    async for chunk in chunks:
        if gone.done():
            return
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _gone(receive: Receive) -> None:
    """Wait until the client has left. Servers do not raise when one writes to nobody."""
    while (await receive())["type"] != "http.disconnect":
        pass
