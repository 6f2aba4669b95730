"""Webhooks to be sent: one row for each event that is told, with what became of the attempts.

The row and the task that will send it are written in the commit that made the event true, so that neither can be lost.
procrastinate runs the task; here it only lends the statement that writes it, on our own connection.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from procrastinate import App, PsycopgConnector

from seedbed.core.job import Job, State
from seedbed.store.database import Connection, Row, many, one, one_or_none

TASK = "deliver"
QUEUE = "webhooks"
EXCERPT_CHARACTERS = 500

_tasks = App(connector=PsycopgConnector())  # never opened: it only forms the statement


class DeliveryState(StrEnum):
    PENDING = "pending"  # an attempt is scheduled
    DELIVERED = "delivered"  # a 2xx answer
    EXHAUSTED = "exhausted"  # no attempt is left
    STOPPED = "stopped"  # the receiver said 410


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
    last_excerpt: str | None
    created_at: datetime
    attempted_at: datetime | None
    next_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What came of one attempt. `status` is None if no answer came, and then `excerpt` says why."""

    status: int | None
    latency_ms: int
    excerpt: str


async def enqueue(conn: Connection, job: Job, url: str, *, at: datetime | None) -> Delivery:
    """Write the delivery of a job's present state and the task for its first attempt. Call it in the job's commit."""
    facts = {"job_id": job.id, "event": job.state, "url": url, "at": at}
    delivery = _to_delivery(await one(conn, _INSERT, facts))
    await schedule(conn, delivery.id, None)
    return delivery


async def schedule(conn: Connection, delivery_id: str, at: datetime | None) -> None:
    """Let an attempt be made at that moment; None means at once."""
    task = _tasks.configure_task(TASK, queue=QUEUE, schedule_at=at, connection=conn)
    await task.defer_async(delivery_id=delivery_id)


async def get(conn: Connection, delivery_id: str) -> Delivery | None:
    row = await one_or_none(conn, "select * from delivery where id = %(id)s", {"id": delivery_id})
    return _to_delivery(row) if row else None


async def of_job(conn: Connection, job_id: str) -> list[Delivery]:
    rows = await many(conn, "select * from delivery where job_id = %(id)s order by created_at, id", {"id": job_id})
    return [_to_delivery(row) for row in rows]


async def record(
    conn: Connection,
    delivery_id: str,
    attempt: Attempt,
    *,
    state: DeliveryState,
    next_at: datetime | None = None,
    at: datetime | None = None,
) -> Delivery:
    """Count an attempt and say what follows from it. Schedules nothing."""
    facts = {
        "id": delivery_id,
        "state": state,
        "status": attempt.status,
        "latency_ms": attempt.latency_ms,
        "excerpt": attempt.excerpt[:EXCERPT_CHARACTERS].replace("\x00", ""),
        "next_at": next_at,
        "at": at,
    }
    return _to_delivery(await one(conn, _RECORD, facts))


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
        last_excerpt=row["last_excerpt"],
        created_at=row["created_at"],
        attempted_at=row["attempted_at"],
        next_at=row["next_at"],
    )


_INSERT = """
insert into delivery (id, job_id, event, url, created_at, next_at)
select 'msg_' || replace(gen_random_uuid()::text, '-', ''), %(job_id)s, %(event)s, %(url)s, moment, moment
from (select coalesce(%(at)s::timestamptz, clock_timestamp()) as moment) as clock
returning *
"""
_RECORD = """
update delivery set state = %(state)s, attempts = attempts + 1, last_status = %(status)s,
    last_latency_ms = %(latency_ms)s, last_excerpt = %(excerpt)s, next_at = %(next_at)s,
    attempted_at = coalesce(%(at)s::timestamptz, clock_timestamp())
where id = %(id)s
returning *
"""
