"""Make and revoke API keys of one's own account, without an operator: for people who are signed in, never for a key.

A key that leaked could otherwise make others that outlive its revocation. So neither a key may do this, nor a session
that began with one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from seedbed.actions.create_key import NewKey, create_key
from seedbed.actions.revoke_key import revoke_key
from seedbed.core.errors import InvalidRequest, NotAdmitted, NotFound
from seedbed.core.keys import Mode, Scope, covers
from seedbed.core.operators import Operator
from seedbed.store import accounts, key_list
from seedbed.store.database import Connection
from seedbed.store.sessions import SignedIn

MAX_OWN_KEYS = 50


def grantable(scopes: Collection[Scope]) -> frozenset[Scope]:
    """Return the scopes that somebody with these may give to keys. `admin` is for operators to give."""
    return frozenset(scope for scope in (Scope.GENERATE, Scope.READ) if covers(scopes, scope))


async def make_own_key(
    conn: Connection,
    who: SignedIn,
    *,
    mode: Mode,
    name: str,
    scopes: Iterable[Scope],
    expires_at: datetime | None,
    entropy: bytes,
    request_id: str | None = None,
    at: datetime | None = None,
) -> NewKey:
    """`entropy` is at least 32 random bytes.

    Raises NotAdmitted for a session of a key, and InvalidRequest for scopes that they do not have themselves, for one
    key too many, and for what `create_key` refuses.
    """
    wanted = frozenset(scopes)
    _check_person(who)
    if not wanted <= grantable(who.scopes):
        allowed = ", ".join(sorted(grantable(who.scopes))) or "none, for you have none of your own"
        raise InvalidRequest(f"The scopes of your keys may be {allowed}.", param="scopes")
    async with conn.transaction():
        await accounts.lock_terms(conn, who.account_id)  # or two at once would both be the last that there is room for
        if await key_list.count_own(conn, who.account_id, at=at) >= MAX_OWN_KEYS:
            raise InvalidRequest(
                f"An account has at most {MAX_OWN_KEYS} valid keys; revoke one that is not needed.", param="name"
            )
        return await create_key(
            conn,
            who.account_id,
            mode=mode,
            name=name,
            scopes=wanted,
            expires_at=expires_at,
            entropy=entropy,
            by=_by(who, request_id),
            at=at,
        )


async def revoke_own_key(
    conn: Connection, who: SignedIn, key_id: int, *, request_id: str | None = None, at: datetime | None = None
) -> None:
    """Make a key invalid for ever.

    Raises NotAdmitted for a session of a key, and NotFound for every key that they could not have made.
    """
    _check_person(who)
    listed = await key_list.own_key(conn, who.account_id, key_id, at=at)
    if listed is None or not listed.key.scopes <= grantable(who.scopes):
        raise NotFound(f"There is no API key {key_id}.")
    await revoke_key(conn, key_id, by=_by(who, request_id), at=at)


def _check_person(who: SignedIn) -> None:
    if not who.is_person:
        raise NotAdmitted(
            "You are signed in with an API key, and a key makes and revokes no others: sign in as yourself, or ask "
            "whoever runs this service."
        )


def _by(who: SignedIn, request_id: str | None) -> Operator:
    return Operator(who.key_name, key_id=who.key_id, request_id=request_id)
