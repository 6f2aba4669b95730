"""What a leader does about a Ray cluster that comes and goes, with a stand-in for the process that speaks to it."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from seedbed.core.errors import Unavailable
from seedbed.fleet.backend import Placed
from seedbed.fleet.ray_slots import RaySlots

SOON_S = 5.0
# Joins at once the first time, and then only when it is let; is slow to answer once, and ends when it is told to.
STAND_IN = """
import json, pathlib, sys, time
folder = pathlib.Path(sys.argv[1])
starts = len(list(folder.glob("start-*")))
(folder / f"start-{starts}").touch()
while starts and not (folder / "let-in").exists():
    time.sleep(0.02)
print(json.dumps({"ready": True}), flush=True)
for line in sys.stdin:
    if (folder / "ends").exists():
        sys.exit(1)
    if not starts and (folder / "slow").exists():
        time.sleep(0.5)
    print(json.dumps({"placed": [{"slot": f"gpu-{starts}", "pool": "gpu"}]}), flush=True)
"""


@pytest_asyncio.fixture
async def slots(tmp_path: Path) -> AsyncIterator[RaySlots]:
    slots = RaySlots("fleet", "nowhere")
    slots._command = [sys.executable, "-c", STAND_IN, str(tmp_path)]
    await slots.open()
    yield slots
    await slots.close()


async def placed_at_last(slots: RaySlots) -> list[Placed]:
    async with asyncio.timeout(SOON_S):
        while True:
            try:
                return await slots.placed()
            except Unavailable:
                await asyncio.sleep(0.05)


async def test_nobody_waits_while_a_lost_cluster_is_joined_again(slots: RaySlots, tmp_path: Path) -> None:
    (tmp_path / "ends").touch()
    with pytest.raises(Unavailable, match="head is lost"):
        await slots.placed()
    (tmp_path / "ends").unlink()

    began_s = time.monotonic()
    for _ in range(3):
        with pytest.raises(Unavailable, match="It is being joined again"):
            await slots.placed()

    assert time.monotonic() - began_s < SOON_S
    (tmp_path / "let-in").touch()
    assert await placed_at_last(slots) == [Placed("gpu-1", "gpu")]


async def test_a_late_answer_is_not_taken_for_that_to_another_question(slots: RaySlots, tmp_path: Path) -> None:
    (tmp_path / "slow").touch()
    (tmp_path / "let-in").touch()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await slots.placed()

    assert await placed_at_last(slots) == [Placed("gpu-1", "gpu")]
