"""Loopback servers that say what a test wants, name servers in its hand, and proxies that keep what they were asked."""

import asyncio
import ssl
from contextlib import asynccontextmanager, suppress
from ipaddress import ip_address, ip_network
from pathlib import Path

# The certificate of cdn.example and other.example, its own authority, and its key. It opens nothing anywhere.
CERTIFICATE = Path(__file__).parent / "cdn.example.pem"

LOOPBACK = (ip_network("127.0.0.1/32"),)


class Site:
    """A loopback HTTP server: `pages` maps a path to raw answers, and everything that arrives is kept."""

    def __init__(self, pages):
        self.pages = pages
        self.connections = 0
        self.requests = []

    async def serve(self, reader, writer):
        self.connections += 1
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            self.requests.append(head)
            for part in self.pages[head.split()[1].split("?")[0]]:
                if isinstance(part, float):
                    await asyncio.sleep(part)
                else:
                    writer.write(part)
                    await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            self.connections += 0  # the client left, as it may
        finally:
            writer.close()


@asynccontextmanager
async def site(pages=None, host="127.0.0.1", *, port=0, is_secure=False):
    running = Site(pages or {})
    server = await asyncio.start_server(running.serve, host, port, ssl=server_tls() if is_secure else None)
    running.port = server.sockets[0].getsockname()[1]
    running.url = f"http://{host}:{running.port}"
    try:
        yield running
    finally:
        server.close()


def answer(body=b"", *, status="200 OK", **headers):
    lines = [f"HTTP/1.1 {status}", *(f"{k.replace('_', '-')}: {v}" for k, v in headers.items()), "Connection: close"]
    return ["\r\n".join(lines).encode() + b"\r\n\r\n" + body]


def redirect(to):
    return answer(status="302 Found", Location=to, Content_Length=0)


def knows(**names):
    """Return a resolver that gives each name's answers in turn, the last one for ever."""
    left = {name.replace("_", "."): list(answers) for name, answers in names.items()}

    async def resolve(host, port):
        if host not in left:
            raise OSError("no such name")
        answers = left[host]
        return [ip_address(a) for a in (answers.pop(0) if len(answers) > 1 else answers[0])]

    return resolve


def server_tls():
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(CERTIFICATE)
    return tls


class Proxy:
    """Answers a CONNECT with `reply` and, if that is a consent, joins the caller to `target` whatever it asked for."""

    def __init__(self, target, reply):
        self.target = target
        self.reply = reply
        self.asked = []

    async def serve(self, reader, writer):
        self.asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(self.reply)
        if self.target and self.reply.startswith(b"HTTP/1.1 200"):
            up, down = await asyncio.open_connection("127.0.0.1", self.target)
            await asyncio.gather(_pour(reader, down), _pour(up, writer))
        writer.close()


async def _pour(source, sink):
    with suppress(ConnectionError):
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    sink.close()


@asynccontextmanager
async def proxy(target=None, reply=b"HTTP/1.1 200 Connection established\r\n\r\n"):
    running = Proxy(target, reply)
    server = await asyncio.start_server(running.serve, "127.0.0.1", 0)
    running.port = server.sockets[0].getsockname()[1]
    try:
        yield running
    finally:
        server.close()
