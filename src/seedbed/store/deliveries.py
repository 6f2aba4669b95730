"""Webhooks to be sent: one row for each event that is told, and how it stands with it.

The row and the task that will send it are written in the commit that made the event true, so that neither can be lost.
procrastinate runs the task; here it only lends the statement that writes it, on our own connection. A task is no more
than a wake-up call: whether an attempt is due stands in the row (`next_at`), so that a second task does no harm.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from procrastinate import App, PsycopgConnector

from seedbed.core.job import Job, State
from seedbed.core.webhooks import DeliveryState as DeliveryState
from seedbed.core.webhooks import StopReason
from seedbed.store.database import Connection, Row, many, one, one_or_none

TASK = "deliver"
QUEUE = "webhooks"

_tasks = App(connector=PsycopgConnector())  # never opened: it only forms the statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """`id` is the webhook-id, the same over all attempts; `event` the state of the job that is told."""

    id: str
    job_id: str
    event: State
    url: str
    state: DeliveryState
    attempts: int
    last_status: int | None
    last_latency_ms: int | None
    created_at: datetime
    attempted_at: datetime | None
    next_at: datetime | None
    restarted_after: int
    stopped_because: StopReason | None


@dataclass(frozen=True, slots=True)
class Owned:
    """A delivery and whose it is; `number` (the order of arrival) and `dialect` are those of its job."""

    delivery: Delivery
    account_id: int
    is_live: bool
    number: int
    dialect: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of a list ends: after this delivery comes what is older."""

    number: int
    created_at: datetime
    id: str


async def enqueue(
    conn: Connection, job: Job, url: str, *, stopped_because: StopReason | None = None, at: datetime | None
) -> Delivery:
    """Write the delivery of a job's present state and the task for its first attempt. Call it in the job's commit.

    One whose address is switched off is written too, so that it can be seen and sent later, but nothing is scheduled.
    """
    facts = {"job_id": job.id, "event": job.state, "url": url, "stopped_because": stopped_because, "at": at}
    delivery = _to_delivery(await one(conn, _INSERT, facts))
    if stopped_because is None:
        await schedule(conn, delivery.id, None)
    return delivery


async def schedule(conn: Connection, delivery_id: str, at: datetime | None) -> None:
    """Let it be looked at then; None means at once. Whether an attempt is due then is for the row to say."""
    task = _tasks.configure_task(TASK, queue=QUEUE, schedule_at=at, connection=conn)
    await task.defer_async(delivery_id=delivery_id)


async def get(conn: Connection, delivery_id: str) -> Delivery | None:
    row = await one_or_none(conn, "select * from delivery where id = %(id)s", {"id": delivery_id})
    return _to_delivery(row) if row else None


async def of_job(conn: Connection, job_id: str) -> list[Delivery]:
    rows = await many(conn, "select * from delivery where job_id = %(id)s order by created_at, id", {"id": job_id})
    return [_to_delivery(row) for row in rows]


async def of_account(
    conn: Connection,
    account_id: int,
    *,
    is_live: bool,
    limit: int,
    job_id: str | None = None,
    states: Collection[DeliveryState] = (),
    after: Place | None = None,
) -> list[Owned]:
    """Return an account's deliveries, those of the newest jobs first; without `states`, in any."""
    facts = {
        "account_id": account_id,
        "is_live": is_live,
        "job_id": job_id,
        "states": sorted(states) or None,
        "number": after.number if after else None,
        "created_at": after.created_at if after else None,
        "id": after.id if after else None,
        "limit": limit,
    }
    return [_to_owned(row) for row in await many(conn, _OF_ACCOUNT, facts)]


async def ends_of(conn: Connection, job_ids: Sequence[str]) -> dict[str, str]:
    """Return job and webhook-id of those of these jobs whose end was told by a webhook."""
    rows = await many(conn, _ENDS_OF, {"job_ids": list(job_ids)})
    return {row["job_id"]: row["id"] for row in rows}


async def lock(conn: Connection, delivery_id: str) -> Owned | None:
    """Lock a delivery, whoever's it is, until the transaction ends."""
    row = await one_or_none(conn, _LOCK, {"id": delivery_id})
    return _to_owned(row) if row else None


async def record(
    conn: Connection,
    delivery_id: str,
    *,
    status: int | None,
    latency_ms: int,
    state: DeliveryState,
    stopped_because: StopReason | None = None,
    next_at: datetime | None = None,
    at: datetime | None = None,
) -> Delivery:
    """Count an attempt of a locked delivery and say how it stands now. Schedules nothing."""
    facts = {
        "id": delivery_id,
        "state": state,
        "status": status,
        "latency_ms": latency_ms,
        "stopped_because": stopped_because,
        "next_at": next_at,
        "at": at,
    }
    return _to_delivery(await one(conn, _RECORD, facts))


async def stop(conn: Connection, delivery_id: str, reason: StopReason) -> None:
    """Send a locked delivery no more."""
    await conn.execute(_STOP, {"id": delivery_id, "reason": reason})


async def give_up(conn: Connection, delivery_id: str) -> None:
    """Make no further attempt of a locked delivery."""
    await conn.execute(_GIVE_UP, {"id": delivery_id})


async def postpone(conn: Connection, delivery_id: str, until: datetime) -> None:
    """Move the next attempt of a pending delivery, and schedule it. Counts nothing."""
    cursor = await conn.execute(_POSTPONE, {"id": delivery_id, "until": until})
    if cursor.rowcount:
        await schedule(conn, delivery_id, until)


async def restart(conn: Connection, delivery_id: str, *, at: datetime) -> Delivery:
    """Begin the schedule of a locked delivery anew, with an attempt at once."""
    restarted = _to_delivery(await one(conn, _RESTART, {"id": delivery_id, "at": at}))
    await schedule(conn, delivery_id, None)
    return restarted


def _to_owned(row: Row) -> Owned:
    return Owned(_to_delivery(row), row["account_id"], row["is_live"], row["number"], row["dialect"])


def _to_delivery(row: Row) -> Delivery:
    return Delivery(
        id=row["id"],
        job_id=row["job_id"],
        event=State(row["event"]),
        url=row["url"],
        state=DeliveryState(row["state"]),
        attempts=row["attempts"],
        last_status=row["last_status"],
        last_latency_ms=row["last_latency_ms"],
        created_at=row["created_at"],
        attempted_at=row["attempted_at"],
        next_at=row["next_at"],
        restarted_after=row["restarted_after"],
        stopped_because=StopReason(row["stopped_because"]) if row["stopped_because"] else None,
    )


_INSERT = """
insert into delivery (id, job_id, event, url, state, stopped_because, created_at, next_at)
select 'msg_' || replace(gen_random_uuid()::text, '-', ''), %(job_id)s, %(event)s, %(url)s,
    case when %(stopped_because)s::text is null then 'pending' else 'stopped' end::delivery_state,
    %(stopped_because)s, moment, case when %(stopped_because)s::text is null then moment end
from (select coalesce(%(at)s::timestamptz, clock_timestamp()) as moment) as clock
returning *
"""
_OF_ACCOUNT = """
select delivery.*, job.account_id, job.is_live, job.number, job.dialect
from job join delivery on delivery.job_id = job.id
where job.account_id = %(account_id)s and job.is_live = %(is_live)s
    and (%(job_id)s::text is null or job.id = %(job_id)s)
    and (%(states)s::delivery_state[] is null or delivery.state = any(%(states)s::delivery_state[]))
    and (%(number)s::bigint is null or job.number <= %(number)s)
    and (%(number)s::bigint is null
        or (job.number, delivery.created_at, delivery.id) < (%(number)s, %(created_at)s::timestamptz, %(id)s::text))
order by job.number desc, delivery.created_at desc, delivery.id desc
limit %(limit)s
"""
_ENDS_OF = """
select job_id, id from delivery
where job_id = any(%(job_ids)s) and event in ('succeeded', 'failed', 'cancelled')
"""
_LOCK = """
select delivery.*, job.account_id, job.is_live, job.number, job.dialect
from delivery join job on job.id = delivery.job_id
where delivery.id = %(id)s for no key update of delivery
"""
_RECORD = """
update delivery set state = %(state)s, attempts = attempts + 1, last_status = %(status)s,
    last_latency_ms = %(latency_ms)s, stopped_because = %(stopped_because)s, next_at = %(next_at)s,
    attempted_at = coalesce(%(at)s::timestamptz, clock_timestamp())
where id = %(id)s
returning *
"""
_STOP = "update delivery set state = 'stopped', stopped_because = %(reason)s, next_at = null where id = %(id)s"
_GIVE_UP = "update delivery set state = 'exhausted', next_at = null where id = %(id)s and state = 'pending'"
_POSTPONE = """
update delivery set next_at = %(until)s where id = %(id)s and state = 'pending' and next_at < %(until)s
"""
_RESTART = """
update delivery set state = 'pending', stopped_because = null, restarted_after = attempts, next_at = %(at)s
where id = %(id)s
returning *
"""
