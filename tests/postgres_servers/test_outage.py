"""What tests/chaos/test_chaos_outage.py does, for half a minute, longer than a lease; and how soon all is well."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from pathlib import Path

import httpx
from clusters import DEBIAN, cluster
from journeys import ORDER, PATH, await_end, order_twice, service

from seedbed.store.migrate import migrate

sys.path.append(str(Path(__file__).parents[1] / "chaos"))

from campaign import Plan, run
from chaos_trouble import Troubles

AWAY_S = 30.0
BACK_WITHIN_S = 8.0


def test_orders_survive_a_database_that_is_away_for_half_a_minute() -> None:
    troubles = Troubles(crash_database_s=5, database_away_s=AWAY_S)
    plan = Plan(seed=13, jobs=40, workers=3, apis=2, customers=4, orders_per_s=3, slowest_s=2, troubles=troubles)

    outcome = asyncio.run(run(plan))

    assert outcome.broken == []
    assert outcome.figures["troubles"]["database_restarts"] >= 1
    assert any(name.startswith("retries_") for name in outcome.figures["customers"])  # somebody asked meanwhile


def test_a_service_answers_within_seconds_of_its_databases_return() -> None:
    with cluster(DEBIAN, fsync="on") as server:
        migrate(server.url())
        with service(server.url()) as running, running.client() as client:
            order_twice(client)
            server.stop(signal.SIGQUIT)
            refused = asked_until(client, time.monotonic() + AWAY_S)
            server.start()
            back_s = time.monotonic()
            asked_until(client, back_s + BACK_WITHIN_S, status=200)
            took_s = time.monotonic() - back_s
            made = await_end(client, order_twice(client))

    assert refused == {503}
    assert made == "succeeded"
    assert took_s < BACK_WITHIN_S
    print(f"answered {took_s:.1f} s after its return")


def asked_until(client: httpx.Client, deadline_s: float, *, status: int = 0) -> set[int]:
    """Order, one after the other, until that status or then; return all that were answered."""
    told: set[int] = set()
    while status not in told and time.monotonic() < deadline_s:
        told.add(client.post(PATH, json=ORDER).status_code)
        time.sleep(0.2)
    return told
