"""Keys that stand for people: one each, changed by revoking it, and exactly one under two sign-ins at once."""

from __future__ import annotations

import asyncio
import secrets

from seedbed.actions.create_account import create_account
from seedbed.actions.create_key import create_key
from seedbed.actions.standing_key import standing_key
from seedbed.core.keys import Mode, Scope
from seedbed.store import keys

READS, MAKES = frozenset({Scope.READ}), frozenset({Scope.GENERATE})


async def stand(conn, account_id, *, stands_for="ada@example.org", scopes=MAKES) -> int:
    return await standing_key(conn, account_id, stands_for=stands_for, scopes=scopes, entropy=secrets.token_bytes(32))


async def test_somebody_who_comes_again_has_the_same_key(conn):
    account = await create_account(conn, name="Ada")

    first, again, other = (
        await stand(conn, account.id),
        await stand(conn, account.id),
        await stand(conn, account.id, stands_for="grace@example.org"),
    )

    assert first == again != other


async def test_other_rights_are_another_key_and_the_old_one_ends(conn):
    account = await create_account(conn, name="Ada")
    first = await stand(conn, account.id)

    second = await stand(conn, account.id, scopes=READS)

    assert second != first
    stored = {key.id: key for key in await keys.of_account(conn, account.id)}
    assert stored[first].revoked_at is not None
    assert (stored[second].revoked_at, stored[second].scopes) == (None, READS)


async def test_a_revoked_one_is_not_found_again(conn):
    account = await create_account(conn, name="Ada")
    first = await stand(conn, account.id)
    await keys.revoke(conn, first, at=None)

    assert await stand(conn, account.id) != first


async def test_a_key_that_bears_the_name_by_chance_stands_for_nobody(conn):
    account = await create_account(conn, name="Ada")
    own = await create_key(
        conn, account.id, mode=Mode.LIVE, name="ada@example.org", scopes=MAKES, entropy=secrets.token_bytes(32)
    )

    assert await stand(conn, account.id) != own.id


async def test_two_sign_ins_at_once_make_one_key(open_connection):
    conns = [await open_connection() for _ in range(4)]
    account = await create_account(conns[0], name="Ada")

    made = await asyncio.gather(*(stand(conn, account.id) for conn in conns))

    assert len(set(made)) == 1
