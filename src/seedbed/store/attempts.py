"""The log of webhook attempts: what each receiver answered, or why none did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from seedbed.store.database import Connection, Row, many

EXCERPT_CHARACTERS = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt, begun at `at`. `status` is None if no answer came, and then `error` says why.

    `is_private`: the receiver stands in a network that the operator opened. Then `excerpt`, the beginning of its
    answer, is for the operator alone.
    """

    at: datetime
    status: int | None
    latency_ms: int
    excerpt: str = ""
    is_private: bool = False
    error: str | None = None


@dataclass(frozen=True, slots=True)
class LoggedAttempt:
    number: int
    attempt: Attempt


async def insert(conn: Connection, delivery_id: str, number: int, attempt: Attempt) -> bool:
    """Write an attempt of a locked delivery down. False: this very attempt already was."""
    facts = {
        "delivery_id": delivery_id,
        "number": number,
        "at": attempt.at,
        "status": attempt.status,
        "latency_ms": attempt.latency_ms,
        "excerpt": attempt.excerpt[:EXCERPT_CHARACTERS].replace("\x00", ""),
        "is_private": attempt.is_private,
        "error": attempt.error,
    }
    return (await conn.execute(_INSERT, facts)).rowcount == 1


async def of_deliveries(conn: Connection, delivery_ids: Sequence[str]) -> dict[str, list[LoggedAttempt]]:
    """Return the attempts of these deliveries, each delivery's in order."""
    found: dict[str, list[LoggedAttempt]] = {delivery_id: [] for delivery_id in delivery_ids}
    for row in await many(conn, _OF_DELIVERIES, {"ids": list(delivery_ids)}):
        found[row["delivery_id"]].append(_to_logged(row))
    return found


def _to_logged(row: Row) -> LoggedAttempt:
    return LoggedAttempt(
        row["number"],
        Attempt(
            at=row["at"],
            status=row["status"],
            latency_ms=row["latency_ms"],
            excerpt=row["excerpt"],
            is_private=row["is_private"],
            error=row["error"],
        ),
    )


_INSERT = """
insert into delivery_attempt (delivery_id, number, at, status, latency_ms, excerpt, is_private, error)
values (%(delivery_id)s, %(number)s, %(at)s, %(status)s, %(latency_ms)s, %(excerpt)s, %(is_private)s, %(error)s)
on conflict (delivery_id, at) do nothing
"""
_OF_DELIVERIES = "select * from delivery_attempt where delivery_id = any(%(ids)s) order by delivery_id, number"
