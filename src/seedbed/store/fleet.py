"""Fleets: who leads one, what its pools have to do, which machines and workers are to take no jobs.

That only one process leads a fleet is kept by an advisory lock of a session. All that a leader writes goes over the
connection that holds the lock: whoever loses it can write nothing more, without having to notice first.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import TracebackType
from typing import Any

import psycopg

from seedbed.core.errors import Unavailable
from seedbed.core.fleet_sizing import Demand
from seedbed.store.database import Connection, connect, many, one, one_or_none
from seedbed.store.lanes import BEST_JOB

USE_S = 20.0  # longer than a statement may take
_CLOSING_S = 2.0
_CLASS = 0x5EEDF1EE  # of locks by the names of fleets


class DrainKind(StrEnum):
    HOST = "host"
    WORKER = "worker"


@dataclass(frozen=True, slots=True)
class Drain:
    kind: DrainKind
    target: str
    reason: str
    since: datetime


@dataclass(frozen=True, slots=True)
class FleetRow:
    """What a fleet's leader last said. `pools` is JSON, in the form of `fleet.report`."""

    name: str
    leader: str
    backend: str
    led_since: datetime
    seen_at: datetime
    pools: list[dict[str, Any]]
    age_s: float


class Leadership:
    """The right to decide for a fleet, as long as this connection lives. Use it as an asynchronous context."""

    def __init__(self, url: str, *, fleet: str) -> None:
        self._url = url
        self._fleet = fleet
        self._conn: Connection | None = None

    async def __aenter__(self) -> Leadership:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.resign()

    async def held(self) -> Connection | None:
        """Return the connection that holds the right, asking for it if need be; None: somebody else leads.

        Raises Unavailable if the database does not answer; then the right is lost, and is asked for again next time.
        """
        async with self.used():
            if self._conn is None:
                return await self._taken()
            await self._conn.execute("select 1")
        return self._conn

    @asynccontextmanager
    async def used(self, *, within_s: float = USE_S) -> AsyncIterator[None]:
        """Give the right up if the connection fails in the block. Raises Unavailable then."""
        try:
            async with asyncio.timeout(within_s):
                yield
        except (psycopg.OperationalError, psycopg.InterfaceError, TimeoutError) as exc:
            await self.resign()
            raise Unavailable("The database does not answer; nothing is decided until it does.") from exc

    async def resign(self) -> None:
        """Give the right up. Idempotent."""
        conn, self._conn = self._conn, None
        if conn is None:
            return
        try:
            # A server notices late that a connection is closed; the next leader need not wait for that.
            async with asyncio.timeout(_CLOSING_S):
                await conn.execute("select pg_advisory_unlock_all()")
        except (psycopg.OperationalError, psycopg.InterfaceError, TimeoutError):
            return  # the lock went with the connection
        finally:
            await conn.close()

    async def _taken(self) -> Connection | None:
        async with AsyncExitStack() as unless_taken:
            conn = await connect(self._url, name="fleet leader")
            unless_taken.push_async_callback(conn.close)
            lock = await one(conn, _LEAD, {"class": _CLASS, "name": self._fleet})
            if not lock["held"]:
                return None
            unless_taken.pop_all()
            self._conn = conn
        return self._conn


async def tell(
    conn: Connection, name: str, *, leader: str, backend: str, pools: Sequence[dict[str, Any]], is_new: bool = False
) -> None:
    """Write what the leader decided, over the leader's connection. `is_new`: it has just begun to lead."""
    facts = {"name": name, "leader": leader, "backend": backend, "pools": json.dumps(list(pools)), "is_new": is_new}
    await conn.execute(_TELL, facts)


async def told(conn: Connection) -> list[FleetRow]:
    """Return what is known of every fleet, by name."""
    return [
        FleetRow(
            row["name"],
            row["leader"],
            row["backend"],
            row["led_since"],
            row["seen_at"],
            json.loads(row["pools"]),
            float(row["age_s"]),
        )
        for row in await many(conn, _TOLD, {})
    ]


async def forget(conn: Connection, name: str) -> bool:
    """Forget a fleet that is gone. False: there was none of that name."""
    return await one_or_none(conn, "delete from fleet where name = %(name)s returning name", {"name": name}) is not None


async def demand(conn: Connection, pools: Sequence[str], *, at: datetime | None = None) -> dict[str, Demand]:
    """Return what each of these pools has to do.

    `queued` are the jobs that more workers could begin: what waits for a place under its account's limit is left out.
    `oldest_wait_s` is that of the job whose turn is next, in the lane where it has waited longest. `job_s` is what the
    pool's last twenty successes took.
    """
    rows = await many(conn, _DEMAND, {"pools": list(pools), "at": at})
    return {
        row["pool"]: Demand(
            queued=int(row["queued"]),
            running=int(row["running"]),
            waiting=int(row["waiting"]),
            oldest_wait_s=max(0.0, float(row["oldest_wait_s"] or 0)),
            job_s=None if row["job_s"] is None else float(row["job_s"]),
        )
        for row in rows
    }


async def doings(conn: Connection, job_ids: Sequence[str]) -> dict[str, datetime]:
    """Return since when these jobs have been in the hands of their workers."""
    rows = await many(conn, "select id, claimed_at from job where id = any(%(ids)s)", {"ids": list(job_ids)})
    return {row["id"]: row["claimed_at"] for row in rows if row["claimed_at"]}


async def drain(conn: Connection, kind: DrainKind, target: str, *, reason: str, at: datetime | None = None) -> bool:
    """Let a machine or a worker take no more jobs. False: it takes none already, and the first reason stays."""
    facts = {"kind": kind, "target": target, "reason": reason, "at": at}
    return await one_or_none(conn, _DRAIN, facts) is not None


async def undrain(conn: Connection, target: str, *, kind: DrainKind | None = None) -> bool:
    """Let it take jobs again. False: it was not drained."""
    return await one_or_none(conn, _UNDRAIN, {"kind": kind, "target": target}) is not None


async def drains(conn: Connection) -> list[Drain]:
    """Return all that is drained, and forget the workers among it that have been gone for an hour."""
    await conn.execute(_FORGET_DRAINS)
    return [
        Drain(DrainKind(row["kind"]), row["target"], row["reason"], row["since"])
        for row in await many(conn, "select * from drain order by kind, target", {})
    ]


async def tell_load(conn: Connection, pool: str, engine: str, *, load_s: float, at: datetime | None = None) -> None:
    """Remember how long an engine took to load."""
    await conn.execute(_TELL_LOAD, {"pool": pool, "engine": engine, "load_ms": round(load_s * 1000), "at": at})


async def loads_s(conn: Connection) -> dict[str, float]:
    """Return how long the slowest engine of each pool last took to load."""
    rows = await many(conn, "select pool, max(load_ms) as load_ms from engine_load group by pool", {})
    return {row["pool"]: row["load_ms"] / 1000 for row in rows}


_LEAD = "select pg_try_advisory_lock(%(class)s, hashtext(%(name)s)) as held"
_TELL = """
insert into fleet (name, leader, backend, led_since, seen_at, pools)
values (%(name)s, %(leader)s, %(backend)s, clock_timestamp(), clock_timestamp(), %(pools)s)
on conflict (name) do update set leader = excluded.leader, backend = excluded.backend, seen_at = excluded.seen_at,
    pools = excluded.pools,
    led_since = case when %(is_new)s then excluded.led_since else fleet.led_since end
"""
_TOLD = """
select *, extract(epoch from clock_timestamp() - seen_at) as age_s from fleet order by name
"""
# Only a lane's first job is looked at, and its counters: a hundred thousand jobs that wait cost no more than one.
_DEMAND = f"""
select wanted.pool, coalesce(sum(lane.running), 0) as running, coalesce(sum(lane.queued), 0) as waiting,
    coalesce(sum(least(lane.queued, lane.max_running - lane.running)) filter (where job.id is not null), 0) as queued,
    extract(epoch from coalesce(%(at)s::timestamptz, clock_timestamp())
        - min(greatest(job.run_at, job.created_at))) as oldest_wait_s,
    (select avg(extract(epoch from finished_at - claimed_at)) from (
        select finished_at, claimed_at from job where pool = wanted.pool and state = 'succeeded'
        order by finished_at desc limit 20) recent) as job_s
from unnest(%(pools)s::text[]) as wanted (pool)
left join lane on lane.pool = wanted.pool and lane.queued + lane.running > 0
left join lateral ({BEST_JOB}) best on lane.queued > 0 and lane.running < lane.max_running
left join job on job.id = best.id
group by wanted.pool
"""  # noqa: S608 - both parts are constants
_DRAIN = """
insert into drain (kind, target, reason, since)
values (%(kind)s, %(target)s, %(reason)s, coalesce(%(at)s::timestamptz, clock_timestamp()))
on conflict (kind, target) do nothing returning target
"""
_UNDRAIN = """
delete from drain where target = %(target)s and (%(kind)s::text is null or kind = %(kind)s) returning target
"""
_FORGET_DRAINS = """
delete from drain where kind = 'worker' and since < clock_timestamp() - interval '1 hour'
    and not exists (select from worker where id = target and seen_at > clock_timestamp() - interval '1 hour')
"""
_TELL_LOAD = """
insert into engine_load (pool, engine, load_ms, told_at)
values (%(pool)s, %(engine)s, %(load_ms)s, coalesce(%(at)s::timestamptz, clock_timestamp()))
on conflict (pool, engine) do update set load_ms = excluded.load_ms, told_at = excluded.told_at
"""
