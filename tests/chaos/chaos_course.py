"""What all campaigns share, whatever they hurt: accounts, waiting for a service, its coming to rest, and evidence."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psycopg
from chaos_customers import Customer, Orders
from chaos_receiver import Receiver
from chaos_verdict import Evidence, final_jobs

from seedbed.actions.audit import audit
from seedbed.actions.create_account import create_account
from seedbed.actions.create_key import create_key
from seedbed.blobs.store import Blobs
from seedbed.core.keys import Mode, Scope
from seedbed.core.signing import SECRET_BYTES
from seedbed.store import accounts
from seedbed.store.database import connect_pool, connected, many
from seedbed.worker.sweeping import sweep_once

SETTLING_S = 300.0
FUNDS = 1_000_000
OPEN = "select count(*) as open from job where state in ('queued', 'processing')"
UNTOLD = "select count(*) as open from delivery where state = 'pending'"
# Retries of webhooks take days; here the clock is moved on for them.
HASTEN = """
with due as (update delivery set next_at = clock_timestamp() where state = 'pending' and next_at > clock_timestamp())
update procrastinate_jobs set scheduled_at = null where status = 'todo' and scheduled_at is not null
"""


async def open_accounts(url: str, count: int) -> list[Customer]:
    found = []
    async with connected(url, name="chaos") as conn:
        for number in range(count):
            account = await create_account(conn, name=f"customer {number}", credits=FUNDS)
            key = await create_key(
                conn, account.id, mode=Mode.LIVE, name="chaos", scopes=list(Scope), entropy=secrets.token_bytes(32)
            )
            signers = await accounts.webhook_secrets(
                conn, account.id, is_live=True, entropy=secrets.token_bytes(SECRET_BYTES)
            )
            found.append(Customer(account.id, key.key, signers[0].secret))
    return found


async def await_ready(client: httpx.AsyncClient, bases: Sequence[str]) -> None:
    """Wait until every address answers and a worker is there."""
    async with asyncio.timeout(SETTLING_S):
        for base in bases:
            while True:
                with suppress(httpx.HTTPError):
                    if (await client.get(f"{base}/readyz")).status_code == 200:
                        break
                await asyncio.sleep(0.2)


@asynccontextmanager
async def hastened(url: str) -> AsyncIterator[None]:
    """Let no webhook wait for its next try until the end of the block."""
    hastening = asyncio.create_task(_hasten(url))
    try:
        yield
    finally:
        hastening.cancel()
        await asyncio.gather(hastening, return_exceptions=True)


async def _hasten(url: str) -> None:
    while True:
        with suppress(psycopg.Error):
            async with await psycopg.AsyncConnection.connect(url, autocommit=True) as conn:
                await conn.execute(HASTEN)
        await asyncio.sleep(2)


async def settle(url: str) -> None:
    """Let the service come to rest: every job final, every webhook told."""
    async with connected(url, name="chaos") as conn, hastened(url):
        with suppress(TimeoutError):  # what has not ended by then is a broken promise
            async with asyncio.timeout(SETTLING_S):
                for question in (OPEN, UNTOLD):
                    while (await many(conn, question, {}))[0]["open"]:  # noqa: ASYNC110 - it happens elsewhere
                        await asyncio.sleep(0.3)


async def gather(url: str, blobs: Blobs, store: Path, orders: Orders, receiver: Receiver) -> Evidence:
    """Sweep as the workers do once a day, audit, and collect what is there. `store` is where the bytes lie, or will."""
    async with connect_pool(url, min_size=1, max_size=4, name="chaos") as pool:
        await sweep_once(pool, blobs, at=datetime.now(UTC) + timedelta(days=2))
        async with pool.connection() as conn:
            report = await audit(conn, blobs, orphan_age_s=0, reads_bytes=True)
            jobs = await final_jobs(conn)
    return Evidence(jobs, store, orders, receiver.received, report, [])
