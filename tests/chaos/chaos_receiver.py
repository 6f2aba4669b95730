"""Receives webhooks badly: of four requests about one is refused, left hanging or cut off. Remembers every one."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from random import Random

SLOW_S = 3.0  # longer than the sender waits
WELL = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
MOODS: dict[str, tuple[int, bytes]] = {  # the weight, and what is answered
    "well": (74, WELL),
    "fails": (10, b"HTTP/1.1 500 Down\r\nContent-Length: 4\r\nConnection: close\r\n\r\noops"),
    "busy": (4, b"HTTP/1.1 429 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
    "moved": (3, b"HTTP/1.1 302 Moved\r\nLocation: /elsewhere\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
    "closes": (5, b""),
    "slow": (4, b""),
}


@dataclass(frozen=True, slots=True)
class Webhook:
    """One request. `is_accepted` says whether it was answered with a 2xx."""

    account: int
    id: str
    headers: dict[str, str]
    body: bytes
    is_accepted: bool

    @property
    def facts(self) -> dict[str, object]:
        facts: dict[str, object] = json.loads(self.body)
        return facts


@dataclass
class Receiver:
    chance: Random
    port: int = 0
    received: list[Webhook] = field(default_factory=list)
    moods: dict[str, int] = field(default_factory=lambda: dict.fromkeys(MOODS, 0))
    is_kind: bool = False  # answers well from now on

    def url(self, account: int) -> str:
        return f"http://127.0.0.1:{self.port}/hook/{account}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._serve(reader, writer)
        writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        body = await reader.readexactly(int(headers["content-length"]))
        mood = "well" if self.is_kind else self._mood()
        self.moods[mood] += 1
        account = int(first.split(" ")[1].rpartition("/")[2])
        # Remembered before the answer: what the sender was told of counts as received, whatever becomes of the answer.
        self.received.append(Webhook(account, headers["webhook-id"], headers, body, is_accepted=mood == "well"))
        if mood == "slow":
            await asyncio.sleep(SLOW_S)
        writer.write(MOODS[mood][1])
        await writer.drain()

    def _mood(self) -> str:
        return self.chance.choices(list(MOODS), [weight for weight, _ in MOODS.values()])[0]


@asynccontextmanager
async def receiving(chance: Random):
    receiver = Receiver(chance)
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    async with server:
        receiver.port = server.sockets[0].getsockname()[1]
        yield receiver
