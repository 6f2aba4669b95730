"""Reads `[sign_in]` of `seedbed.toml`: the identity provider, the trusted header, and what groups are given.

As strictly as the rest of the file, because what is misread here lets somebody in. docs/signing-in.md shows the form.
"""

from __future__ import annotations

import re
from ipaddress import ip_network
from urllib.parse import urlsplit

import msgspec

from seedbed.core.errors import InvalidRequest
from seedbed.core.keys import Scope
from seedbed.core.lines import MAX_NAME_CHARACTERS, line_of
from seedbed.core.openings import Network
from seedbed.core.sign_in import GroupRule, Oidc, SignInWays, TrustedHeader
from seedbed.core.urls import UrlFault, parse_address

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")


class WrongSignIn(Exception):
    """Something in the table is wrong, in a sentence."""


class _Table(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A table of the file."""


class _Oidc(_Table, kw_only=True):
    issuer: str
    client_id: str
    client_secret_env: str | None = None
    client_secret_file: str | None = None
    scopes: tuple[str, ...] | str = "openid email profile"
    name_claim: str = "email"
    groups_claim: str = "groups"
    label: str | None = None


class _Header(_Table, kw_only=True):
    user: str = "X-Forwarded-User"
    groups: str = "X-Forwarded-Groups"
    proxies: tuple[str, ...] = msgspec.field(name="from", default=())


class _Group(_Table, kw_only=True):
    group: str
    account: str
    roles: tuple[Scope, ...]


class SignInTable(_Table, kw_only=True):
    """`[sign_in]` as it is written."""

    oidc: _Oidc | None = None
    header: _Header | None = None
    groups: tuple[_Group, ...] = ()


def sign_in_ways(said: SignInTable) -> SignInWays:
    """Return what the table says. Raises WrongSignIn, which names the place."""
    if (said.oidc or said.header) and not said.groups:
        raise WrongSignIn("sign_in: without a [[sign_in.groups]] nobody could sign in.")
    if said.groups and not (said.oidc or said.header):
        raise WrongSignIn("sign_in.groups: there is neither [sign_in.oidc] nor [sign_in.header].")
    return SignInWays(
        oidc=_oidc(said.oidc) if said.oidc else None,
        header=_header(said.header) if said.header else None,
        groups=tuple(_group(i, group) for i, group in enumerate(said.groups)),
    )


def _oidc(said: _Oidc) -> Oidc:
    scopes = tuple(said.scopes.split()) if isinstance(said.scopes, str) else said.scopes
    if "openid" not in scopes:
        raise WrongSignIn("sign_in.oidc.scopes must hold openid, or the provider says nothing of who signs in.")
    if said.client_secret_env and said.client_secret_file:
        raise WrongSignIn("sign_in.oidc takes client_secret_env or client_secret_file, not both.")
    if not said.client_id.strip():
        raise WrongSignIn("sign_in.oidc.client_id is empty; the provider names it where this service is registered.")
    return Oidc(
        issuer=_issuer(said.issuer),
        client_id=said.client_id,
        label=_line(said.label or urlsplit(said.issuer).hostname or "", place="sign_in.oidc.label"),
        scopes=scopes,
        name_claim=said.name_claim,
        groups_claim=said.groups_claim,
        client_secret_env=said.client_secret_env,
        client_secret_file=said.client_secret_file,
    )


def _issuer(text: str) -> str:
    """By https alone: whoever could change what the provider says could sign in as anybody. Loopback is for trials."""
    try:
        parts = urlsplit(text)
        address = parse_address(parts.hostname or "")
    except (ValueError, UrlFault) as exc:
        raise WrongSignIn(f"sign_in.oidc.issuer: '{text[:200]}' is no URL.") from exc
    is_here = parts.scheme == "http" and address is not None and address.is_loopback
    if not parts.hostname or "@" in parts.netloc or parts.query or parts.fragment:
        raise WrongSignIn("sign_in.oidc.issuer is a URL such as https://login.example.com/realms/acme.")
    if parts.scheme != "https" and not is_here:
        raise WrongSignIn("sign_in.oidc.issuer must be an https:// URL; http only on this machine, for trials.")
    return text


def _header(said: _Header) -> TrustedHeader:
    for name in (said.user, said.groups):
        if not _HEADER_NAME.fullmatch(name):
            raise WrongSignIn(f"sign_in.header: '{name[:100]}' is not the name of a header.")
    if said.user.lower() == said.groups.lower():
        raise WrongSignIn("sign_in.header: user and groups must be two headers.")
    if not said.proxies:
        raise WrongSignIn('sign_in.header needs `from`, the addresses of the proxy, such as from = ["10.0.0.5/32"].')
    return TrustedHeader(user=said.user, groups=said.groups, proxies=tuple(_network(text) for text in said.proxies))


def _network(text: str) -> Network:
    try:
        network = ip_network(text)
    except ValueError as exc:
        raise WrongSignIn(f"sign_in.header.from: '{text[:100]}' is no network such as 10.0.0.5/32.") from exc
    if network.prefixlen == 0:
        raise WrongSignIn("sign_in.header.from must not be everybody, who could then say to be anybody.")
    return network


def _group(number: int, said: _Group) -> GroupRule:
    place = f"sign_in.groups[{number}]"
    if not said.roles:
        raise WrongSignIn(f"{place}.roles must be one or more of {', '.join(Scope)}.")
    group = _line(said.group, place=f"{place}.group")
    if "," in group:
        raise WrongSignIn(f"{place}.group: a comma stands between groups, never in one.")
    return GroupRule(group, _line(said.account, place=f"{place}.account"), frozenset(said.roles))


def _line(text: str, *, place: str) -> str:
    try:
        return line_of(text, most=MAX_NAME_CHARACTERS, param=place)
    except InvalidRequest as exc:
        raise WrongSignIn(str(exc)) from exc
