"""Addresses of webhooks that have done nothing but fail lately, and those that are switched off for it.

An account's own, and one mode's: what one customer's receiver does never touches another's. An address in good order
has no row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from seedbed.core.webhooks import StopReason
from seedbed.store.database import Connection, Row, many, one, one_or_none


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """`failures` counts the attempts since `failing_since`, none of which was accepted."""

    address: str
    failing_since: datetime
    failures: int
    last_status: int | None
    off_since: datetime | None
    off_because: StopReason | None


async def stop_reason(conn: Connection, account_id: int, address: str, *, is_live: bool) -> StopReason | None:
    """Return why the address is switched off, or None if it is not."""
    facts = {"account_id": account_id, "is_live": is_live, "address": address}
    row = await one_or_none(conn, _STOP_REASON, facts)
    return StopReason(row["off_because"]) if row else None


async def count_failure(
    conn: Connection, account_id: int, address: str, *, is_live: bool, status: int | None, at: datetime
) -> Endpoint:
    """Count a failed attempt and return the address as it is now, locked until the transaction ends."""
    facts = {"account_id": account_id, "is_live": is_live, "address": address, "status": status, "at": at}
    return _to_endpoint(await one(conn, _COUNT_FAILURE, facts))


async def forget_failures(conn: Connection, account_id: int, address: str, *, is_live: bool) -> None:
    """Begin to count anew after a success. What is switched off stays so."""
    await conn.execute(_FORGET, {"account_id": account_id, "is_live": is_live, "address": address})


async def switch_off(
    conn: Connection, account_id: int, address: str, *, is_live: bool, reason: StopReason, at: datetime
) -> None:
    """Idempotent: the first reason and moment stay."""
    facts = {"account_id": account_id, "is_live": is_live, "address": address, "reason": reason, "at": at}
    await conn.execute(_SWITCH_OFF, facts)


async def switch_on(conn: Connection, account_id: int, address: str, *, is_live: bool) -> bool:
    """Forget all that is held against the address. False if it was not switched off. Idempotent."""
    facts = {"account_id": account_id, "is_live": is_live, "address": address}
    row = await one_or_none(conn, _SWITCH_ON, facts)
    return row is not None and row["off_since"] is not None


async def of_account(conn: Connection, account_id: int, *, is_live: bool, limit: int) -> list[Endpoint]:
    """Return the addresses in trouble: those that are off first, then the longest failing."""
    rows = await many(conn, _OF_ACCOUNT, {"account_id": account_id, "is_live": is_live, "limit": limit})
    return [_to_endpoint(row) for row in rows]


def _to_endpoint(row: Row) -> Endpoint:
    return Endpoint(
        address=row["address"],
        failing_since=row["failing_since"],
        failures=row["failures"],
        last_status=row["last_status"],
        off_since=row["off_since"],
        off_because=StopReason(row["off_because"]) if row["off_because"] else None,
    )


_STOP_REASON = """
select off_because from webhook_endpoint
where account_id = %(account_id)s and is_live = %(is_live)s and address = %(address)s and off_since is not null
"""
_COUNT_FAILURE = """
insert into webhook_endpoint (account_id, is_live, address, failing_since, failures, last_status)
values (%(account_id)s, %(is_live)s, %(address)s, %(at)s, 1, %(status)s)
on conflict (account_id, is_live, address) do update set
    failures = webhook_endpoint.failures + 1, last_status = excluded.last_status,
    failing_since = least(webhook_endpoint.failing_since, excluded.failing_since)
returning *
"""
_FORGET = """
delete from webhook_endpoint
where account_id = %(account_id)s and is_live = %(is_live)s and address = %(address)s and off_since is null
"""
_SWITCH_OFF = """
update webhook_endpoint set off_since = %(at)s, off_because = %(reason)s
where account_id = %(account_id)s and is_live = %(is_live)s and address = %(address)s and off_since is null
"""
_SWITCH_ON = """
delete from webhook_endpoint where account_id = %(account_id)s and is_live = %(is_live)s and address = %(address)s
returning off_since
"""
_OF_ACCOUNT = """
select * from webhook_endpoint where account_id = %(account_id)s and is_live = %(is_live)s
order by off_since is null, failing_since, address limit %(limit)s
"""
