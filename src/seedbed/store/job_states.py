"""The states of many jobs in one question, for those who wait for one of them to change."""

from __future__ import annotations

from collections.abc import Collection

from seedbed.core.job import State
from seedbed.store.database import Connection, many


async def states_of(conn: Connection, job_ids: Collection[str]) -> dict[str, State]:
    """Return the state of each job that exists."""
    rows = await many(conn, "select id, state from job where id = any(%(ids)s)", {"ids": list(job_ids)})
    return {row["id"]: State(row["state"]) for row in rows}
