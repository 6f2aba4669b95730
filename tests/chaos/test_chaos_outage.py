"""A database that crashes under load and comes back only after a while: nothing is lost, nothing is done twice."""

from __future__ import annotations

import asyncio

import pytest
from campaign import Plan, run
from chaos_trouble import Troubles

pytestmark = pytest.mark.server


def test_orders_survive_a_database_that_is_away_for_some_seconds() -> None:
    troubles = Troubles(crash_database_s=3, database_away_s=4)
    plan = Plan(seed=11, jobs=15, workers=2, apis=1, customers=3, orders_per_s=3, slowest_s=1, troubles=troubles)

    outcome = asyncio.run(run(plan))

    assert outcome.broken == []
    assert outcome.figures["troubles"]["database_restarts"] >= 1
