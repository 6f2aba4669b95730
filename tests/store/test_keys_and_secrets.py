"""Keys are known by their digest, and stop working at once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from seedbed.actions.authenticate import authenticate
from seedbed.actions.create_account import create_account
from seedbed.actions.create_key import create_key
from seedbed.actions.revoke_key import revoke_key
from seedbed.core.errors import NotFound, Unauthorized
from seedbed.core.keys import Mode, Scope, make_key, parse_key
from seedbed.store import accounts, keys
from seedbed.store.keys import Principal
from store.orders import NOON, after

pytestmark = pytest.mark.server


@pytest.fixture
async def account(conn):
    return (await create_account(conn, name="Ada")).id


async def _key(conn, account, **wishes):
    facts = {"mode": Mode.LIVE, "name": "laptop", "scopes": [Scope.GENERATE], "entropy": b"\7" * 32}
    return await create_key(conn, account, **facts | wishes)


async def _last_use(conn, account):
    return (await keys.of_account(conn, account))[0].last_used_at


async def test_a_key_says_whose_it_is_and_what_it_may(conn, account):
    new = await _key(conn, account)

    admission = await authenticate(conn, parse_key(new.key))

    assert admission.principal == Principal(account, Mode.LIVE, new.id, frozenset({Scope.GENERATE}))
    assert new.key not in repr(new)


async def test_the_key_itself_is_nowhere_in_the_table(conn, account):
    new = await _key(conn, account)

    cursor = await conn.execute("select api_key::text as row from api_key")

    assert new.key[9:-4] not in (await cursor.fetchone())["row"]


async def test_an_unknown_key_is_refused(conn):
    with pytest.raises(Unauthorized):
        await authenticate(conn, parse_key(make_key(Mode.LIVE, b"\0" * 32)))


async def test_a_revoked_key_is_refused_at_once_and_revoking_again_changes_nothing(conn, account):
    new = await _key(conn, account)

    await revoke_key(conn, new.id, at=NOON)
    await revoke_key(conn, new.id, at=after(5))

    assert (await keys.of_account(conn, account))[0].revoked_at == NOON
    with pytest.raises(Unauthorized):
        await authenticate(conn, parse_key(new.key), at=after(1))


async def test_revoking_a_key_that_never_was_is_said_so(conn):
    with pytest.raises(NotFound):
        await revoke_key(conn, 10**9)


async def test_a_key_is_refused_from_its_expiry_on(conn, account):
    new = await _key(conn, account, expires_at=NOON, at=after(-60))

    assert await authenticate(conn, parse_key(new.key), at=after(-1))
    with pytest.raises(Unauthorized):
        await authenticate(conn, parse_key(new.key), at=NOON)


async def test_the_last_use_is_noted_at_most_once_a_minute(conn, account):
    parsed = parse_key((await _key(conn, account)).key)
    uses = []
    for seconds in (0, 59, 61):
        await authenticate(conn, parsed, at=after(seconds))
        uses.append(await _last_use(conn, account))

    assert uses == [NOON, NOON, after(61)]


async def test_a_webhook_secret_is_made_once_for_each_mode(conn, account):
    live = await accounts.webhook_secrets(conn, account, is_live=True, entropy=b"\1" * 32)
    again = await accounts.webhook_secrets(conn, account, is_live=True, entropy=b"\2" * 32)
    test = await accounts.webhook_secrets(conn, account, is_live=False, entropy=b"\3" * 32)

    assert live == again
    assert len({secret.secret for secret in live + test}) == 2


async def test_a_rotated_secret_signs_until_it_retires(conn, account):
    (old,) = await accounts.webhook_secrets(conn, account, is_live=True, entropy=b"\1" * 32)
    await conn.execute("update webhook_secret set retires_at = %s", [NOON])

    during = await accounts.webhook_secrets(conn, account, is_live=True, entropy=b"\2" * 32, at=NOON - timedelta(1))

    assert [secret.secret for secret in during] == [old.secret]
    assert during[0].retires_at == NOON
    assert old.secret not in repr(old)
