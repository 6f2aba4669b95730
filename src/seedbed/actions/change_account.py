"""Change what was decided about an account: its name, whether it is unlimited, its monthly refill."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from seedbed.core.accounts import Terms
from seedbed.core.errors import NotFound
from seedbed.core.operators import Act, Operator, account_subject
from seedbed.store import accounts, operator_log
from seedbed.store.database import Connection, moment

# What the fields are called by those who read the log.
_SHOWN = {"name": "name", "is_unlimited": "isUnlimited", "refill_credits": "monthlyRefillCredits"}


async def change_account(
    conn: Connection,
    account_id: int,
    change: Callable[[Terms], Terms],
    *,
    by: Operator,
    at: datetime | None = None,
) -> None:
    """`change` returns the new terms from the present ones. What stays as it is, is not recorded.

    A refill that is new begins with the next month; another amount of one that is there counts from its next time on.
    Raises NotFound, InvalidRequest.
    """
    async with conn.transaction():
        now = await moment(conn, at)
        before = await accounts.lock_terms(conn, account_id)
        if before is None:
            raise NotFound(f"There is no account {account_id}.")
        after = change(before).checked()
        changes = {
            shown: [getattr(before, name), getattr(after, name)]
            for name, shown in _SHOWN.items()
            if getattr(before, name) != getattr(after, name)
        }
        if not changes:
            return
        await accounts.rewrite(conn, account_id, after, refill_from=after.refill_from(now))
        subject = account_subject(account_id)
        await operator_log.record(
            conn, by, Act.ACCOUNT_CHANGED, subject, account_id=account_id, changes=changes, at=now
        )
