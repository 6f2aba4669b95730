"""A loopback HTTP server that remembers what it was sent and answers as it was told."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Received:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """`answers` are raw HTTP answers, one for each request; the last one serves for all that follow."""

    answers: list[bytes]
    port: int = 0
    received: list[Received] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?token=t"

    async def serve(self, reader, writer) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        method, path, _ = first.split(" ")
        self.received.append(Received(method, path, headers, body))
        writer.write(self.answers[min(len(self.received), len(self.answers)) - 1])
        await writer.drain()
        writer.close()


def answer(status: int, *, headers: str = "", body: str = "") -> bytes:
    return f"HTTP/1.1 {status} Said\r\n{headers}Connection: close\r\n\r\n{body}".encode()


@asynccontextmanager
async def receiving(*answers: bytes):
    receiver = Receiver(list(answers))
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    async with server:
        receiver.port = server.sockets[0].getsockname()[1]
        yield receiver
