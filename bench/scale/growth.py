"""What each further API process costs and brings: one, two and three on one database, asked in turn by one client."""

from __future__ import annotations

import itertools
import json
import secrets
from collections import defaultdict
from typing import Any

from bench.scale.databases import Database
from bench.scale.replica import GENERATIONS, Caller, Replica, new_key, replicas
from bench.scale.samples import Samples, repeated

from seedbed.store.database import connected, one

MOST = 3
AT_ONCE = 24
BODY = json.dumps({"model": "seedance-2.0", "prompt": "A red fox in the snow."}).encode()


async def growth(database: Database, *, rounds: int, count: int) -> dict[str, Any]:
    """Return the figures by the number of processes. Connections are those that the server counts under load."""
    polls: dict[int, Samples] = defaultdict(Samples)
    submits: dict[int, Samples] = defaultdict(Samples)
    cpu_ms: dict[int, list[float]] = defaultdict(list)
    connections: dict[int, int] = {}
    with replicas(database.folder, database.url, MOST) as started:
        key = await new_key(database.url)
        before = await _connections(database)
        idle_mb = [replica.memory_mb() for replica in started]
        for number, size in itertools.product(range(rounds + 1), range(1, MOST + 1)):
            site = Round(started[:size], key)
            spent_s = _cpu_s(site.replicas)
            ordered = await repeated(site.submit, times=count // 4, at_once=AT_ONCE)
            polled = await repeated(site.poll, times=count, at_once=AT_ONCE)
            connections[size] = await _connections(database)
            site.close()
            if number:
                submits[size].add(ordered)
                polls[size].add(polled)
                cpu_ms[size].append(1000 * (_cpu_s(site.replicas) - spent_s) / (count + count // 4))
        busy_mb = [replica.memory_mb() for replica in started]
    return {
        "idle": {"memory_mb": max(idle_mb), "connections": round(before / MOST, 1)},
        "busy": {"memory_mb": max(busy_mb), "connections_of_all": connections[MOST]},
        "processes": {
            str(size): {
                "poll": polls[size].figures(),
                "submit": submits[size].figures(),
                "api_cpu_ms_a_request": round(sum(cpu_ms[size]) / len(cpu_ms[size]), 2),
            }
            for size in polls
        },
    }


class Round:
    """Connections to some of the processes, as evenly as a balancer would spread them."""

    def __init__(self, asked: list[Replica], key: str) -> None:
        self.replicas = asked
        self._callers = [Caller(asked[number % len(asked)].port, key) for number in range(AT_ONCE)]
        self._ordered: list[str] = []

    async def submit(self) -> None:
        caller = self._callers.pop(0)
        header = f"Idempotency-Key: {secrets.token_hex(16)}\r\n"
        answer = await caller.ask("POST", GENERATIONS, body=BODY, header=header)
        self._ordered.append(json.loads(answer)["requestId"])
        self._callers.append(caller)

    async def poll(self) -> None:
        caller = self._callers.pop(0)
        await caller.ask("GET", f"{GENERATIONS}/{secrets.choice(self._ordered)}")
        self._callers.append(caller)

    def close(self) -> None:
        for caller in self._callers:
            caller.close()


def _cpu_s(asked: list[Replica]) -> float:
    return sum(replica.cpu_s() for replica in asked)


async def _connections(database: Database) -> int:
    async with connected(database.url, name="bench") as conn:
        row = await one(conn, _CONNECTIONS, {})
    return int(row["connections"])


_CONNECTIONS = """
select count(*) as connections from pg_stat_activity
where datname = current_database() and application_name <> 'seedbed bench'
"""
