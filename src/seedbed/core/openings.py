"""What the operator says about requests to other people's hosts: networks that are opened, and a proxy on the way out.

An opening is as narrow as it is written. A bare network opens all its ports by http and https; one that is written like
a URL opens what that URL would call, so that `https://10.0.0.5` is port 443 and nothing else.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from urllib.parse import unquote, urlsplit

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

DEFAULT_PORTS = {"http": 80, "https": 443}
_OPENING = re.compile(
    r"(?:(?P<scheme>https?)://)?(?:\[(?P<boxed>[0-9a-fA-F:.]+(?:/\d+)?)\]|(?P<plain>[0-9.]+(?:/\d+)?))(?::(?P<port>\d{1,5}))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Opening:
    """A network that may be called although it is not public. `scheme` or `port` None: any."""

    network: Network
    scheme: str | None = None
    port: int | None = None

    def __str__(self) -> str:
        network = f"[{self.network}]" if isinstance(self.network, IPv6Network) else str(self.network)
        return (f"{self.scheme}://" if self.scheme else "") + network + (f":{self.port}" if self.port else "")


Opened = Network | Opening


def opens_call(opened: Opened, *, port: int, is_plain: bool) -> bool:
    """Say whether anything in it may be called on this port, by http (`is_plain`) or https."""
    if not isinstance(opened, Opening):
        return True
    return opened.scheme in (None, "http" if is_plain else "https") and opened.port in (None, port)


def opens(opened: Opened, address: Address, *, port: int, is_plain: bool) -> bool:
    """Say whether this very address may be called so."""
    network = opened.network if isinstance(opened, Opening) else opened
    return address in network and opens_call(opened, port=port, is_plain=is_plain)


def parse_opening(text: str) -> Opened:
    """Read `10.0.0.0/8`, `https://10.0.0.5:8443`, `http://192.168.1.0/24:8080`.

    The port stands last, after the network's length; an IPv6 network with a scheme or a port stands in brackets, as in
    `https://[fd00::/8]:8443`. Raises ValueError.
    """
    match = _OPENING.fullmatch(text)
    if match is None or text == match["plain"]:
        return ip_network(text)
    port = int(match["port"]) if match["port"] else DEFAULT_PORTS.get(match["scheme"] or "")
    if port is not None and not 1 <= port <= 65535:
        raise ValueError(f"{text} has a port that is no number from 1 to 65535")
    return Opening(ip_network(match["boxed"] or match["plain"]), match["scheme"], port)


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy that is asked to CONNECT. `authorization` is the header's value, a secret."""

    host: str
    port: int
    authorization: str | None = field(default=None, repr=False)


def parse_proxy(url: str) -> Proxy:
    """Read `http://proxy.example:3128`, with a user name and password before the host if it wants them.

    Raises ValueError, without the URL, since it may hold a password.
    """
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname or not parts.port or parts.path.strip("/") or parts.query:
        raise ValueError("a proxy is written http://host:port")
    authorization = None
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        authorization = "Basic " + base64.b64encode(pair.encode()).decode()
    return Proxy(parts.hostname, parts.port, authorization)
