"""Let a machine or a single worker take no more jobs, as an operator wishes, and let it again. What it has, it ends."""

from __future__ import annotations

from datetime import datetime

from seedbed.core.errors import NotFound
from seedbed.core.lines import MAX_NOTE_CHARACTERS, line_of
from seedbed.core.operators import Act, Operator
from seedbed.store import fleet, operator_log, workers
from seedbed.store.database import Connection
from seedbed.store.fleet import DrainKind

DRAINED = {DrainKind.HOST: Act.HOST_DRAINED, DrainKind.WORKER: Act.WORKER_DRAINED}
UNDRAINED = {DrainKind.HOST: Act.HOST_UNDRAINED, DrainKind.WORKER: Act.WORKER_UNDRAINED}


async def drain(
    conn: Connection, kind: DrainKind, target: str, *, reason: str, by: Operator, at: datetime | None = None
) -> bool:
    """Return whether it took jobs until now. Idempotent: the first reason stays.

    It obeys within five seconds. Raises NotFound if no such machine or worker is at work, and InvalidRequest.
    """
    reason = line_of(reason, most=MAX_NOTE_CHARACTERS, param="reason")
    alive = await workers.alive(conn, at=at)
    known = {worker.place.host if kind is DrainKind.HOST else worker.id for worker in alive}
    if target not in known:
        raise NotFound(f"There is no {kind} '{target[:80]}' at work.")
    async with conn.transaction():
        is_new = await fleet.drain(conn, kind, target, reason=reason, at=at)
        if is_new:
            changes = {"reason": reason}
            await operator_log.record(conn, by, DRAINED[kind], f"{kind}/{target}", changes=changes, at=at)
    return is_new


async def undrain(conn: Connection, kind: DrainKind, target: str, *, by: Operator, at: datetime | None = None) -> bool:
    """Return whether it was drained until now. Idempotent. A worker whose machine is drained stays so."""
    async with conn.transaction():
        was_drained = await fleet.undrain(conn, target, kind=kind)
        if was_drained:
            await operator_log.record(conn, by, UNDRAINED[kind], f"{kind}/{target}", changes={}, at=at)
    return was_drained
