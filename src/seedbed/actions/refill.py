"""Bring accounts up to their monthly refill, once in every month of UTC.

Whoever was away on the first of a month is late, and not twice: a month that has passed is not made up for.
"""

from __future__ import annotations

from datetime import date, datetime

from seedbed.core.credits import month_of
from seedbed.core.credits import refill as lacking
from seedbed.core.operators import SERVICE, Act, account_subject
from seedbed.store import ledger, operator_log, refills
from seedbed.store.database import Connection, moment


async def refill(conn: Connection, *, at: datetime | None = None) -> int:
    """Refill every account that is due, each in a commit of its own, and return how many there were."""
    now = await moment(conn, at)
    month = month_of(now)
    made = [
        await _refill_one(conn, account_id, month=month, at=now) for account_id in await refills.due(conn, month=month)
    ]
    return sum(made)


async def _refill_one(conn: Connection, account_id: int, *, month: date, at: datetime) -> bool:
    async with conn.transaction():
        up_to_credits = await refills.amount(conn, account_id, month=month)
        if up_to_credits is None:
            return False
        # Whoever else refills waits here, and then finds it made.
        balance = await ledger.lock_balance(conn, account_id, is_live=True)
        given_credits = lacking(balance, up_to_credits=up_to_credits)
        if not await refills.remember(conn, account_id, month=month, given_credits=given_credits, at=at):
            return False
        changes = {"month": f"{month:%Y-%m}", "upTo": up_to_credits, "given": given_credits}
        subject = account_subject(account_id)
        await operator_log.record(
            conn, SERVICE, Act.ACCOUNT_REFILLED, subject, account_id=account_id, changes=changes, at=at
        )
        if given_credits:
            note = f"refill of {month:%Y-%m}"
            await ledger.give(conn, account_id, given_credits, is_live=True, note=note, at=at)
        return True
