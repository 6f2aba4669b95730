"""Sign in somebody whom a provider or a trusted proxy has vouched for, as far as their groups allow it.

Each sign-in judges the groups anew: what somebody may no longer do ends here, in every account, also when they are
turned away.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from seedbed.actions.authenticate import authenticate
from seedbed.actions.create_account import create_account
from seedbed.actions.sign_in import NewSession, begin_session
from seedbed.actions.standing_key import standing_key
from seedbed.core.errors import NotAdmitted
from seedbed.core.operators import Operator
from seedbed.core.sessions import parse_token
from seedbed.core.sign_in import GroupRule, Person, rule_for
from seedbed.store import accounts, keys
from seedbed.store.database import Connection

MAX_NAMED_CHARACTERS = 100


async def admit_person(
    conn: Connection,
    person: Person,
    rules: Iterable[GroupRule],
    *,
    key_entropy: bytes,
    session_entropy: bytes,
    lifetime: timedelta,
    at: datetime | None = None,
) -> NewSession:
    """Begin a session in the account of the first rule that fits. An account of that name is opened if there is none.

    A standing key that they had elsewhere, or with other scopes, is revoked. Both entropies are at least 32 random
    bytes. Raises NotAdmitted if no rule fits, and AccountDisabled.
    """
    rule = rule_for(person, rules)
    if rule is None:
        async with conn.transaction():
            await _revoke_elsewhere(conn, person, account_id=None, at=at)
        raise NotAdmitted(
            f"Your account {person.name[:MAX_NAMED_CHARACTERS]} belongs to no group that may use this service; ask "
            "whoever runs it."
        )
    # On its own, so that it stays when the account that they have now turns them away.
    async with conn.transaction():
        account_id = await _account_of_name(conn, rule.account, person, at=at)
        await _revoke_elsewhere(conn, person, account_id=account_id, at=at)
    async with conn.transaction():
        key_id = await standing_key(
            conn,
            account_id,
            stands_for=person.identity,
            name=person.name,
            scopes=rule.scopes,
            entropy=key_entropy,
            at=at,
        )
        new = await begin_session(conn, key_id, entropy=session_entropy, lifetime=lifetime, at=at)
        await authenticate(conn, parse_token(new.token), at=at)
        return new


async def _account_of_name(conn: Connection, name: str, person: Person, *, at: datetime | None) -> int:
    """Return the oldest account of that name, or a new one without credits."""
    if known := await accounts.of_name(conn, name):
        return known[0].id
    await accounts.lock_name(conn, name)
    known = await accounts.of_name(conn, name)  # somebody else may have been first
    by = Operator(f"sign-in of {person.name[:MAX_NAMED_CHARACTERS]}")
    return known[0].id if known else (await create_account(conn, name=name, by=by, at=at)).id


async def _revoke_elsewhere(conn: Connection, person: Person, *, account_id: int | None, at: datetime | None) -> None:
    for key in await keys.all_standing(conn, person.identity):
        if key.account_id != account_id:
            await keys.revoke(conn, key.id, at=at)
