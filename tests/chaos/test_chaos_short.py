"""The short form of `make chaos`: two workers, of which one is killed and one frozen beyond its lease."""

from __future__ import annotations

import asyncio

import pytest
from campaign import Plan, run
from chaos_trouble import Troubles

pytestmark = pytest.mark.server


def test_jobs_survive_a_killed_and_a_frozen_worker() -> None:
    troubles = Troubles(kill_worker_s=4, freeze_worker_s=3, coming_up_s=0)
    plan = Plan(seed=7, jobs=30, workers=2, apis=1, customers=3, orders_per_s=3, slowest_s=1, troubles=troubles)

    outcome = asyncio.run(run(plan))

    assert outcome.broken == []
    assert {"workers_killed", "workers_frozen"} <= set(outcome.figures["troubles"])
