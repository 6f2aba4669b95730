"""Takes a request's body in piece by piece, within a limit of bytes and with a deadline that a trickle cannot meet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from starlette.requests import Request

from seedbed.core.errors import InvalidRequest, TooLarge, UnsupportedMediaType

# What a body may take beyond the time-out grows with what has arrived of it: 128 kbit/s are enough for any size.
LEAST_BYTES_PER_S = 16_000


def check_encoding(request: Request) -> None:
    """Refuse a compressed body. Raises UnsupportedMediaType."""
    encoding = request.headers.get("content-encoding", "identity")
    if encoding.lower() != "identity":
        raise UnsupportedMediaType(f"A compressed body ({encoding[:40]}) is not taken; send it as it is.")


def declared_bytes(request: Request) -> int:
    """Return the body's length as the caller declares it; 0 if it does not say."""
    text = request.headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0


async def limited(request: Request, *, what: str, limit_bytes: int, timeout_s: float) -> AsyncGenerator[bytes, None]:
    """Yield the body's chunks.

    Raises TooLarge as soon as they are known to be more than the limit, and InvalidRequest when they come too slowly:
    only the time spent waiting for the sender counts.
    """
    received = 0
    waited_s = 0.0
    clock = asyncio.get_running_loop().time
    if declared_bytes(request) > limit_bytes:
        raise TooLarge(what, limit_bytes=limit_bytes)
    async with aclosing(request.stream()) as chunks:
        while True:
            began_s = clock()
            try:
                async with asyncio.timeout(timeout_s + received / LEAST_BYTES_PER_S - waited_s):
                    chunk = await anext(chunks, None)
            except TimeoutError as exc:
                raise _too_slow(received) from exc
            waited_s += clock() - began_s
            if chunk is None:
                return
            received += len(chunk)
            if received > limit_bytes:
                raise TooLarge(what, limit_bytes=limit_bytes)
            yield chunk


def _too_slow(received: int) -> InvalidRequest:
    return InvalidRequest(
        f"The body did not arrive in time: {received} bytes of it came. Send it again, over a faster connection.",
        param="body",
    )
