"""The one way into the operator's API: a live key with the scope admin, and a body of which every field is known.

Every endpoint begins with `operator`; a test walks all routes without such a key.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from structlog.contextvars import get_contextvars

from seedbed.actions.answer_once import answer_once
from seedbed.api.auth import principal
from seedbed.api.conversion import convert
from seedbed.api.idempotency import REPLAYED, claim_of
from seedbed.api.native.answers import raw_json
from seedbed.api.service import Service
from seedbed.api.small_body import small_body
from seedbed.core.errors import Forbidden, InvalidRequest, NotFound
from seedbed.core.idempotency import json_digest
from seedbed.core.keys import Mode, Scope
from seedbed.core.operators import Operator
from seedbed.store.database import Connection
from seedbed.store.idempotency import StoredAnswer
from seedbed.store.keys import Principal

B = TypeVar("B", bound=msgspec.Struct)

MAX_BODY_BYTES = 64 * 1024
LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: `who` as everywhere else, `by` as the log of operators writes them down."""

    who: Principal
    by: Operator


async def operator(service: Service, request: Request) -> Caller:
    """Return who sent the request. Raises Unauthorized, RateLimited, and Forbidden for all but a live admin key."""
    who = await principal(service, request, scope=Scope.ADMIN)
    if not who.is_live:
        raise Forbidden(Scope.ADMIN, needs_live_key=True)
    request_id = str(get_contextvars().get("request_id", "")) or None
    return Caller(who, Operator(f"key {who.key_id}", key_id=who.key_id, request_id=request_id))


@asynccontextmanager
async def body_object(service: Service, request: Request, caller: Caller) -> AsyncIterator[dict[str, Any]]:
    """Give the JSON object of the body; `{}` if there is none. Raises what `json_body` raises."""
    if request.headers.get("content-length", "0") == "0" and "transfer-encoding" not in request.headers:
        yield {}
        return
    async with small_body(service, request, caller.who.account_id, limit_bytes=MAX_BODY_BYTES) as body:
        yield body


def fields_of(body: dict[str, Any], kind: type[B]) -> B:
    """Return the body as that wire type. Raises InvalidRequest, also for a field that the type has not.

    An operator's misspelt field must not do nothing in silence.
    """
    known = [field.encode_name for field in msgspec.structs.fields(kind)]
    for name in body:
        if name not in known:
            taken = f"it takes {', '.join(known)}" if known else "it takes none"
            raise InvalidRequest(f"There is no field '{name[:80]}' here; {taken}.", param=name[:80])
    return convert(body, kind)


def number_in_path(request: Request, name: str, *, what: str) -> int:
    """Return the number that stands in the path. Raises NotFound for anything that is none."""
    said = request.path_params[name]
    if not (said.isascii() and said.isdigit() and len(said) < 20 and 0 < int(said) <= LARGEST_ID):
        raise NotFound(f"There is no {what} '{said[:40]}'.")
    return int(said)


class NoFields(msgspec.Struct, frozen=True):
    """The body of an action that needs none."""


async def no_fields(service: Service, request: Request, caller: Caller) -> None:
    """Raises InvalidRequest if the body says anything."""
    async with body_object(service, request, caller) as said:
        fields_of(said, NoFields)


async def once(
    service: Service,
    request: Request,
    caller: Caller,
    said: dict[str, Any],
    act: Callable[[Connection], Awaitable[bytes]],
) -> Response:
    """Answer with what `act` returns, once for each Idempotency-Key. `said` is the body, `act` waits for nobody else.

    Not for answers that hold a secret: they are stored. Raises what `actions.answer_once` raises.
    """
    claim = claim_of(request, json_digest(said))
    who = caller.who
    async with service.connection() as conn:

        async def answer() -> StoredAnswer:
            return StoredAnswer(None, await act(conn))

        answered = await answer_once(conn, claim, who.account_id, is_live=who.is_live, act=answer)
    return raw_json(answered.body, headers=REPLAYED if answered.is_replay else {})


def wanted_mode(request: Request) -> Mode:
    """Return `mode` of the query, by default live. Raises InvalidRequest."""
    return mode_of(request.query_params.get("mode", Mode.LIVE))


def mode_of(said: str) -> Mode:
    """Raises InvalidRequest."""
    if said not in set(Mode):
        raise InvalidRequest(f"mode must be one of {', '.join(Mode)}; got '{said[:20]}'.", param="mode")
    return Mode(said)
