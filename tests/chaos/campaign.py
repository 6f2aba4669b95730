"""One campaign: customers order from a service while everything in it is hurt; then the end state is judged.

`python tests/chaos/campaign.py` runs it in full size and writes what happened to `build/chaos/`. The same seed makes
the same choices, though not at the same moments.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import httpx
import psycopg
from chaos_customers import Customer, Orders
from chaos_receiver import Receiver, receiving
from chaos_stage import Stage, stage_folder
from chaos_trouble import ALL, Troublemaker, Troubles
from chaos_verdict import Evidence, broken_promises, figures, final_jobs

from seedbed.actions.audit import audit
from seedbed.actions.create_account import create_account
from seedbed.actions.create_key import create_key
from seedbed.blobs.store import open_blobs
from seedbed.core.keys import Mode, Scope
from seedbed.core.signing import SECRET_BYTES
from seedbed.store import accounts
from seedbed.store.database import connect_pool, connected, many
from seedbed.worker.sweeping import sweep_once

BUILD = Path(__file__).resolve().parents[2] / "build" / "chaos"
SETTLING_S = 300.0
FUNDS = 1_000_000
OPEN = "select count(*) as open from job where state in ('queued', 'processing')"
UNTOLD = "select count(*) as open from delivery where state = 'pending'"
# Retries of webhooks take days; here the clock is moved on for them.
HASTEN = """
with due as (update delivery set next_at = clock_timestamp() where state = 'pending' and next_at > clock_timestamp())
update procrastinate_jobs set scheduled_at = null where status = 'todo' and scheduled_at is not null
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    seed: int
    jobs: int = 1500
    workers: int = 16
    apis: int = 2
    customers: int = 20
    orders_per_s: float = 4.0
    slowest_s: float = 2.0  # what the engine takes at most
    troubles: Troubles = ALL
    keeps_logs: bool = False  # also where no promise was broken


@dataclass(frozen=True, slots=True)
class Outcome:
    broken: list[str]
    figures: dict[str, object]


async def run(plan: Plan) -> Outcome:
    """Run a campaign in the main thread, and return every promise that was broken: none, if all is well."""
    began_s = time.monotonic()
    chance = Random(plan.seed)
    with stage_folder(wants_small_disk=plan.troubles.fill_disk_s is not None) as stage:
        async with receiving(Random(plan.seed + 1)) as receiver:
            try:
                stage.open(apis=plan.apis, workers=plan.workers, slowest_s=plan.slowest_s)
                customers = await _customers(stage, plan.customers)
                orders = await _siege(plan, stage, receiver, customers, chance)
                await _settle(stage, receiver)
                evidence = await _gather(stage, receiver, orders)
            finally:
                await stage.clear()
        evidence.stray_engines.extend(stage.stray_engines())
        facts = figures(evidence, stage)
        facts |= {"plan": asdict(plan), "webhook_moods": receiver.moods, "has_small_disk": stage.has_small_disk}
        facts["took_s"] = round(time.monotonic() - began_s, 1)
        broken = broken_promises(evidence)
        if broken or plan.keeps_logs:
            _keep_logs(stage, plan.seed)
        return Outcome(broken, facts)


async def _customers(stage: Stage, count: int) -> list[Customer]:
    found = []
    async with connected(stage.url, name="chaos") as conn:
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


async def _siege(plan: Plan, stage: Stage, receiver: Receiver, customers: list[Customer], chance: Random) -> Orders:
    """Let the customers order while there is trouble, until each has been told of all its jobs."""
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=16)
    enough = asyncio.Event()
    async with httpx.AsyncClient(timeout=10, limits=limits, trust_env=False) as client, asyncio.TaskGroup() as group:
        orders = Orders(client, stage.bases, Random(plan.seed + 2), receiver.url)
        await _ready(client, stage)
        group.create_task(Troublemaker(stage, chance, plan.troubles).make(enough=enough))
        hasten = group.create_task(_hasten(stage))
        async with asyncio.TaskGroup() as ordering:
            for number in range(plan.jobs):
                customer = customers[number % len(customers)]
                ordering.create_task(orders.order(customer, f"chaos-{plan.seed}-{number}"))
                await asyncio.sleep(chance.uniform(0, 2 / plan.orders_per_s))
        enough.set()
        hasten.cancel()
    return orders


async def _ready(client: httpx.AsyncClient, stage: Stage) -> None:
    """Wait until every API process answers and a worker is there."""
    async with asyncio.timeout(SETTLING_S):
        for base in stage.bases:
            while True:
                with suppress(httpx.HTTPError):
                    if (await client.get(f"{base}/readyz")).status_code == 200:
                        break
                await asyncio.sleep(0.2)


async def _hasten(stage: Stage) -> None:
    while True:
        with suppress(psycopg.Error):
            async with await psycopg.AsyncConnection.connect(stage.url, autocommit=True) as conn:
                await conn.execute(HASTEN)
        await asyncio.sleep(2)


async def _settle(stage: Stage, receiver: Receiver) -> None:
    """Let the service come to rest: every job final, every webhook told."""
    async with connected(stage.url, name="chaos") as conn:
        hasten = asyncio.create_task(_hasten(stage))
        with suppress(TimeoutError):  # what has not ended by then is a broken promise
            async with asyncio.timeout(SETTLING_S):
                for question in (OPEN, UNTOLD):
                    while (await many(conn, question, {}))[0]["open"]:  # noqa: ASYNC110 - it happens elsewhere
                        await asyncio.sleep(0.3)
        hasten.cancel()
        await asyncio.gather(hasten, return_exceptions=True)


async def _gather(stage: Stage, receiver: Receiver, orders: Orders) -> Evidence:
    """Sweep as the workers do once a day, audit, and collect what is there."""
    blobs = open_blobs(stage.store.as_uri(), stage.store)
    async with connect_pool(stage.url, min_size=1, max_size=4, name="chaos") as pool:
        await sweep_once(pool, blobs, at=datetime.now(UTC) + timedelta(days=2))
        async with pool.connection() as conn:
            report = await audit(conn, blobs, orphan_age_s=0, reads_bytes=True)
            jobs = await final_jobs(conn)
    return Evidence(jobs, stage.store, orders, receiver.received, report, [])


def _keep_logs(stage: Stage, seed: int) -> None:
    folder = BUILD / f"{seed}-logs"
    folder.mkdir(parents=True, exist_ok=True)
    for log in stage.logs:
        (folder / log.name).write_bytes(log.read_bytes())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    full = Plan(seed=0)
    parser.add_argument("--seed", type=int, default=None, help="repeat the choices of an earlier campaign")
    parser.add_argument("--jobs", type=int, default=full.jobs)
    parser.add_argument("--workers", type=int, default=full.workers)
    parser.add_argument("--orders-per-s", type=float, default=full.orders_per_s)
    parser.add_argument("--logs", action="store_true", help="keep the logs although no promise was broken")
    given = parser.parse_args()
    seed = secrets.randbelow(1_000_000) if given.seed is None else given.seed
    print(f"chaos: seed {seed}", flush=True)
    plan = Plan(
        seed=seed,
        jobs=given.jobs,
        workers=given.workers,
        orders_per_s=given.orders_per_s,
        keeps_logs=given.logs,
    )
    outcome = asyncio.run(run(plan))
    BUILD.mkdir(parents=True, exist_ok=True)
    text = json.dumps(asdict(outcome), indent=2, default=str)
    (BUILD / f"{seed}.json").write_text(text + "\n")
    print(text)
    print(f"{len(outcome.broken)} broken promise(s); build/chaos/{seed}.json has it all.")
    return 1 if outcome.broken else 0


if __name__ == "__main__":
    sys.exit(main())
