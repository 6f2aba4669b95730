"""Turn an account's keys away, all of them at once, and let them in again. Its jobs go on."""

from __future__ import annotations

from datetime import datetime

from seedbed.core.errors import InvalidRequest, NotFound
from seedbed.core.lines import MAX_NOTE_CHARACTERS, line_of
from seedbed.core.operators import Act, Operator, account_subject
from seedbed.store import accounts, keys, operator_log
from seedbed.store.database import Connection, moment


async def disable_account(
    conn: Connection, account_id: int, *, because: str, by: Operator, at: datetime | None = None
) -> None:
    """`because` is for operators alone. Idempotent: the first reason stays.

    Raises NotFound, and InvalidRequest for the account of the key that asks: nobody would be left to undo it.
    """
    because = line_of(because, most=MAX_NOTE_CHARACTERS, param="reason")
    async with conn.transaction():
        now = await moment(conn, at)
        await _check_not_own(conn, account_id, by)
        if await _known(conn, account_id, await accounts.disable(conn, account_id, because=because, at=now)):
            changes = {"reason": because}
            subject = account_subject(account_id)
            await operator_log.record(
                conn, by, Act.ACCOUNT_DISABLED, subject, account_id=account_id, changes=changes, at=now
            )


async def enable_account(conn: Connection, account_id: int, *, by: Operator, at: datetime | None = None) -> None:
    """Idempotent. Raises NotFound."""
    async with conn.transaction():
        if await _known(conn, account_id, await accounts.enable(conn, account_id)):
            subject = account_subject(account_id)
            await operator_log.record(conn, by, Act.ACCOUNT_ENABLED, subject, account_id=account_id, changes={}, at=at)


async def _known(conn: Connection, account_id: int, has_changed: bool) -> bool:
    """Return whether there is news. Raises NotFound if that is because there is no such account."""
    if not has_changed and await accounts.get(conn, account_id) is None:
        raise NotFound(f"There is no account {account_id}.")
    return has_changed


async def _check_not_own(conn: Connection, account_id: int, by: Operator) -> None:
    own = await keys.get(conn, by.key_id) if by.key_id is not None else None
    if own and own.account_id == account_id:
        raise InvalidRequest(
            "This is the account of the key that asks: it would shut itself out. Use a key of another account.",
            param="accountId",
        )
