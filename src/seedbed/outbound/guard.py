"""Dials only addresses that were judged: the one door for every request whose URL somebody else wrote.

A name is resolved once, every address it has is judged (`core.urls`), and the very address that was judged is dialled,
so that a second answer of the name server can change nothing. One bad address refuses the whole name, and a refused one
sees no connection at all, so that its open and closed ports look alike. TLS and the Host header keep the name. With a
proxy the rule is the same: we resolve and judge, and the proxy connects to the number.
"""

from __future__ import annotations

import asyncio
import functools
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import version
from ipaddress import ip_address
from pathlib import Path

import httpcore
import httpx
from httpcore import SOCKET_OPTION, AnyIOBackend

from seedbed.core.errors import NotReady
from seedbed.core.openings import Address, Opened, Proxy, opens
from seedbed.core.urls import judge_address, parse_address
from seedbed.outbound.crowd import CountedStream, Crowd
from seedbed.outbound.tunnel import connect_through

Resolve = Callable[[str, int], Awaitable[Sequence[Address]]]

USER_AGENT = f"Seedbed/{version('seedbed')}"


@dataclass(frozen=True, slots=True)
class Way:
    """How this deployment's requests leave. Opened networks are dialled straight; a proxy is for all the others.

    `tls` None: the public certificates; `crowd` None: as many connections as are asked for.
    """

    proxy: Proxy | None = None
    tls: ssl.SSLContext | None = None
    crowd: Crowd | None = None


STRAIGHT = Way()


async def resolve_by_system(host: str, port: int) -> Sequence[Address]:
    """Return all the addresses of a name. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ip_address(sockaddr[0]) for *_, sockaddr in found))


class JudgingBackend(httpcore.AsyncNetworkBackend):
    """Opens connections for one scheme: `is_plain` says that it is http."""

    def __init__(self, *, is_plain: bool, opened: Sequence[Opened], resolve: Resolve, way: Way) -> None:
        self._is_plain = is_plain
        self._opened = tuple(opened)
        self._resolve = resolve
        self._way = way
        self._dialler = AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (the signature of httpcore)
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Dial the first of the name's addresses that answers. Raises UrlFault before any connection is tried."""
        addresses = await self._judged(host, port)
        failure: Exception = httpcore.ConnectError("the host name has no address")
        for address in addresses:
            try:
                return await self._dial(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as exc:
                failure = exc
        raise failure

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def _dial(
        self,
        address: Address,
        port: int,
        timeout: float | None,  # noqa: ASYNC109 (the signature of httpcore)
        local_address: str | None,
        socket_options: Iterable[SOCKET_OPTION] | None,
    ) -> httpcore.AsyncNetworkStream:
        with ExitStack() as leaving:
            if self._way.crowd:
                leaving.callback(await self._way.crowd.enter(address))
            is_opened = any(opens(entry, address, port=port, is_plain=self._is_plain) for entry in self._opened)
            if self._way.proxy and not is_opened:
                proxy = self._way.proxy
                stream = await connect_through(proxy, address, port, dialler=self._dialler, timeout=timeout)
            else:
                dial = self._dialler.connect_tcp
                stream = await dial(str(address), port, timeout, local_address, socket_options)
            return CountedStream(stream, leaving.pop_all().close)

    async def _judged(self, host: str, port: int) -> Sequence[Address]:
        literal = parse_address(host)
        try:
            addresses = [literal] if literal is not None else await self._resolve(host, port)
        except (OSError, UnicodeError) as exc:
            raise httpcore.ConnectError("the host name cannot be resolved") from exc
        for address in addresses:
            judge_address(address, port=port, is_plain=self._is_plain, opened=self._opened)
        return addresses


class GuardedTransport(httpx.AsyncHTTPTransport):
    """httpx's own transport over a pool that dials through a JudgingBackend."""

    def __init__(self, *, is_plain: bool, opened: Sequence[Opened], resolve: Resolve, way: Way) -> None:
        tls = way.tls or public_tls()
        super().__init__(verify=tls, trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls,
            network_backend=JudgingBackend(is_plain=is_plain, opened=opened, resolve=resolve, way=way),
        )


def guarded_client(
    *,
    opened: Sequence[Opened] = (),
    resolve: Resolve = resolve_by_system,
    way: Way = STRAIGHT,
    timeout_s: float = 15,
) -> httpx.AsyncClient:
    """Return a client that can reach nothing but judged addresses: no redirects, and nothing from the environment.

    `timeout_s` is for each connect, read and write; a total deadline is the caller's, who also closes the client. Its
    requests raise UrlFault for a refused address, besides httpx's own errors.
    """
    transports = {
        f"{scheme}://": GuardedTransport(is_plain=scheme == "http", opened=opened, resolve=resolve, way=way)
        for scheme in ("http", "https")
    }
    return httpx.AsyncClient(
        transport=transports["https://"],
        mounts={"http://": transports["http://"]},
        headers={"User-Agent": USER_AGENT},
        follow_redirects=False,
        trust_env=False,
        timeout=timeout_s,
    )


@functools.cache
def public_tls() -> ssl.SSLContext:
    """Return the one TLS context of the process: to load the certificates takes longer than a request."""
    return httpx.create_ssl_context(trust_env=False)


def tls_with(ca_bundle: Path) -> ssl.SSLContext:
    """Return a TLS context that trusts the certificates of a PEM file besides the public ones. Raises NotReady."""
    tls = httpx.create_ssl_context(trust_env=False)
    try:
        tls.load_verify_locations(ca_bundle)
    except (OSError, ssl.SSLError) as exc:
        raise NotReady(f"SEEDBED_CA_BUNDLE: {ca_bundle} holds no certificates in PEM form that can be read.") from exc
    return tls
