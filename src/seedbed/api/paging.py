"""Pages of long lists: how many entries a page has, and where the one before it ended.

A cursor belongs to its list, account and mode, and is refused everywhere else. It is bound to them by a check, not by a
secret: whoever makes one up still sees only what is theirs, because every list asks by account and mode too.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from starlette.requests import Request

from seedbed.api.cursors import cursor_of, parts_of
from seedbed.core.errors import InvalidRequest
from seedbed.store.keys import Principal

DEFAULT_PAGE = 20
MAX_PAGE = 100
AFTER_ALL = 2**63 - 1  # more than any number of a row
CHECK_BYTES = 8
_NUMBER = re.compile(r"[1-9][0-9]{0,2}")


def page_limit(request: Request) -> int:
    """Return how many entries the caller wants: 1..100. Raises InvalidRequest."""
    said = request.query_params.get("limit", str(DEFAULT_PAGE))
    if not _NUMBER.fullmatch(said) or int(said) > MAX_PAGE:
        raise InvalidRequest(f"limit must be a whole number from 1 to {MAX_PAGE}; got '{said[:20]}'.", param="limit")
    return int(said)


def cursor_after(number: int, who: Principal, *, of: str) -> str:
    """Return the cursor that leads to the entries with smaller numbers in the list named `of`."""
    return cursor_at([number], who, of=of)


def cursor_at(parts: Sequence[str | int], who: Principal, *, of: str) -> str:
    """Return the cursor that leads on from a place in the list named `of`."""
    return cursor_of([*parts, _check(parts, who, of)])


def place_at(cursor: str, kinds: Sequence[type], who: Principal, *, of: str, param: str) -> list[str | int]:
    """Return the place that `cursor_at` was given. Raises InvalidRequest, naming `param`, for a strange cursor."""
    *parts, check = parts_of(cursor, (*kinds, str), param=param)
    if check != _check(parts, who, of):
        raise strange_cursor(param)
    return parts


def before_number(request: Request, who: Principal, *, of: str) -> int:
    """Return the number that all entries of the page must be less than. Raises InvalidRequest for a strange cursor."""
    given = request.query_params.get("cursor")
    if given is None:
        return AFTER_ALL
    [number] = place_at(given, (int,), who, of=of, param="cursor")
    if not 0 < int(number) <= AFTER_ALL:
        raise strange_cursor("cursor")
    return int(number)


def strange_cursor(param: str) -> InvalidRequest:
    """Return the refusal of a cursor that this list has not given to this account in this mode."""
    return InvalidRequest(f"{param} belongs to another list, or to another account or mode.", param=param)


def _check(parts: Sequence[str | int], who: Principal, of: str) -> str:
    text = ":".join(map(str, (of, who.account_id, who.mode, *parts)))
    # A made-up cursor may hold halves of surrogate pairs; it is compared and refused like any other.
    return hashlib.blake2s(text.encode(errors="surrogatepass"), digest_size=CHECK_BYTES).hexdigest()
