"""Which workers there are: each writes a row of its own every few seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from psycopg.types.json import Jsonb

from seedbed.store.database import Connection, many

SILENCE_S = 15.0  # three heartbeats: a worker that was silent for so long does not count as alive


class WorkerState(StrEnum):
    READY = "ready"  # takes jobs
    TESTING = "testing"  # its engine failed, and makes a small video to find out whose fault that was
    QUARANTINED = "quarantined"  # that failed too: it takes no job until a test succeeds


@dataclass(frozen=True, slots=True)
class Worker:
    """`capabilities` is what its engine says of itself (JSON); `doing` the job it works on.

    `state` is that of its best slot; `reason` says what is wrong with any of them, in words for the operator.
    """

    id: str
    pools: tuple[str, ...]
    capabilities: dict[str, Any]
    doing: str | None
    seen_at: datetime
    state: WorkerState
    state_since: datetime
    reason: str | None


async def heartbeat(
    conn: Connection,
    worker_id: str,
    pools: Sequence[str],
    capabilities: dict[str, Any],
    doing: str | None,
    *,
    state: WorkerState = WorkerState.READY,
    reason: str | None = None,
    at: datetime | None = None,
) -> None:
    facts = {"id": worker_id, "pools": list(pools), "capabilities": Jsonb(capabilities), "doing": doing, "at": at}
    await conn.execute(_HEARTBEAT, {**facts, "state": state, "reason": reason})


async def leave(conn: Connection, worker_id: str) -> None:
    """Forget a worker that stops in good order."""
    await conn.execute("delete from worker where id = %(id)s", {"id": worker_id})


async def alive(conn: Connection, within_s: float = SILENCE_S, *, at: datetime | None = None) -> list[Worker]:
    """Return the workers that were heard of within that time."""
    return [
        Worker(
            id=row["id"],
            pools=tuple(row["pools"]),
            capabilities=row["capabilities"],
            doing=row["doing"],
            seen_at=row["seen_at"],
            state=WorkerState(row["state"]),
            state_since=row["state_since"],
            reason=row["reason"],
        )
        for row in await many(conn, _ALIVE, {"within_s": within_s, "at": at})
    ]


_HEARTBEAT = """
insert into worker (id, pools, capabilities, doing, seen_at, state, state_since, reason)
values (%(id)s, %(pools)s, %(capabilities)s, %(doing)s, coalesce(%(at)s::timestamptz, clock_timestamp()),
    %(state)s::worker_state, coalesce(%(at)s::timestamptz, clock_timestamp()), %(reason)s)
on conflict (id) do update set pools = excluded.pools, capabilities = excluded.capabilities, doing = excluded.doing,
    seen_at = excluded.seen_at, state = excluded.state, reason = excluded.reason,
    state_since = case when worker.state = excluded.state then worker.state_since else excluded.state_since end
"""
_ALIVE = """
select * from worker
where seen_at > coalesce(%(at)s::timestamptz, clock_timestamp()) - make_interval(secs => %(within_s)s) order by id
"""
