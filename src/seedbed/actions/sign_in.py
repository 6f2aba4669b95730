"""Sign a browser in to the console, by a key or by a ticket that was made for one sign-in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from seedbed.actions.authenticate import authenticate
from seedbed.core.errors import Unauthorized
from seedbed.core.keys import ParsedKey
from seedbed.core.sessions import SessionToken, make_token, parse_token
from seedbed.store import sessions
from seedbed.store.database import Connection
from seedbed.store.sessions import SignedIn


@dataclass(frozen=True, slots=True)
class NewSession:
    """`token` is the cookie's text. It leaves here once and is stored nowhere."""

    token: str = field(repr=False)
    signed_in: SignedIn


async def sign_in(
    conn: Connection,
    shown: ParsedKey | SessionToken,
    *,
    entropy: bytes,
    lifetime: timedelta,
    at: datetime | None = None,
) -> NewSession:
    """`shown`: a key, or a ticket, which is spent. `entropy` is at least 32 random bytes.

    Raises Unauthorized if the key is not valid, or the ticket is spent, over or unknown.
    """
    async with conn.transaction():
        if isinstance(shown, ParsedKey):
            key_id: int | None = (await authenticate(conn, shown, at=at)).principal.key_id
        else:
            key_id = await sessions.take_ticket(conn, shown, at=at)
        if key_id is None:
            raise Unauthorized
        return await begin_session(conn, key_id, entropy=entropy, lifetime=lifetime, at=at)


async def begin_session(
    conn: Connection, key_id: int, *, entropy: bytes, lifetime: timedelta, at: datetime | None = None
) -> NewSession:
    """Begin a session of a key whose owner is known by other means. Raises Unauthorized if the key is not valid."""
    token = make_token(entropy)
    signed_in = await sessions.insert(conn, parse_token(token), key_id, lifetime=lifetime, at=at)
    if signed_in is None:
        raise Unauthorized
    return NewSession(token, signed_in)


async def make_ticket(
    conn: Connection, key_id: int, *, entropy: bytes, lifetime: timedelta, at: datetime | None = None
) -> str:
    """Return a text that signs one browser in with this key, within its lifetime."""
    ticket = make_token(entropy)
    async with conn.transaction():
        await sessions.insert_ticket(conn, parse_token(ticket), key_id, lifetime=lifetime, at=at)
    return ticket
