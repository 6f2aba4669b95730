"""API keys as their operator sees them: with what each has charged in the present month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from seedbed.core.keys import KeyState
from seedbed.store.database import Connection, Row, many, one, one_or_none
from seedbed.store.keys import StoredKey, to_stored


@dataclass(frozen=True, slots=True)
class ListedKey:
    key: StoredKey
    charged_credits: int
    state: KeyState


async def get(conn: Connection, key_id: int, *, at: datetime | None = None) -> ListedKey | None:
    row = await one_or_none(conn, _OF_ONE, {"id": key_id, "at": at})
    return _to_listed(row) if row else None


async def page(
    conn: Connection, account_id: int, *, limit: int, before: int, at: datetime | None = None
) -> list[ListedKey]:
    """Return the account's newest keys whose number is less than `before`, in both modes, revoked ones too."""
    facts = {"account_id": account_id, "limit": limit, "before": before, "at": at}
    return [_to_listed(row) for row in await many(conn, _PAGE, facts)]


async def own(conn: Connection, account_id: int, *, limit: int, at: datetime | None = None) -> list[ListedKey]:
    """Return the account's newest keys as its own people see them: none that was revoked, none that stands for one."""
    facts = {"account_id": account_id, "limit": limit, "at": at}
    return [_to_listed(row) for row in await many(conn, _OWN, facts)]


async def count_own(conn: Connection, account_id: int, *, at: datetime | None = None) -> int:
    """Return how many of those are valid at this moment."""
    row = await one(conn, _COUNT_OWN, {"account_id": account_id, "at": at})
    return int(row["valid"])


async def own_key(conn: Connection, account_id: int, key_id: int, *, at: datetime | None = None) -> ListedKey | None:
    """Return one of those, or None for any other number."""
    row = await one_or_none(conn, _OWN_KEY, {"account_id": account_id, "id": key_id, "at": at})
    return _to_listed(row) if row else None


def _to_listed(row: Row) -> ListedKey:
    return ListedKey(to_stored(row), row["charged_credits"], KeyState(row["shown_state"]))


_SEEN = """
select api_key.*, coalesce(spent.charged_credits, 0) as charged_credits,
    case when revoked_at is not null then 'revoked' when expires_at <= now.at then 'expired' else 'active'
    end as shown_state
from (select coalesce(%(at)s::timestamptz, clock_timestamp()) as at offset 0) now
    cross join api_key
    left join key_spending spent on spent.api_key_id = api_key.id
        and spent.month = date_trunc('month', now.at at time zone 'UTC')::date
"""
_OF_ONE = _SEEN + "where id = %(id)s"
_PAGE = _SEEN + "where account_id = %(account_id)s and id < %(before)s order by id desc limit %(limit)s"
_OF_ITS_PEOPLE = "account_id = %(account_id)s and stands_for is null and revoked_at is null"
_OWN = _SEEN + f"where {_OF_ITS_PEOPLE} order by id desc limit %(limit)s"
_OWN_KEY = _SEEN + f"where id = %(id)s and {_OF_ITS_PEOPLE}"
_COUNT_OWN = """
select count(*) as valid from api_key
where account_id = %(account_id)s and stands_for is null and revoked_at is null
    and (expires_at is null or expires_at > coalesce(%(at)s::timestamptz, clock_timestamp()))
"""
