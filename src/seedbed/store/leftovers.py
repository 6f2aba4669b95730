"""Which attempts came to nothing, so that the bytes they may have stored are found without reading a whole bucket.

A row is written in the commit that takes a job away from its attempt. From then on no finish of that attempt can win,
so its bytes are nobody's for ever, and may be deleted at any time by anybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from seedbed.store.database import Connection, many

# A worker that lost its job is told so, stops, and sweeps for itself. These are for one that was killed or frozen: the
# first sweep finds what was stored before, the second what a frozen one stored when it woke, and was then killed.
FIRST_SWEEP_S = 60
NEXT_SWEEP_S = 3600
SWEEPS = 2
RETRY_S = 300  # one that took a row and died over it, or met a store that was away


@dataclass(frozen=True, slots=True)
class Leftover:
    job_id: str
    attempt: int


async def leave(conn: Connection, job_id: str, attempt: int, *, at: datetime) -> None:
    """Note an attempt that has just lost its job. Idempotent."""
    await conn.execute(_LEAVE, {"job_id": job_id, "attempt": attempt, "at": at, "wait_s": FIRST_SWEEP_S})


async def take_due(conn: Connection, *, limit: int, at: datetime | None = None) -> list[Leftover]:
    """Return attempts whose bytes are to be deleted now. Each is due again soon unless it is said to be `swept`."""
    rows = await many(conn, _TAKE_DUE, {"limit": limit, "at": at, "wait_s": RETRY_S})
    return [Leftover(row["job_id"], row["attempt"]) for row in rows]


async def swept(conn: Connection, leftovers: Sequence[Leftover], *, at: datetime | None = None) -> None:
    """Say that their bytes were deleted: once more later, or they are forgotten."""
    facts = {"job_ids": [left.job_id for left in leftovers], "attempts": [left.attempt for left in leftovers]}
    await conn.execute(_SWEPT, {**facts, "at": at, "wait_s": NEXT_SWEEP_S, "sweeps": SWEEPS})
    await conn.execute(_FORGET, {**facts, "sweeps": SWEEPS})


_LEAVE = """
insert into leftover (job_id, attempt, due_at)
values (%(job_id)s, %(attempt)s, %(at)s + make_interval(secs => %(wait_s)s))
on conflict do nothing
"""
_TAKE_DUE = """
update leftover set due_at = coalesce(%(at)s::timestamptz, clock_timestamp()) + make_interval(secs => %(wait_s)s)
where (job_id, attempt) in (
    select job_id, attempt from leftover
    where due_at <= coalesce(%(at)s::timestamptz, statement_timestamp())
    order by due_at limit %(limit)s for update skip locked)
returning job_id, attempt
"""
_SWEPT = """
update leftover set sweeps = sweeps + 1,
    due_at = coalesce(%(at)s::timestamptz, clock_timestamp()) + make_interval(secs => %(wait_s)s)
where (job_id, attempt) in (select * from unnest(%(job_ids)s::text[], %(attempts)s::integer[]))
"""
_FORGET = """
delete from leftover
where (job_id, attempt) in (select * from unnest(%(job_ids)s::text[], %(attempts)s::integer[])) and sweeps >= %(sweeps)s
"""
