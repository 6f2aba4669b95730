"""Rides out a database that is away for a while: what failed for want of a connection is done again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import psycopg
import structlog

from seedbed.core.errors import Unavailable
from seedbed.store.database import Connection, Pool, borrow

log = structlog.get_logger()

T = TypeVar("T")

# No connection, a broken one, a full pool, a deadline or a deadlock: all may be gone at the next try.
TRANSIENT = (Unavailable, psycopg.OperationalError, psycopg.InterfaceError)
FIRST_WAIT_S = 0.1
LONGEST_WAIT_S = 5.0


async def patiently(pool: Pool, verb: Callable[[Connection], Awaitable[T]]) -> T:
    """Do it, again and again while the database is away. The caller bounds the time, or cancels.

    The verb may have been done although the connection broke: it must bear being done twice.
    """
    wait_s = FIRST_WAIT_S
    while True:
        try:
            async with borrow(pool) as conn:
                return await verb(conn)
        except TRANSIENT as exc:
            log.warning("database.unreachable", reason=type(exc).__name__)
        await asyncio.sleep(wait_s * random.uniform(0.5, 1.0))
        wait_s = min(LONGEST_WAIT_S, 2 * wait_s)
