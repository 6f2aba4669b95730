"""Open an account, with credits to begin with if so wished."""

from __future__ import annotations

from datetime import datetime

from seedbed.core.accounts import Terms, check_credits
from seedbed.core.operators import SERVICE, Act, Operator, account_subject
from seedbed.store import accounts, ledger, operator_log
from seedbed.store.accounts import Account
from seedbed.store.database import Connection, moment


async def create_account(
    conn: Connection,
    *,
    name: str,
    credits: int = 0,  # noqa: A002 - the word of the contract
    is_unlimited: bool = False,
    refill_credits: int | None = None,
    by: Operator = SERVICE,
    at: datetime | None = None,
) -> Account:
    """`credits` (>= 0) go to its live balance. The first monthly refill is that of the next month.

    Raises InvalidRequest for a name or an amount that is none.
    """
    terms = Terms(name=name, is_unlimited=is_unlimited, refill_credits=refill_credits).checked()
    check_credits(credits, least=0, param="credits")
    async with conn.transaction():
        now = await moment(conn, at)
        account = await accounts.insert(conn, terms, refill_from=terms.refill_from(now), at=now)
        if credits:
            await ledger.give(conn, account.id, credits, is_live=True, note="account opened", at=now)
        told = {
            "name": terms.name,
            "credits": credits,
            "isUnlimited": terms.is_unlimited,
            "monthlyRefillCredits": terms.refill_credits,
        }
        subject = account_subject(account.id)
        await operator_log.record(conn, by, Act.ACCOUNT_CREATED, subject, account_id=account.id, changes=told, at=now)
        return account
