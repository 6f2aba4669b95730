"""The one account that a first start makes, so that a newcomer can paste a curl line and see a video."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from seedbed.cli.home import Login, load_login, save_login
from seedbed.core.errors import Unauthorized
from seedbed.core.keys import ENTROPY_BYTES, Mode, Scope, parse_key

if TYPE_CHECKING:
    from seedbed.store.database import Connection

CREDITS = 100_000


async def ensure_login(conn: Connection, home: Path, *, base_url: str) -> Login:
    """Return the developer's login, made anew if there is none or the database does not know its key. Idempotent."""
    known = load_login(home)
    key = (
        known.key
        if known and await _is_known(conn, known.key)
        else await _make_key(conn, mode=Mode.LIVE, name="developer", amount_credits=CREDITS)
    )
    login = Login(base_url, key)
    if login != known:
        save_login(home, login)
    return login


async def make_test_login(conn: Connection, *, base_url: str) -> Login:
    """Return a login in test mode, of an account of its own. It is not kept in the home folder."""
    return Login(base_url, await _make_key(conn, mode=Mode.TEST, name="tester", amount_credits=0))


async def _is_known(conn: Connection, key: str) -> bool:
    from seedbed.actions.authenticate import authenticate

    try:
        await authenticate(conn, parse_key(key))
    except Unauthorized:
        return False
    return True


async def _make_key(conn: Connection, *, mode: Mode, name: str, amount_credits: int) -> str:
    from seedbed.actions.create_account import create_account
    from seedbed.actions.create_key import create_key

    account = await create_account(conn, name=name, credits=amount_credits)
    made = await create_key(
        conn,
        account.id,
        mode=mode,
        name=name,
        scopes=frozenset({Scope.GENERATE}),
        entropy=secrets.token_bytes(ENTROPY_BYTES),
    )
    return made.key
