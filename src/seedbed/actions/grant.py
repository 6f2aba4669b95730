"""Give an account credits, or take unspent ones back."""

from __future__ import annotations

from datetime import datetime

from seedbed.core.credits import Balance
from seedbed.core.errors import InvalidRequest, NotFound
from seedbed.store import accounts, ledger
from seedbed.store.database import Connection


async def grant(
    conn: Connection,
    account_id: int,
    *,
    credits: int,  # noqa: A002 - the word of the contract
    note: str,
    is_live: bool = True,
    at: datetime | None = None,
) -> Balance:
    """Return the new balance. A negative amount takes back.

    Raises NotFound, InvalidRequest for no credits at all, and InsufficientCredits if more is taken than is available.
    """
    if credits == 0:
        raise InvalidRequest("credits must not be 0; a negative number takes credits back.", param="credits")
    async with conn.transaction():
        if await accounts.get(conn, account_id) is None:
            raise NotFound(f"There is no account {account_id}.")
        return await ledger.give(conn, account_id, credits, is_live=is_live, note=note, at=at)
