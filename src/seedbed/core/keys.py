"""API keys: a prefix that names the mode, 30 base62 characters of chance, and a check sum.

The check sum lets a scanner, and us, tell a mistyped key without asking the database. Only the SHA-256 of a key is ever
stored: with 178 random bits a slow hash would add nothing but latency. Source: CONTRACT 1.1; the form follows GitHub's
tokens.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from seedbed.core.errors import InvalidRequest, Unauthorized

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SECRET_LENGTH = 30
CHECK_LENGTH = 6
ENTROPY_BYTES = 32  # more than the 178 bits that 30 characters hold, so that the remainder is as good as unbiased


class Mode(StrEnum):
    LIVE = "live"
    TEST = "test"


class Scope(StrEnum):
    GENERATE = "generate"  # create and cancel one's own jobs, upload, and all that READ allows
    READ = "read"  # look at one's own jobs, credits and deliveries; changes nothing, spends nothing
    ADMIN = "admin"  # the operator's API, and nothing else


class KeyState(StrEnum):
    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class ParsedKey:
    """What may be kept of a key: never the key itself."""

    mode: Mode
    digest: bytes
    last_four: str


_KEY = re.compile(r"sd2_(live|test)_([0-9A-Za-z]{36})", re.ASCII)


def covers(scopes: Collection[Scope], needed: Scope) -> bool:
    """Whether a key with these scopes may do what needs that one: who may generate may read."""
    return needed in scopes or (needed is Scope.READ and Scope.GENERATE in scopes)


def check_scopes(scopes: Collection[Scope], *, mode: Mode) -> None:
    """Raises InvalidRequest for a key that could do nothing, or a test key with a scope that only live keys have."""
    if not scopes:
        raise InvalidRequest(f"scopes must be one or more of {', '.join(Scope)}.", param="scopes")
    if Scope.ADMIN in scopes and mode is not Mode.LIVE:
        raise InvalidRequest("The scope admin is for live keys alone.", param="scopes")


def check_expiry(expires_at: datetime, *, at: datetime) -> None:
    """Raises InvalidRequest unless the moment is still to come."""
    if expires_at <= at:
        raise InvalidRequest("expiresAt must be in the future; to end a key now, revoke it.", param="expiresAt")


def base62(number: int, *, length: int) -> str:
    """Return the lowest `length` digits of the number, most significant first."""
    digits = []
    for _ in range(length):
        number, digit = divmod(number, len(ALPHABET))
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))


def make_key(mode: Mode, entropy: bytes) -> str:
    """Return a new key from at least 32 random bytes. It is shown once and never stored."""
    if len(entropy) < ENTROPY_BYTES:
        raise ValueError(f"A key needs {ENTROPY_BYTES} random bytes.")
    body = f"sd2_{mode}_{base62(int.from_bytes(entropy), length=SECRET_LENGTH)}"
    return body + _check(body)


def parse_key(text: str) -> ParsedKey:
    """Raises Unauthorized if the text has not the form of a key or its check sum is wrong."""
    match = _KEY.fullmatch(text)
    if match is None or _check(text[:-CHECK_LENGTH]) != text[-CHECK_LENGTH:]:
        raise Unauthorized
    return ParsedKey(Mode(match[1]), hashlib.sha256(text.encode()).digest(), text[-4:])


def _check(body: str) -> str:
    return base62(zlib.crc32(body.encode()), length=CHECK_LENGTH)
