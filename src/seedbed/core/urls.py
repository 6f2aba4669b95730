"""Which URLs we may call on someone else's word, as far as that can be told without asking the network.

Submit uses these rules to answer early; the guard (`outbound.guard`) applies them again to every address that a name
resolves to, because only the address that is dialled counts. Public addresses are called by https, on ports 443 and
8443: whoever may choose any port may scan strangers in our name, and speak to their mail servers and databases. What
the operator opened (`core.openings`) may be called as it was written.

Source of the refused networks: the IANA special-purpose address registries, and forms that carry an IPv4 address inside
an IPv6 one, whose judgement would depend on someone else's gateway.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_network
from urllib.parse import SplitResult, urlsplit

from seedbed.core.openings import Address, Network, Opened, opens, opens_call

ASSET_SCHEME = "asset://"
DATA_SCHEME = "data:"
MAX_URL_LENGTH = 2048
PUBLIC_PORTS = (443, 8443)

PUBLIC_IPV6 = IPv6Network("2000::/3")
REFUSED: tuple[Network, ...] = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",  # this network, and the unspecified address
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared behind a carrier's NAT; also some clouds' metadata service
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # a cloud's host agent, although the address looks public
        "169.254.0.0/16",  # link-local; most clouds' metadata service
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and the broadcast address
        "2001::/23",  # protocol assignments, Teredo (2001::/32), benchmarks, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address in disguise
        "3fff::/20",  # documentation
    )
)

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_BRACKETED = re.compile(r"\[[^\[\]]*\](:[0-9]*)?")
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")


class UrlFault(ValueError):
    """A URL may not be called. The message is a clause for a person, without the URL's path or query."""


def check_url(url: str, *, opened: Sequence[Opened] = ()) -> None:
    """Refuse what can be refused without I/O. A name passes: what it resolves to is judged when it is dialled.

    Raises UrlFault.
    """
    parts = _split(url)
    host = _host(parts)
    port = _port(parts)
    address = parse_address(host)
    if address is not None:
        judge_address(address, port=port, is_plain=parts.scheme == "http", opened=opened)
    elif not any(opens_call(entry, port=port, is_plain=parts.scheme == "http") for entry in opened):
        _check_public_call(port, is_plain=parts.scheme == "http")


def judge_address(address: Address, *, port: int, is_plain: bool, opened: Sequence[Opened] = ()) -> None:
    """Refuse an address that may not be called on this port, by http (`is_plain`) or https. Raises UrlFault."""
    if any(opens(entry, address, port=port, is_plain=is_plain) for entry in opened):
        return
    if not is_public(address):
        raise UrlFault("points at a private or reserved address; use a URL that is reachable from the public internet")
    _check_public_call(port, is_plain=is_plain)


def is_public(address: Address) -> bool:
    """Say whether it is an ordinary unicast address of the public internet."""
    if isinstance(address, IPv6Address) and (address not in PUBLIC_IPV6 or address.scope_id is not None):
        return False
    return not any(address in network for network in REFUSED)


def parse_address(host: str) -> Address | None:
    """Return the address that a URL's host spells in any of the ways that resolvers understand; None for a name.

    Takes `127.1`, `2130706433`, `0x7f.1`, `0177.0.0.1`, digits of other scripts, a last dot and `localhost`. Raises
    UrlFault for a host that ends in a number and is no address: resolvers do not agree on what it would mean.
    """
    if ":" in host:
        return _parse_ipv6(host)
    plain = unicodedata.normalize("NFKC", host).replace("。", ".").lower().removesuffix(".")
    if plain == "localhost" or plain.endswith(".localhost"):
        return IPv4Address("127.0.0.1")
    labels = plain.split(".")
    return _parse_ipv4(labels) if _NUMBER.fullmatch(labels[-1]) else None


def host_of(url: str) -> str | None:
    """Return the URL's host for a message, or None if it has none that can be read."""
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _split(url: str) -> SplitResult:
    if len(url) > MAX_URL_LENGTH:
        raise UrlFault(f"is {len(url)} characters long; a URL may have {MAX_URL_LENGTH}")
    if any(c.isspace() or c == "\\" or unicodedata.category(c) in ("Cc", "Cs", "Cf") for c in url):
        raise UrlFault("holds white space, a backslash or control characters; encode them with %")
    try:
        parts = urlsplit(url)
    except ValueError as exc:
        raise UrlFault("is not a URL; use one like https://cdn.example/picture.jpg") from exc
    if parts.scheme not in ("http", "https"):
        named = f"has the scheme '{parts.scheme}'" if _SCHEME.match(url) else "has no scheme"
        raise UrlFault(f"{named}; use a public https:// URL")
    return parts


def _host(parts: SplitResult) -> str:
    if "@" in parts.netloc:
        raise UrlFault("holds a user name or password; use a URL without credentials, such as a presigned one")
    host = parts.hostname or ""
    # `[2000::]22` has no port to us, and port 22 to others.
    is_bracketed = "[" in parts.netloc or "]" in parts.netloc
    if not host.strip(".") or "%" in host or (is_bracketed and not _BRACKETED.fullmatch(parts.netloc)):
        raise UrlFault("has no readable host; use one like https://cdn.example/picture.jpg")
    return host


def _port(parts: SplitResult) -> int:
    try:
        port = parts.port
    except ValueError as exc:
        raise UrlFault("has a port that is no number from 1 to 65535") from exc
    return port if port is not None else (80 if parts.scheme == "http" else 443)


def _check_public_call(port: int, *, is_plain: bool) -> None:
    if is_plain:
        raise UrlFault("uses http; use https")
    if port not in PUBLIC_PORTS:
        raise UrlFault(f"uses port {port}; use {' or '.join(map(str, PUBLIC_PORTS))}")


def _parse_ipv6(host: str) -> IPv6Address:
    try:
        return IPv6Address(host)
    except ValueError as exc:
        raise UrlFault("has an IPv6 address that cannot be read") from exc


def _parse_ipv4(labels: Sequence[str]) -> IPv4Address:
    """Read one to four numbers as `inet_aton` does: the last one fills all the bytes that are left."""
    fault = UrlFault("has a host that ends in a number but is no IPv4 address")
    if len(labels) > 4 or not all(_NUMBER.fullmatch(label) for label in labels):
        raise fault
    try:
        *first, last = [_number(label) for label in labels]
    except ValueError as exc:
        raise fault from exc
    if any(number > 255 for number in first) or last >= 256 ** (4 - len(first)):
        raise fault
    return IPv4Address(sum(number << (24 - 8 * i) for i, number in enumerate(first)) + last)


def _number(label: str) -> int:
    if label.lower().startswith("0x"):
        return int(label[2:] or "0", 16)
    return int(label, 8 if label.startswith("0") else 10)
