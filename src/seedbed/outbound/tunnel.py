"""Asks the operator's proxy for a tunnel to an address that was judged here.

The proxy is given the number and never the name: a name would be resolved once more, by somebody else, to something
that nobody judged. What goes through the tunnel is TLS to the name, so the proxy needs no trust.
"""

from __future__ import annotations

import re
from contextlib import AsyncExitStack
from ipaddress import IPv6Address

import httpcore

from seedbed.core.openings import Address, Proxy

MAX_HEAD_BYTES = 8192
HEAD_END = b"\r\n\r\n"
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})\b")


async def connect_through(
    proxy: Proxy,
    address: Address,
    port: int,
    *,
    dialler: httpcore.AsyncNetworkBackend,
    timeout: float | None,  # noqa: ASYNC109 (it is handed on to the dialler, for each step)
) -> httpcore.AsyncNetworkStream:
    """Return a stream that reaches the address. Raises httpcore.ProxyError, ConnectError, or one of its time-outs."""
    async with AsyncExitStack() as undo:
        stream = await dialler.connect_tcp(proxy.host, proxy.port, timeout)
        undo.push_async_callback(stream.aclose)
        await stream.write(_request(proxy, address, port), timeout)
        await _read_consent(stream, timeout)
        undo.pop_all()
        return stream


def _request(proxy: Proxy, address: Address, port: int) -> bytes:
    where = f"[{address}]:{port}" if isinstance(address, IPv6Address) else f"{address}:{port}"
    lines = [f"CONNECT {where} HTTP/1.1", f"Host: {where}"]
    if proxy.authorization:
        lines.append(f"Proxy-Authorization: {proxy.authorization}")
    return "\r\n".join([*lines, "", ""]).encode("ascii")


async def _read_consent(stream: httpcore.AsyncNetworkStream, step_timeout_s: float | None) -> None:
    head = b""
    while HEAD_END not in head:
        chunk = await stream.read(MAX_HEAD_BYTES - len(head), step_timeout_s)
        head += chunk
        if not chunk or len(head) >= MAX_HEAD_BYTES:
            raise httpcore.ProxyError("the proxy did not answer as a proxy")
    status = _STATUS.match(head)
    # In TLS the client speaks first: bytes behind the head are the proxy's own, and no part of the tunnel.
    if status is None or not status[1].startswith(b"2") or not head.endswith(HEAD_END):
        raise httpcore.ProxyError("the proxy refused the tunnel")
