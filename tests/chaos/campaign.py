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
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

import httpx
from chaos_course import await_ready, gather, hastened, open_accounts, settle
from chaos_customers import Customer, Orders
from chaos_receiver import Receiver, receiving
from chaos_stage import Stage, stage_folder
from chaos_trouble import ALL, Troublemaker, Troubles
from chaos_verdict import broken_promises, figures

from seedbed.blobs.store import open_blobs

BUILD = Path(__file__).resolve().parents[2] / "build" / "chaos"


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
                customers = await open_accounts(stage.url, plan.customers)
                orders = await _siege(plan, stage, receiver, customers, chance)
                await settle(stage.url)
                blobs = open_blobs(stage.store.as_uri(), stage.store)
                evidence = await gather(stage.url, blobs, stage.store, orders, receiver)
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


async def _siege(plan: Plan, stage: Stage, receiver: Receiver, customers: list[Customer], chance: Random) -> Orders:
    """Let the customers order while there is trouble, until each has been told of all its jobs."""
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=16)
    enough = asyncio.Event()
    async with httpx.AsyncClient(timeout=10, limits=limits, trust_env=False) as client, asyncio.TaskGroup() as group:
        orders = Orders(client, stage.bases, Random(plan.seed + 2), receiver.url)
        await await_ready(client, stage.bases)
        group.create_task(Troublemaker(stage, chance, plan.troubles).make(enough=enough))
        async with hastened(stage.url), asyncio.TaskGroup() as ordering:
            for number in range(plan.jobs):
                customer = customers[number % len(customers)]
                ordering.create_task(orders.order(customer, f"chaos-{plan.seed}-{number}"))
                await asyncio.sleep(chance.uniform(0, 2 / plan.orders_per_s))
        enough.set()
    return orders


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
