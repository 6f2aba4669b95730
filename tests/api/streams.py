"""A client of an event stream, in process: it speaks ASGI itself, because httpx waits for the whole answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

WAIT_S = 10


@dataclass
class Stream:
    sent: asyncio.Queue = field(default_factory=asyncio.Queue)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    _text: str = ""

    async def receive(self) -> dict:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode().lower(): value.decode() for name, value in message["headers"]}
        await self.sent.put(message)

    async def block(self) -> dict[str, str]:
        """Return the next event or comment, field by field; {} at the end of the stream."""
        async with asyncio.timeout(WAIT_S):
            while "\n\n" not in self._text:
                message = await self.sent.get()
                if message["type"] == "http.response.body":
                    self._text += message["body"].decode()
                    if not message.get("more_body"):
                        return {}
        block, _, self._text = self._text.partition("\n\n")
        return dict(line.split(": ", 1) for line in block.split("\n"))

    async def event(self, *names: str) -> tuple[str, str | None, dict]:
        """Return name, id and data of the next event, or of the next one with one of these names."""
        while True:
            block = await self.block()
            assert block, "the stream is over"
            if "event" in block and (not names or block["event"] in names):
                return block["event"], block.get("id"), json.loads(block["data"])

    async def is_over(self) -> bool:
        return await self.block() == {}


@asynccontextmanager
async def opened(customer, path: str, *, headers=None, method="GET", app=None) -> AsyncIterator[Stream]:
    """Open a stream with the customer's key, and leave it at the end of the block."""
    stream = Stream()
    app = app or customer.http._transport.app
    sent = customer.bearer | (headers or {})
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in sent.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8000),
    }
    serving = asyncio.create_task(app(scope, stream.receive, stream.send))
    try:
        yield stream
    finally:
        stream.left.set()
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
