"""A fleet's leader: it fills its pools, shrinks them gently, replaces what is unfit, and stands by for another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio

from seedbed.actions.create_account import create_account
from seedbed.actions.submit import submit
from seedbed.core.errors import Unavailable
from seedbed.core.fleet_sizing import PoolSpec
from seedbed.fleet.backend import Placed
from seedbed.fleet.placing import Fleet
from seedbed.store import fleet as fleets
from seedbed.store import workers
from seedbed.store.database import Connection, connected
from seedbed.store.fleet import DrainKind
from seedbed.store.workers import Place, WorkerState
from store.orders import an_order, answer_of

pytestmark = pytest.mark.server
DEADLINE_S = 20


@dataclass
class Bench:
    """A backend whose workers show themselves only when the test has them do so."""

    name: str = "bench"
    is_one_host: bool = False
    slots: dict[str, str] = field(default_factory=dict)
    stopped: list[str] = field(default_factory=list)
    is_away: bool = False
    was_released: bool = False

    async def placed(self) -> list[Placed]:
        if self.is_away:
            raise Unavailable("The bench is away.")
        return [Placed(slot, pool) for slot, pool in self.slots.items()]

    async def start(self, slot: str, pool: PoolSpec) -> None:
        self.slots[slot] = pool.name

    async def stop(self, slot: str) -> None:
        self.slots.pop(slot, None)
        self.stopped.append(slot)

    async def well(self, slot: str) -> None:
        pass

    async def release(self) -> None:
        self.was_released = True
        self.slots.clear()

    async def close(self) -> None:
        pass

    def kill(self) -> None:
        pass


def spec(least: int, most: int, **more: Any) -> PoolSpec:
    settled = {"cool_down_s": 0.0, "min_residency_s": 0.0}
    return PoolSpec(name="gpu", engine="wan", min_workers=least, max_workers=most, **settled | more)


@pytest_asyncio.fixture
async def conn(database: str) -> AsyncIterator[Connection]:
    async with connected(database, name="test") as conn:
        yield conn


@dataclass
class Kept:
    """Fleets that run until the end of the test."""

    url: str
    said: list[str] = field(default_factory=list)
    running: list[tuple[asyncio.Task[None], asyncio.Event]] = field(default_factory=list)

    def run(self, backend: Bench, *pools: PoolSpec) -> None:
        fleet = Fleet(
            name="f",
            url=self.url,
            pools={each.name: each for each in pools},
            backend=backend,
            stands_by=self.said.append,
            tick_s=0.02,
        )
        stopping = asyncio.Event()
        self.running.append((asyncio.create_task(fleet.run(stopping)), stopping))

    async def end(self, number: int = 0) -> None:
        task, stopping = self.running.pop(number)
        stopping.set()
        await task


@pytest_asyncio.fixture
async def kept(database: str) -> AsyncIterator[Kept]:
    kept = Kept(database)
    yield kept
    while kept.running:
        await kept.end()


async def come_true(claim: Callable[[], bool | Awaitable[bool]]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while True:
            answer = claim()
            if answer if isinstance(answer, bool) else await answer:
                return
            await asyncio.sleep(0.01)


async def show(conn: Connection, slot: str, *, host: str = "h1", **facts: Any) -> bool:
    """Let the worker of a slot beat, as it would every few seconds."""
    doing = facts.pop("doing", None)
    return await workers.heartbeat(
        conn, f"w-{slot}", ["gpu"], {}, doing, place=Place(host=host, fleet="f", slot=slot, engine="wan"), **facts
    )


async def report(conn: Connection) -> dict[str, Any]:
    rows = await fleets.told(conn)
    return rows[0].pools[0] if rows else {}


async def test_a_pool_is_filled_up_to_its_floor(kept: Kept, conn: Connection) -> None:
    bench = Bench()

    kept.run(bench, spec(2, 2))
    await come_true(lambda: sorted(bench.slots) == ["gpu-0", "gpu-1"])
    for slot in ("gpu-0", "gpu-1"):
        await show(conn, slot)

    async def is_told() -> bool:
        return (await report(conn)).get("ready") == 2

    await come_true(is_told)
    assert sorted(bench.slots) == ["gpu-0", "gpu-1"]


async def test_work_that_waits_wakes_a_pool_that_was_scaled_to_zero(kept: Kept, conn: Connection) -> None:
    bench = Bench()
    kept.run(bench, spec(0, 4))
    await come_true(lambda: bool(kept.running))
    assert bench.slots == {}

    account = (await create_account(conn, name="Ada", credits=100)).id
    await submit(conn, an_order(account, pool="gpu"), answer_of=answer_of)

    await come_true(lambda: list(bench.slots) == ["gpu-0"])


async def test_a_pool_that_shrinks_first_has_its_worker_end_what_it_does(kept: Kept, conn: Connection) -> None:
    bench = Bench(slots={"gpu-0": "gpu"})
    await show(conn, "gpu-0", doing=None)

    kept.run(bench, spec(0, 1))
    await come_true(lambda: _drained(conn, "w-gpu-0"))
    # It took a job before it was told, and has it in hand.
    assert not await show(conn, "gpu-0", doing="req_1", is_drained=True)
    await asyncio.sleep(0.1)
    assert bench.stopped == []
    await show(conn, "gpu-0", doing=None, is_drained=True)

    await come_true(lambda: bench.stopped == ["gpu-0"])


async def _drained(conn: Connection, target: str) -> bool:
    return target in {drain.target for drain in await fleets.drains(conn)}


async def test_a_worker_that_is_about_to_leave_is_kept_when_work_comes(kept: Kept, conn: Connection) -> None:
    bench = Bench(slots={"gpu-0": "gpu"})
    await show(conn, "gpu-0")
    kept.run(bench, spec(0, 1))
    await come_true(lambda: _drained(conn, "w-gpu-0"))

    account = (await create_account(conn, name="Ada", credits=100)).id
    await submit(conn, an_order(account, pool="gpu"), answer_of=answer_of)

    async def is_back() -> bool:
        return not await _drained(conn, "w-gpu-0")

    await come_true(is_back)
    assert bench.stopped == []


async def test_a_machine_whose_workers_fail_is_drained_and_its_places_are_filled_elsewhere(
    kept: Kept, conn: Connection
) -> None:
    bench = Bench(slots={f"gpu-{number}": "gpu" for number in range(3)})
    for slot in ("gpu-0", "gpu-1"):
        await show(conn, slot, host="bad", state=WorkerState.QUARANTINED, reason="the card fell off")
    await show(conn, "gpu-2", host="good")

    kept.run(bench, spec(3, 3))
    await come_true(lambda: len(bench.slots) == 5)

    [drain] = await fleets.drains(conn)
    assert (drain.kind, drain.target) == (DrainKind.HOST, "bad")
    assert "the card fell off" in drain.reason


async def test_the_places_of_a_drained_machine_stay_empty_where_there_is_no_other(kept: Kept, conn: Connection) -> None:
    bench = Bench(is_one_host=True, slots={"gpu-0": "gpu"})
    await fleets.drain(conn, DrainKind.HOST, "h1", reason="by hand")
    await show(conn, "gpu-0")

    kept.run(bench, spec(1, 1))

    async def is_told() -> bool:
        return (await report(conn)).get("unfit") == 1

    await come_true(is_told)
    assert list(bench.slots) == ["gpu-0"]


async def test_a_second_fleet_of_the_name_says_who_leads_and_takes_over(kept: Kept, conn: Connection) -> None:
    first, second = Bench(), Bench()
    kept.run(first, spec(1, 1))
    await come_true(lambda: len(first.slots) == 1)

    async def is_told() -> bool:
        return bool(await report(conn))

    await come_true(is_told)
    kept.run(second, spec(1, 1))
    await come_true(lambda: bool(kept.said))

    assert "The fleet 'f' is led by" in kept.said[0]
    assert len(kept.said) == 1
    assert second.slots == {}
    await kept.end(0)
    await come_true(lambda: len(second.slots) == 1)


async def test_a_leader_that_lost_its_connection_decides_nothing_and_gives_way(kept: Kept, conn: Connection) -> None:
    first, second = Bench(), Bench()
    kept.run(first, spec(1, 1))
    await come_true(lambda: len(first.slots) == 1)
    kept.run(second, spec(1, 1))
    await come_true(lambda: bool(kept.said))

    async def gave_way() -> bool:
        await conn.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where application_name = 'seedbed fleet leader' and datname = current_database()"
        )
        await asyncio.sleep(0.05)
        return first.was_released

    await come_true(gave_way)
    await come_true(lambda: len(first.slots) + len(second.slots) == 1)


async def test_a_backend_that_does_not_answer_is_told_and_left_alone(kept: Kept, conn: Connection) -> None:
    kept.run(Bench(is_away=True), spec(1, 1))

    async def is_told() -> bool:
        return (await report(conn)).get("troubles") == {"all": "The bench is away."}

    await come_true(is_told)


async def test_what_the_configuration_no_longer_names_is_given_up(kept: Kept, conn: Connection) -> None:
    bench = Bench(slots={"old-0": "old"})

    kept.run(bench, spec(0, 1))

    await come_true(lambda: bench.stopped == ["old-0"])
