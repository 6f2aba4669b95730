"""The log of what operators did. Append-only: a trigger refuses everything else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from seedbed.core.operators import Act, Operator
from seedbed.store.database import Connection, Row, many


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One action. `number` is the order in which actions were recorded."""

    number: int
    at: datetime
    actor: str
    api_key_id: int | None
    action: str
    subject: str
    account_id: int | None
    changes: dict[str, Any]
    request_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which actions to show; None: whichever."""

    action: str | None = None
    subject: str | None = None
    account_id: int | None = None
    api_key_id: int | None = None
    first: datetime | None = None  # this moment and later
    last: datetime | None = None  # before this moment


async def record(
    conn: Connection,
    by: Operator,
    act: Act,
    subject: str,
    *,
    account_id: int | None = None,
    changes: Mapping[str, Any],
    at: datetime | None,
) -> None:
    """Write an action down. Call it in the transaction that does it. `changes` holds JSON values, and no secret."""
    facts = {
        "actor": by.name,
        "api_key_id": by.key_id,
        "action": act,
        "subject": subject,
        "account_id": account_id,
        "changes": json.dumps(changes, ensure_ascii=False, separators=(",", ":")),
        "request_id": by.request_id,
        "at": at,
    }
    await conn.execute(_RECORD, facts)


async def page(conn: Connection, wanted: Wanted, *, limit: int, before: int) -> list[Recorded]:
    """Return the newest actions whose number is less than `before`."""
    facts = {
        "action": wanted.action,
        "subject": wanted.subject,
        "account_id": wanted.account_id,
        "api_key_id": wanted.api_key_id,
        "first": wanted.first,
        "last": wanted.last,
        "limit": limit,
        "before": before,
    }
    return [_to_recorded(row) for row in await many(conn, _PAGE, facts)]


def _to_recorded(row: Row) -> Recorded:
    return Recorded(**row | {"changes": json.loads(row["changes"])})


# The key's name as it is now: it may be another later.
_RECORD = """
insert into operator_action (at, actor, api_key_id, action, subject, account_id, changes, request_id)
values (coalesce(%(at)s::timestamptz, clock_timestamp()),
    coalesce((select name from api_key where id = %(api_key_id)s), %(actor)s),
    %(api_key_id)s, %(action)s, %(subject)s, %(account_id)s, %(changes)s, %(request_id)s)
"""
_PAGE = """
select number, at, actor, api_key_id, action, subject, account_id, changes, request_id from operator_action
where number < %(before)s
    and (%(action)s::text is null or action = %(action)s)
    and (%(subject)s::text is null or subject = %(subject)s)
    and (%(account_id)s::bigint is null or account_id = %(account_id)s)
    and (%(api_key_id)s::bigint is null or api_key_id = %(api_key_id)s)
    and (%(first)s::timestamptz is null or at >= %(first)s)
    and (%(last)s::timestamptz is null or at < %(last)s)
order by number desc limit %(limit)s
"""
