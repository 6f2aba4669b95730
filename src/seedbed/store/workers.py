"""Which workers there are: each writes a row of its own every few seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from psycopg.types.json import Jsonb

from seedbed.store.database import Connection, many, one

SILENCE_S = 15.0  # three heartbeats: a worker that was silent for so long does not count as alive


class WorkerState(StrEnum):
    READY = "ready"  # takes jobs
    TESTING = "testing"  # its engine failed, and makes a small video to find out whose fault that was
    QUARANTINED = "quarantined"  # that failed too: it takes no job until a test succeeds


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a worker runs, with which engine, and for whom. `gpus` are those that it was given, as the driver counts.

    `fleet` and `slot` are None for a worker that somebody started by hand.
    """

    host: str | None = None
    engine: str | None = None
    gpus: str | None = None
    fleet: str | None = None
    slot: str | None = None


@dataclass(frozen=True, slots=True)
class Worker:
    """`capabilities` is what its engine says of itself (JSON); `doing` the job it works on.

    `state` is that of its best slot; `reason` says what is wrong with any of them, in words for the operator.
    `is_drained`: it knows that it is to take no jobs, and takes none.
    """

    id: str
    pools: tuple[str, ...]
    capabilities: dict[str, Any]
    doing: str | None
    seen_at: datetime
    state: WorkerState
    state_since: datetime
    reason: str | None
    started_at: datetime
    place: Place = Place()
    is_drained: bool = False


async def heartbeat(
    conn: Connection,
    worker_id: str,
    pools: Sequence[str],
    capabilities: dict[str, Any],
    doing: str | None,
    *,
    state: WorkerState = WorkerState.READY,
    reason: str | None = None,
    place: Place | None = None,
    is_drained: bool = False,
    at: datetime | None = None,
) -> bool:
    """Say that a worker is there and how it is. Return whether it may take jobs: not while it or its host is drained.

    `is_drained`: it was told so before, and takes none.
    """
    facts = {"id": worker_id, "pools": list(pools), "capabilities": Jsonb(capabilities), "doing": doing, "at": at}
    where = asdict(place or Place())
    row = await one(conn, _HEARTBEAT, {**facts, **where, "state": state, "reason": reason, "is_drained": is_drained})
    return bool(row["may_work"])


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
            started_at=row["started_at"],
            place=Place(**{name: row[name] for name in Place.__slots__}),
            is_drained=row["is_drained"],
        )
        for row in await many(conn, _ALIVE, {"within_s": within_s, "at": at})
    ]


_HEARTBEAT = """
insert into worker (id, pools, capabilities, doing, seen_at, state, state_since, reason,
    host, engine, gpus, fleet, slot, is_drained)
values (%(id)s, %(pools)s, %(capabilities)s, %(doing)s, coalesce(%(at)s::timestamptz, clock_timestamp()),
    %(state)s::worker_state, coalesce(%(at)s::timestamptz, clock_timestamp()), %(reason)s,
    %(host)s, %(engine)s, %(gpus)s, %(fleet)s, %(slot)s, %(is_drained)s)
on conflict (id) do update set pools = excluded.pools, capabilities = excluded.capabilities, doing = excluded.doing,
    seen_at = excluded.seen_at, state = excluded.state, reason = excluded.reason, is_drained = excluded.is_drained,
    state_since = case when worker.state = excluded.state then worker.state_since else excluded.state_since end
returning not exists (
    select from drain where (kind, target) in (('host', worker.host), ('worker', worker.id))) as may_work
"""
_ALIVE = """
select * from worker
where seen_at > coalesce(%(at)s::timestamptz, statement_timestamp()) - make_interval(secs => %(within_s)s) order by id
"""
