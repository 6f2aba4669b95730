"""Open an account, with credits to begin with if so wished."""

from __future__ import annotations

from datetime import datetime

from seedbed.store import accounts, ledger
from seedbed.store.accounts import Account
from seedbed.store.database import Connection


async def create_account(conn: Connection, *, name: str, credits: int = 0, at: datetime | None = None) -> Account:  # noqa: A002 - the word of the contract
    """`credits` (>= 0) go to its live balance."""
    async with conn.transaction():
        account = await accounts.insert(conn, name=name)
        if credits:
            await ledger.give(conn, account.id, credits, is_live=True, note="account opened", at=at)
        return account
