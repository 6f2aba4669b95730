"""Work that any worker does for the whole service: reaping every few seconds, counting, sweeping, auditing at times.

Plain loops, not tasks of procrastinate: its clock ticks in minutes, and a lease is seconds. Every chore may run in any
number of workers at the same time, because each takes its rows under a lock and passes over those of another. But a
thousand workers need not all do it, so they take turns: whoever asks first after a while does it for all. A turn is
held by nobody: if its worker dies over it, the next one comes after the same while.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import datetime

import structlog

from seedbed.actions.pass_on import pass_on
from seedbed.actions.reap import reap
from seedbed.actions.refill import refill
from seedbed.blobs.store import Blobs
from seedbed.store import pool_minutes, turns
from seedbed.store.database import Pool, borrow
from seedbed.worker.auditing import TRY_EVERY_S, audit_once
from seedbed.worker.beside import beside
from seedbed.worker.patience import TRANSIENT
from seedbed.worker.sweeping import sweep_leftovers, sweep_once

log = structlog.get_logger()

REAP_EVERY_S = 2.0
REAP_PAUSE_S = 1.0  # at least, however many workers there are
ELSEWHERE_WAITS = 4  # periods, for who finds that another does it; if that one dies, so long at most nobody does
LEFTOVERS_EVERY_S = 30.0
REFILL_EVERY_S = 60.0
MINUTES_EVERY_S = 30.0  # so that every minute has a sample
MINUTES_PAUSE_S = 20.0
THIN_EVERY_S = 600.0
SWEEP_EVERY_S = 86_400.0
TRY_SWEEP_EVERY_S = 3600.0
FIRST_SWEEP_S = 60.0


async def do_chores(pool: Pool, blobs: Blobs) -> None:
    """Reap, pass on, refill, sweep and audit until cancelled."""
    async with beside(
        _every(REAP_EVERY_S, lambda: _in_turn(pool, "reap", REAP_PAUSE_S, lambda: reap_once(pool))),
        _every(LEFTOVERS_EVERY_S, lambda: sweep_leftovers_once(pool, blobs), first_s=LEFTOVERS_EVERY_S),
        _every(REFILL_EVERY_S, lambda: refill_once(pool)),
        _every(MINUTES_EVERY_S, lambda: _in_turn(pool, "minutes", MINUTES_PAUSE_S, lambda: write_minute_once(pool))),
        _every(THIN_EVERY_S, lambda: _in_turn(pool, "thinning", THIN_EVERY_S / 2, lambda: thin_minutes_once(pool))),
        _every(
            TRY_SWEEP_EVERY_S,
            lambda: _in_turn(pool, "sweep", SWEEP_EVERY_S, lambda: sweep_once(pool, blobs)),
            first_s=FIRST_SWEEP_S,
        ),
        _every(TRY_EVERY_S, lambda: audit_once(pool, blobs), first_s=FIRST_SWEEP_S),
    ):
        await asyncio.Event().wait()


async def _in_turn(pool: Pool, name: str, pause_s: float, chore: Callable[[], Awaitable[None]]) -> bool:
    """Do it, unless some worker has begun it within the pause. Return whether it was done."""
    async with borrow(pool) as conn:
        is_ours = await turns.take(conn, name, pause_s=pause_s)
    if is_ours:
        await chore()
    return is_ours


async def reap_once(pool: Pool, *, at: datetime | None = None) -> None:
    async with borrow(pool) as conn:
        reaped = await reap(conn, at=at)
        passed_on = await pass_on(conn, at=at)
    if passed_on:
        log.warning("jobs.passed_on", jobs=passed_on, reason="no worker of their pool is ready")
    if reaped.retried or reaped.lost or reaped.expired:
        log.info("jobs.reaped", retried=reaped.retried, lost=reaped.lost, expired=reaped.expired)


async def refill_once(pool: Pool, *, at: datetime | None = None) -> None:
    async with borrow(pool) as conn:
        refilled = await refill(conn, at=at)
    if refilled:
        log.info("accounts.refilled", accounts=refilled)


async def write_minute_once(pool: Pool, *, at: datetime | None = None) -> None:
    async with borrow(pool) as conn:
        await pool_minutes.write(conn, at=at)


async def thin_minutes_once(pool: Pool, *, at: datetime | None = None) -> None:
    async with borrow(pool) as conn:
        await pool_minutes.thin(conn, at=at)


async def sweep_leftovers_once(pool: Pool, blobs: Blobs) -> None:
    swept = await sweep_leftovers(pool, blobs)
    if swept:
        log.info("attempts.swept", attempts=swept)


async def _every(period_s: float, chore: Callable[[], Awaitable[bool | None]], *, first_s: float = 0.0) -> None:
    await asyncio.sleep(first_s * random.uniform(0.5, 1.5))
    while True:
        is_elsewhere = False
        try:
            is_elsewhere = await chore() is False
        except TRANSIENT as exc:
            log.warning("chore.postponed", reason=type(exc).__name__)
        except Exception:
            log.exception("chore.failed")
        await asyncio.sleep(period_s * (ELSEWHERE_WAITS if is_elsewhere else 1) * random.uniform(0.75, 1.25))
