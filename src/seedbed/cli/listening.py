"""The HTTP server in our own process: its socket is ours, so that a taken port is noticed before anything starts."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ipaddress
import socket
from collections.abc import AsyncIterator, Generator
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from seedbed.cli.client_connection import ClientConnection
from seedbed.cli.open_files import ask_for_more
from seedbed.core.errors import NotReady

GRACE_S = 5  # for requests that are being answered when we stop
KEEP_ALIVE_S = 20  # longer than clients and proxies keep an idle connection, so that it is they who close it
START_S = 30.0
_BACKLOG = 2048


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 takes a free one. Raises NotReady, naming the setting that would help."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    except OSError as exc:
        raise NotReady(f"There is no address '{host}' here; set SEEDBED_HOST to another one.") from exc
    taken = socket.socket(family, socket.SOCK_STREAM)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((host, port))
        taken.listen(_BACKLOG)
    except (OSError, OverflowError) as exc:
        taken.close()
        raise NotReady(_why_not(host, port, exc)) from exc
    return taken


def listen_locally(path: Path) -> socket.socket:
    """Return a listening socket in the file system, for where not even 127.0.0.1 can be reached."""
    taken = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        taken.bind(str(path))
        taken.listen(_BACKLOG)
    except OSError as exc:
        taken.close()
        raise NotReady(f"There is no loopback network here, and no socket can be made at {path} ({exc}).") from exc
    return taken


def has_loopback() -> bool:
    """Return whether 127.0.0.1 can be reached: in a network namespace of its own it often cannot."""
    with listen("127.0.0.1", 0) as listening, socket.socket() as caller:
        try:
            caller.connect(listening.getsockname())
        except OSError:
            return False
        return True


def _why_not(host: str, port: int, fault: OSError | OverflowError) -> str:
    match getattr(fault, "errno", None):
        case errno.EADDRINUSE:
            return (
                f"Port {port} of {host} is taken; stop what uses it, or set SEEDBED_PORT to another one (0: any free)."
            )
        case errno.EACCES:
            return f"Port {port} may not be opened by this user; set SEEDBED_PORT to one above 1023."
        case errno.EADDRNOTAVAIL:
            return f"This machine has no address {host}; set SEEDBED_HOST to one of its own."
        case _:
            return f"{host}:{port} cannot be opened ({fault}); look at SEEDBED_HOST and SEEDBED_PORT."


def client_host(host: str) -> str:
    """Return the host that a client on this machine uses for a server listening there."""
    if host == "localhost":
        return host
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.is_unspecified:
        return "127.0.0.1" if address.version == 4 else "[::1]"
    return f"[{host}]" if address.version == 6 else host


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave the signals alone: more than this server has to stop, in an order."""
        yield


class HttpServer:
    """One app on one socket. `ended` resolves when it stops, wanted or not."""

    def __init__(self, app: ASGIApp, listening: socket.socket) -> None:
        ask_for_more()
        self._listening = listening
        self._server = _Server(
            uvicorn.Config(
                app,
                http=ClientConnection,
                ws="none",
                lifespan="off",  # the app has none, and the pool is opened around it
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,  # who connects is who it is: `[sign_in.header]` believes nobody else
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=GRACE_S,
            )
        )
        self.ended: asyncio.Task[None] | None = None

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Serve until the end of the block; then finish what is being answered. Raises NotReady if it cannot start."""
        self.ended = asyncio.create_task(self._server.serve(sockets=[self._listening]))
        try:
            await self._started(self.ended)
            yield
        finally:
            self._server.should_exit = True
            await asyncio.wait([self.ended], timeout=2 * GRACE_S)
            self.ended.cancel()

    def force(self) -> None:
        """Do not wait for answers that are still being sent."""
        self._server.force_exit = True

    async def _started(self, ended: asyncio.Task[None]) -> None:
        async with asyncio.timeout(START_S):
            while not self._server.started:
                if ended.done():
                    raise NotReady("The HTTP server did not start; the lines above say why.")
                await asyncio.sleep(0.01)
