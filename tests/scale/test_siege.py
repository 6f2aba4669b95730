"""The whole proof of scale: orders through nginx while nodes, the head, an API process and the S3 server are hurt.

What came of it is printed as a table, and kept in `build/scale/siege.json`.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from chaos_course import await_ready, gather, hastened, open_accounts, settle
from chaos_customers import Customer, Orders
from chaos_receiver import Receiver, receiving
from chaos_verdict import broken_promises, figures
from serving import run_cli
from siege_blows import Blows, late_writes
from siege_stage import FAST, REAL, WORKERS, Stage, stage_folder

pytestmark = pytest.mark.server
BUILD = Path(__file__).resolve().parents[2] / "build" / "scale"
JOBS = 300
REAL_EVERY = 20  # one in so many is made by the embedded engine
ORDERS_PER_S = 1.1
SEED = 17


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    with stage_folder() as stage:
        yield stage


def test_nothing_is_lost_or_doubled_while_everything_but_the_database_is_hurt(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        told = asyncio.run(siege(stage, monkeypatch))
        show(told)

    dipped = {row["what"] for row in told["blows"] if row["fewest_workers"] < WORKERS}
    assert told["broken"] == []
    assert sum(told["jobs"].values()) == JOBS
    assert told["jobs"]["succeeded"] >= 0.9 * JOBS  # the rest was cancelled
    assert told["failed_with"] == {}
    assert told["log_events"]["job.let_go:unheard"] > 0  # what a thawed node still had, it let go
    assert {"node killed", "node frozen until Ray gave it up", "head killed"} <= dipped
    assert told["audit"] == "All is sound.\n"


async def siege(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    began_s = time.monotonic()
    try:
        stage.open(nodes=3, apis=3, slowest_s=5)
        for name, value in stage.settings.items():
            monkeypatch.setenv(name, value)
        async with receiving(Random(SEED)) as receiver:
            blows, orders = await _ordered(stage, receiver, await open_accounts(stage.url, 6))
            await settle(stage.url)
            evidence = await gather(stage.url, stage.blobs(), stage.store, orders, receiver)
        await stage.fetch()
        broken = [] if blows.are_all_back else ["the fleet: not all of its workers came back"]
        broken += [*await _homeless(stage), *late_writes(blows, evidence.jobs), *broken_promises(evidence)]
        table = await blows.table()
        audit = await asyncio.to_thread(run_cli, stage.folder / "home", "audit", "--checksums", **stage.settings)
    finally:
        await stage.clear()
        strays = stage.stray_engines()
        _keep_logs(stage)
    broken += [f"process {pid}: an engine outlived its worker" for pid in strays]
    facts = {"broken": broken, "blows": table, "audit": audit.stdout + audit.stderr, **figures(evidence, stage)}
    return facts | {"took_s": round(time.monotonic() - began_s, 1)}


async def _ordered(stage: Stage, receiver: Receiver, customers: list[Customer]) -> tuple[Blows, Orders]:
    """Let the customers order while the blows fall, until each has been told of all its jobs."""
    chance, blows = Random(SEED + 1), Blows(stage)
    limits = httpx.Limits(max_connections=48, max_keepalive_connections=16)
    async with httpx.AsyncClient(timeout=10, limits=limits, trust_env=False) as client:
        orders = Orders(client, stage.bases, Random(SEED + 2), receiver.url, _model_of)
        await await_ready(client, stage.bases)
        assert await blows.all_there()
        async with hastened(stage.url), asyncio.TaskGroup() as group:
            group.create_task(blows.strike())
            for number in range(JOBS):
                group.create_task(orders.order(customers[number % len(customers)], f"siege-{number}"))
                await asyncio.sleep(chance.uniform(0, 2 / ORDERS_PER_S))
    return blows, orders


def _model_of(key: str) -> str:
    return REAL if int(key.rpartition("-")[2]) % REAL_EVERY == 0 else FAST


async def _homeless(stage: Stage) -> list[str]:
    """Name what frozen and killed nodes left behind: workers of no node, and slots with more than one worker."""
    slots = [worker.place.slot for worker in await stage.heard_of()]
    doubled = {slot for slot in slots if slots.count(slot) > 1}
    return [
        *(f"process {pid}: a worker that no node has any more" for pid in stage.homeless_workers()),
        *(f"slot {slot}: it has more than one worker" for slot in doubled),
    ]


def show(told: dict[str, Any]) -> None:
    BUILD.mkdir(parents=True, exist_ok=True)
    (BUILD / "siege.json").write_text(json.dumps(told, indent=2, default=str) + "\n")
    print(f"\n{'':<36}{'away':>8}{'in hand':>9}{'all ended':>11}{'longest':>10}{'all workers':>13}{'fewest':>8}")
    print(f"{'what was hurt':<36}{'':>8}{'':>9}{'after':>11}{'pause':>10}{'back after':>13}{'workers':>8}")
    for row in told["blows"]:
        print(
            f"{row['what']:<36}{row['away_s']:>6.0f} s{row['held']:>9}{row['held_all_ended_after_s']:>9.1f} s"
            f"{row['longest_without_an_end_s']:>8.1f} s{row['all_workers_after_s']:>11.1f} s{row['fewest_workers']:>8}"
        )
    print(f"jobs {told['jobs']}, {told['attempts_beyond_the_first']} attempts beyond the first, {told['took_s']} s")
    print(f"broken promises: {len(told['broken'])}; build/scale/siege.json has it all", *told["broken"], sep="\n  ")


def _keep_logs(stage: Stage) -> None:
    folder = BUILD / "siege-logs"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for log in stage.logs:
        (folder / f"{log.parts[-3]}-{log.name}").write_bytes(log.read_bytes())
