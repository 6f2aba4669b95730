"""Keeps one address from getting too many connections from this process at a time.

Counted by address and not by name, because any number of names may point at the one machine that somebody wants to hit.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import httpcore

from seedbed.core.openings import Address


class Crowd:
    """`at_once` connections to an address are open; whoever comes later waits in line, as long as its own deadline."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._lines: dict[Address, asyncio.Semaphore] = {}
        self._there: Counter[Address] = Counter()

    async def enter(self, address: Address) -> Callable[[], None]:
        """Wait for a place and return what gives it back; to call that twice is harmless."""
        line = self._lines.setdefault(address, asyncio.Semaphore(self._at_once))
        with ExitStack() as leaving:
            self._there[address] += 1
            leaving.callback(self._forget, address)
            await line.acquire()
            leaving.callback(line.release)
            return leaving.pop_all().close

    def _forget(self, address: Address) -> None:
        self._there[address] -= 1
        if not self._there[address]:
            del self._there[address], self._lines[address]


class CountedStream(httpcore.AsyncNetworkStream):
    """A connection that gives its place back when it ends, however it ends."""

    def __init__(self, stream: httpcore.AsyncNetworkStream, leave: Callable[[], None]) -> None:
        self._stream = stream
        self._leave = leave

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 (httpcore's signature)
        return await self._stream.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 (httpcore's signature)
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        try:
            await self._stream.aclose()
        finally:
            self._leave()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore's signature)
    ) -> httpcore.AsyncNetworkStream:
        # A handshake that fails closes the connection beneath and tells nobody, so the place is given back here.
        with ExitStack() as leaving:
            leaving.callback(self._leave)
            secured = await self._stream.start_tls(ssl_context, server_hostname, timeout)
            leaving.pop_all()
        return CountedStream(secured, self._leave)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
