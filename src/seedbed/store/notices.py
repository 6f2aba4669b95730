"""What processes shout to each other through PostgreSQL. A notice may be lost, so nothing may depend on one.

A commit that carries a NOTIFY holds a lock of the whole database through its flush, so these statements run after the
commit they speak of, in one of their own.
"""

from __future__ import annotations

from contextlib import suppress

import psycopg

from seedbed.store.database import Connection

WORK_CHANNEL = "seedbed_work"  # payload: the pool that has a new job
CANCEL_CHANNEL = "seedbed_cancel"  # payload: "<job id>:<attempt>" that is to stop
CHANGE_CHANNEL = "seedbed_change"  # payload: the id of a job whose state has changed


async def tell_work(conn: Connection, pool: str) -> None:
    await _notify(conn, WORK_CHANNEL, pool)


async def tell_cancel(conn: Connection, job_id: str, attempt: int) -> None:
    await _notify(conn, CANCEL_CHANNEL, f"{job_id}:{attempt}")


async def tell_change(conn: Connection, job_id: str) -> None:
    """Tell those who follow the job. They look by themselves too, so a notice that fails is no fault of the action."""
    with suppress(psycopg.OperationalError):
        await _notify(conn, CHANGE_CHANNEL, job_id)


async def _notify(conn: Connection, channel: str, payload: str) -> None:
    await conn.execute("select pg_notify(%(channel)s, %(payload)s)", {"channel": channel, "payload": payload})
