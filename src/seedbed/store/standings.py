"""Accounts as their operator sees them: what was decided about each, what it has, and what it does."""

from __future__ import annotations

from dataclasses import dataclass

from seedbed.core.accounts import Standing, Terms
from seedbed.core.credits import Balance
from seedbed.store.database import Connection, Row, many, one_or_none


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which accounts to list; None: whichever. `text` is a part of the name, in any case, or the whole number."""

    text: str | None = None
    is_disabled: bool | None = None


async def get(conn: Connection, account_id: int) -> Standing | None:
    row = await one_or_none(conn, _OF_ONE, {"id": account_id})
    return _to_standing(row) if row else None


async def page(conn: Connection, wanted: Wanted, *, limit: int, before: int) -> list[Standing]:
    """Return the newest accounts whose number is less than `before`."""
    escaped = wanted.text.translate({ord(c): f"\\{c}" for c in "\\%_"}) if wanted.text is not None else None
    facts = {
        "like": f"%{escaped}%" if escaped is not None else None,
        "text": wanted.text,
        "is_disabled": wanted.is_disabled,
        "limit": limit,
        "before": before,
    }
    return [_to_standing(row) for row in await many(conn, _PAGE, facts)]


def _to_standing(row: Row) -> Standing:
    return Standing(
        id=row["id"],
        terms=Terms(name=row["name"], is_unlimited=row["is_unlimited"], refill_credits=row["refill_credits"]),
        created_at=row["created_at"],
        disabled_at=row["disabled_at"],
        disabled_because=row["disabled_because"],
        live=Balance(row["live_available"], row["live_held"]),
        test=Balance(row["test_available"], row["test_held"]),
        queued_jobs=int(row["queued"]),
        running_jobs=int(row["running"]),
        keys=row["keys"],
    )


_SEEN = """
select found.*, coalesce(live.available_credits, 0) as live_available, coalesce(live.held_credits, 0) as live_held,
    coalesce(test.available_credits, 0) as test_available, coalesce(test.held_credits, 0) as test_held,
    lanes.queued, lanes.running,
    (select count(*) from api_key where api_key.account_id = found.id and revoked_at is null
        and (expires_at is null or expires_at > clock_timestamp())) as keys
from ({found}) found
    left join balance live on live.account_id = found.id and live.is_live
    left join balance test on test.account_id = found.id and not test.is_live
    cross join lateral (select coalesce(sum(queued), 0) as queued, coalesce(sum(running), 0) as running
                        from lane where lane.account_id = found.id) lanes
order by found.id desc
"""
_OF_ONE = _SEEN.format(found="select * from account where id = %(id)s")
_PAGE = _SEEN.format(
    found="""
    select * from account
    where id < %(before)s and (%(is_disabled)s::boolean is null or (disabled_at is not null) = %(is_disabled)s)
        and (%(text)s::text is null or name ilike %(like)s or id::text = %(text)s)
    order by id desc limit %(limit)s
"""
)
