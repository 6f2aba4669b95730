"""Accounts as the operator's API shows them."""

from __future__ import annotations

from seedbed.api.admin.account_wire import AccountAnswer, AccountView, BalanceView
from seedbed.api.native.moments import shown, shown_or_null
from seedbed.api.service import Service
from seedbed.core.accounts import Standing
from seedbed.core.credits import Balance
from seedbed.core.errors import NotFound
from seedbed.store import standings
from seedbed.store.database import Connection


def account_view(standing: Standing) -> AccountView:
    return AccountView(
        id=standing.id,
        name=standing.terms.name,
        created_at=shown(standing.created_at),
        is_disabled=standing.is_disabled,
        disabled_at=shown_or_null(standing.disabled_at),
        disabled_because=standing.disabled_because,
        is_unlimited=standing.terms.is_unlimited,
        monthly_refill_credits=standing.terms.refill_credits,
        live=balance_view(standing.live),
        test=balance_view(standing.test),
        queued_jobs=standing.queued_jobs,
        running_jobs=standing.running_jobs,
        keys=standing.keys,
    )


def balance_view(balance: Balance) -> BalanceView:
    return BalanceView(available=balance.available_credits, held=balance.held_credits)


async def account_answer(conn: Connection, account_id: int) -> AccountAnswer:
    """Return the account as it is now. Raises NotFound."""
    standing = await standings.get(conn, account_id)
    if standing is None:
        raise NotFound(f"There is no account {account_id}.")
    return AccountAnswer(account=account_view(standing))


async def known_account(service: Service, account_id: int) -> None:
    """Raises NotFound if there is no such account."""
    async with service.connection() as conn:
        await account_answer(conn, account_id)
