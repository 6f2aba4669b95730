"""Pages of long lists: how many entries a page has, and where the one before it ended.

A cursor belongs to its list, account and mode, and is refused everywhere else. It is bound to them by a check, not by a
secret: whoever makes one up still sees only what is theirs, because every list asks by account and mode too.
"""

from __future__ import annotations

import hashlib
import re

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
    return cursor_of([number, _check(number, who, of)])


def before_number(request: Request, who: Principal, *, of: str) -> int:
    """Return the number that all entries of the page must be less than. Raises InvalidRequest for a strange cursor."""
    given = request.query_params.get("cursor")
    if given is None:
        return AFTER_ALL
    number, check = parts_of(given, (int, str), param="cursor")
    if not 0 < int(number) <= AFTER_ALL or check != _check(int(number), who, of):
        raise InvalidRequest("cursor belongs to another list, or to another account or mode.", param="cursor")
    return int(number)


def _check(number: int, who: Principal, of: str) -> str:
    text = f"{of}:{who.account_id}:{who.mode}:{number}"
    return hashlib.blake2s(text.encode(), digest_size=CHECK_BYTES).hexdigest()
