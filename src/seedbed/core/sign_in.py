"""Who signs in to the console by other means than a key, and what the operator gives them: an account and scopes.

An identity provider, or a proxy that is trusted, says who somebody is and to which groups they belong; `seedbed.toml`
says what a group may do here. Nothing that either says is taken for more than a text: names are cut to one line, and an
address to go on to is taken only if it is a path of ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from typing import Any

from seedbed.core.errors import InvalidRequest
from seedbed.core.keys import Scope
from seedbed.core.lines import MAX_NAME_CHARACTERS
from seedbed.core.openings import Network

MAX_IDENTITY_CHARACTERS = 600  # it is a key of an index
MAX_PATH_CHARACTERS = 500  # it travels in a cookie
_VERIFIED = (True, "true")  # some providers say it as a text


@dataclass(frozen=True, slots=True, kw_only=True)
class Oidc:
    """An identity provider. The client's secret is named, never held: a variable or a file of this machine."""

    issuer: str
    client_id: str
    label: str
    scopes: tuple[str, ...] = ("openid", "email", "profile")
    name_claim: str = "email"
    groups_claim: str = "groups"
    client_secret_env: str | None = None
    client_secret_file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedHeader:
    """Two headers that are believed if the connection itself comes from one of the `proxies`."""

    user: str
    groups: str
    proxies: tuple[Network, ...]


@dataclass(frozen=True, slots=True)
class GroupRule:
    """What members of a group get. `account` is a name; the oldest account of that name is meant."""

    group: str
    account: str
    scopes: frozenset[Scope]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInWays:
    """How people may sign in besides with a key, and what their groups give them. The first rule that fits decides."""

    oidc: Oidc | None = None
    header: TrustedHeader | None = None
    groups: tuple[GroupRule, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as they were vouched for. `identity` stays the same when the `name` changes, and is nobody else's."""

    identity: str
    name: str
    groups: frozenset[str] = field(default_factory=frozenset)


def rule_for(person: Person, rules: Iterable[GroupRule]) -> GroupRule | None:
    """Return the first rule for a group of theirs."""
    return next((rule for rule in rules if rule.group in person.groups), None)


def person_of_claims(claims: Mapping[str, Any], oidc: Oidc) -> Person:
    """Return whom the claims of a provider describe, once they are believed.

    They are told apart by `sub`, which no provider gives to another; an email address or a user name it may. Raises
    InvalidRequest without a `sub`.
    """
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject.strip():
        raise InvalidRequest(f"{oidc.label} did not say who you are (the claim `sub` is missing).", param="code")
    name = _name_of_claims(claims, oidc.name_claim) or subject
    return _person(f"oidc {oidc.issuer} {subject}", name, groups_of(claims.get(oidc.groups_claim)))


def person_of_headers(user: str, groups: Iterable[str]) -> Person:
    """Return whom a trusted proxy vouches for. Raises InvalidRequest for an empty user."""
    if not user.strip():
        raise InvalidRequest("The proxy's header with the user is empty.", param="user")
    return _person(f"header {user.strip()}", user, frozenset().union(*(groups_of(line) for line in groups)))


def groups_of(said: Any) -> frozenset[str]:
    """Return the groups in a list, or in a text with commas between them. Anything else holds none."""
    texts = said.split(",") if isinstance(said, str) else said if isinstance(said, list | tuple) else ()
    return frozenset(text.strip() for text in texts if isinstance(text, str) and text.strip())


def is_from(peer: str | None, networks: Iterable[Network]) -> bool:
    """Whether a connection's other end lies in one of the networks. `peer` None: it has no address."""
    try:
        address = ip_address(peer or "")
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped  # as a socket for both families shows it
    return any(address in network for network in networks)


def own_path(text: str | None) -> str:
    """Return the path to go on to after signing in; `/` for everything that is no path of this service.

    Browsers read `//host` and `/\\host` as other hosts, and drop tabs and line breaks before they look.
    """
    if not text or len(text) > MAX_PATH_CHARACTERS or not text.startswith("/") or text.startswith(("//", "/sign-in")):
        return "/"
    return text if text.isprintable() and text.isascii() and "\\" not in text and " " not in text else "/"


def _name_of_claims(claims: Mapping[str, Any], wanted: str) -> str:
    """Return the claim that was asked for, else the usual one. An email address that nobody has checked is no name."""
    is_checked = claims.get("email_verified") in _VERIFIED
    for claim in (wanted, "preferred_username"):
        said = claims.get(claim)
        if isinstance(said, str) and said.strip() and (claim != "email" or is_checked):
            return said
    return ""


def _person(identity: str, name: str, groups: frozenset[str]) -> Person:
    if len(identity) > MAX_IDENTITY_CHARACTERS or not identity.isprintable():
        raise InvalidRequest("Who you are is said in a form that cannot be kept.", param="user")
    line = "".join(char for char in name if char.isprintable()).strip()[:MAX_NAME_CHARACTERS].strip()
    return Person(identity, line or "somebody", groups)
