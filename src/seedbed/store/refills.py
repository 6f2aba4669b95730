"""The monthly refills of accounts: which are due, and that each is made once a month, whatever happens."""

from __future__ import annotations

from datetime import date, datetime

from seedbed.store.database import Connection, many, one_or_none


async def due(conn: Connection, *, month: date, limit: int = 1000) -> list[int]:
    """Return accounts that have not had the refill of the month that begins on this day. Disabled ones wait."""
    rows = await many(conn, _DUE, {"month": month, "limit": limit})
    return [row["id"] for row in rows]


async def amount(conn: Connection, account_id: int, *, month: date) -> int | None:
    """Return up to how many credits the account is filled if its refill is due. Its terms stay until the commit."""
    row = await one_or_none(conn, _AMOUNT, {"id": account_id, "month": month})
    return int(row["refill_credits"]) if row else None


async def remember(conn: Connection, account_id: int, *, month: date, given_credits: int, at: datetime) -> bool:
    """Write the refill down. False if it was made already: then nothing may be given."""
    facts = {"id": account_id, "month": month, "given_credits": given_credits, "at": at}
    return await one_or_none(conn, _REMEMBER, facts) is not None


_DUE = """
select id from account
where refill_credits is not null and refill_from <= %(month)s and disabled_at is null
    and not exists (select from refill where refill.account_id = account.id and refill.month = %(month)s)
order by id limit %(limit)s
"""
_AMOUNT = """
select refill_credits from account
where id = %(id)s and refill_credits is not null and refill_from <= %(month)s and disabled_at is null
for share
"""
_REMEMBER = """
insert into refill (account_id, month, given_credits, at) values (%(id)s, %(month)s, %(given_credits)s, %(at)s)
on conflict do nothing
returning account_id
"""
