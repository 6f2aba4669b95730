"""Give an account credits, or take unspent ones back."""

from __future__ import annotations

from datetime import datetime

from seedbed.core.accounts import check_grant
from seedbed.core.credits import Balance
from seedbed.core.errors import NotFound
from seedbed.core.keys import Mode
from seedbed.core.lines import MAX_NOTE_CHARACTERS, line_of
from seedbed.core.operators import SERVICE, Act, Operator, account_subject
from seedbed.store import accounts, ledger, operator_log
from seedbed.store.database import Connection


async def grant(
    conn: Connection,
    account_id: int,
    *,
    credits: int,  # noqa: A002 - the word of the contract
    note: str,
    is_live: bool = True,
    by: Operator = SERVICE,
    at: datetime | None = None,
) -> Balance:
    """Return the new balance. A negative amount takes back.

    Raises NotFound, InvalidRequest for no credits at all or an empty note, and InsufficientCredits if more is taken
    than is available.
    """
    check_grant(credits)
    note = line_of(note, most=MAX_NOTE_CHARACTERS, param="note")
    async with conn.transaction():
        if await accounts.get(conn, account_id) is None:
            raise NotFound(f"There is no account {account_id}.")
        # The balance is the last lock of a transaction, so the log goes first.
        changes = {"credits": credits, "mode": Mode.LIVE if is_live else Mode.TEST, "note": note}
        subject = account_subject(account_id)
        await operator_log.record(conn, by, Act.ACCOUNT_GRANTED, subject, account_id=account_id, changes=changes, at=at)
        return await ledger.give(conn, account_id, credits, is_live=is_live, note=note, at=at)
