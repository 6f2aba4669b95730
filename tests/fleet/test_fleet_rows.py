"""What a fleet reads and writes: who leads it, what its pools have to do, who is to take no jobs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from seedbed.actions.claim import claim
from seedbed.actions.create_account import create_account
from seedbed.actions.finish import finish
from seedbed.actions.submit import submit
from seedbed.core.errors import Unavailable
from seedbed.core.fleet_sizing import Demand
from seedbed.store import fleet, job_states, workers
from seedbed.store.database import Connection, connected
from seedbed.store.fleet import DrainKind, Leadership
from seedbed.store.jobs import queue_place
from seedbed.store.workers import Place
from store.orders import LEASE_S, a_success, after, an_order, answer_of

pytestmark = pytest.mark.server


@pytest_asyncio.fixture
async def conn(database: str) -> AsyncIterator[Connection]:
    async with connected(database, name="test") as conn:
        yield conn


async def test_only_one_leads_a_fleet_and_another_follows_it(database: str) -> None:
    async with Leadership(database, fleet="a") as first, Leadership(database, fleet="a") as second:
        assert await first.held()
        assert await first.held()
        assert await second.held() is None

        await first.resign()

        assert await second.held()
        assert await first.held() is None


async def test_fleets_of_other_names_have_leaders_of_their_own(database: str) -> None:
    async with Leadership(database, fleet="a") as first, Leadership(database, fleet="b") as second:
        assert await first.held()
        assert await second.held()


async def test_whoever_loses_the_connection_leads_no_more(database: str, conn: Connection) -> None:
    async with Leadership(database, fleet="a") as first, Leadership(database, fleet="a") as second:
        leading = await first.held()
        assert leading is not None
        await conn.execute("select pg_terminate_backend(%s)", [leading.info.backend_pid])

        with pytest.raises(Unavailable):
            await first.held()

        while not await second.held():  # noqa: ASYNC110 - the server lets go of the lock a moment later
            await asyncio.sleep(0.01)
        assert await first.held() is None


async def test_a_drained_host_and_a_drained_worker_are_told_so_by_their_heartbeat(conn: Connection) -> None:
    async def beat(worker: str, host: str) -> bool:
        return await workers.heartbeat(conn, worker, ["gpu"], {}, None, place=Place(host=host))

    assert await beat("w1", "h1")
    assert await beat("w2", "h2")

    await fleet.drain(conn, DrainKind.HOST, "h1", reason="it smokes")
    await fleet.drain(conn, DrainKind.WORKER, "w2", reason="shrinks")

    assert not await beat("w1", "h1")
    assert not await beat("w2", "h2")
    assert await beat("w3", "h2")
    assert [(drain.kind, drain.target, drain.reason) for drain in await fleet.drains(conn)] == [
        ("host", "h1", "it smokes"),
        ("worker", "w2", "shrinks"),
    ]

    assert await fleet.undrain(conn, "h1")
    assert not await fleet.undrain(conn, "h1")
    assert await beat("w1", "h1")


async def test_the_first_reason_of_a_drain_stays(conn: Connection) -> None:
    await fleet.drain(conn, DrainKind.HOST, "h1", reason="it smokes")
    await fleet.drain(conn, DrainKind.HOST, "h1", reason="no reason")

    assert [drain.reason for drain in await fleet.drains(conn)] == ["it smokes"]


async def test_what_a_pool_has_to_do_is_what_more_workers_could_begin(conn: Connection) -> None:
    for name, limit_jobs in (("Ada", 2), ("Bob", 4)):
        account = (await create_account(conn, name=name, credits=1000)).id
        for number in range(4):
            order = an_order(account, pool="gpu", running_limit_jobs=limit_jobs)
            await submit(conn, order, answer_of=answer_of, at=after(10 * number))
    idle = await fleet.demand(conn, ["gpu", "none"], at=after(100))
    claimed = await claim(conn, pools=["gpu"], worker="w", lease_s=LEASE_S, at=after(100))
    assert claimed is not None

    busy = await fleet.demand(conn, ["gpu"], at=after(105))
    await finish(conn, claimed.job.id, claimed.job.attempt, a_success(claimed.job), at=after(112))
    later = await fleet.demand(conn, ["gpu"], at=after(112))

    # Ada may have two at a time, Bob four
    assert idle == {"gpu": Demand(queued=6, waiting=8, oldest_wait_s=100), "none": Demand()}
    assert busy["gpu"] == Demand(queued=5, running=1, waiting=7, oldest_wait_s=105)
    assert (later["gpu"].running, later["gpu"].waiting, later["gpu"].job_s) == (0, 7, 12)


async def test_the_load_time_of_a_pool_is_that_of_its_slowest_engine(conn: Connection) -> None:
    for engine, load_s in (("wan", 3.0), ("wan", 95.5), ("ltx", 20.0)):
        await fleet.tell_load(conn, "gpu", engine, load_s=load_s)

    assert await fleet.loads_s(conn) == {"gpu": 95.5}


async def test_a_job_whose_pool_has_no_worker_also_waits_for_the_load_of_its_engine(conn: Connection) -> None:
    account = (await create_account(conn, name="Ada", credits=100)).id
    submitted = await submit(conn, an_order(account, pool="gpu"), answer_of=answer_of)
    await fleet.tell_load(conn, "gpu", "wan", load_s=95.5)

    alone = (await queue_place(conn, submitted.job)).eta_s
    [(_, listed)] = await job_states.queue_places(conn, [submitted.job.id])
    await workers.heartbeat(conn, "w", ["gpu"], {}, None)

    assert alone == listed.eta_s == 96
    assert (await queue_place(conn, submitted.job)).eta_s == 0


async def test_what_a_leader_says_is_there_for_those_who_ask(conn: Connection) -> None:
    for is_new in (True, False):
        await fleet.tell(conn, "a", leader="h1, process 7", backend="local", pools=[{"pool": "gpu"}], is_new=is_new)
        await asyncio.sleep(0)

    [row] = await fleet.told(conn)
    assert (row.name, row.leader, row.backend, row.pools) == ("a", "h1, process 7", "local", [{"pool": "gpu"}])
    assert row.led_since < row.seen_at
    assert 0 <= row.age_s < 60


async def test_a_dead_server_is_told_in_our_words() -> None:
    async with Leadership("postgresql://nobody@127.0.0.1:1/none?connect_timeout=2", fleet="a") as leadership:
        with pytest.raises(Unavailable, match="nothing is decided"):
            await leadership.held()
