"""A worker that is cut off for longer than its lease: it stops in time, doubles nothing, and works again by itself."""

from __future__ import annotations

import asyncio
import time

import pytest
from divided import LEASE_S, MAKING_S, TRUSTED_S, WORKERS, Divided, true

CUT_S = 3 * LEASE_S
SLACK_S = 1.5  # for the engine to hear of it, and for a busy machine
BACK_WITHIN_S = 15.0
CUTS = {
    "its line is pulled out": lambda net, worker: net.unplugged(worker),
    "its packets vanish": lambda net, worker: net.silent(worker),
    "it reaches everything but the database": lambda net, worker: net.apart(worker, "database"),
    "the database hears it, and it hears nothing": lambda net, worker: net.unheard("database", worker),
}


@pytest.mark.parametrize("how", CUTS)
async def test_a_worker_that_is_cut_off_stops_in_time_and_takes_jobs_again(service: Divided, how: str) -> None:
    lost, kept = await service.order(2)
    await true(lambda: are_held(service, lost, kept))
    worker = await service.holder(lost)
    assert worker

    began_s = time.time()
    with CUTS[how](service.net, worker):
        await asyncio.sleep(CUT_S)
        stopped_s = service.last_step(worker) - began_s
        assert await service.holder(lost) not in {worker, None}
    more = await service.order(2)
    back_s = await true(lambda: are_held(service, *more), within_s=MAKING_S + BACK_WITHIN_S)

    assert stopped_s < TRUSTED_S + SLACK_S
    assert service.programs[worker].process.poll() is None
    assert service.last_reason(worker, lost) == "unheard"
    assert await service.verdict() == []
    print(f"{how}: its engine stopped after {stopped_s:.1f} s, both workers had a job {back_s:.1f} s after its return")


async def test_a_result_that_comes_too_late_is_thrown_away_by_who_made_it(service: Divided) -> None:
    [job] = await service.order(1)
    await true(lambda: are_held(service, job))
    worker = await service.holder(job)
    assert worker
    await asyncio.sleep(MAKING_S - 1.0)
    late = service.store / "jobs" / job / "1"

    with service.net.apart(worker, "database"):
        await true(lambda: exists(late))
        await true(lambda: is_in(service, job, "succeeded"))
        assert late.exists()
    await true(lambda: exists(late, wanted=False))

    await true(lambda: has_let_go(service, worker, job))
    assert (service.store / "jobs" / job / "2").exists()
    assert await service.verdict() == []


async def test_the_database_forgets_the_sessions_of_a_machine_that_is_cut_off(service: Divided) -> None:
    worker = WORKERS[0]
    await true(lambda: has_sessions(service, worker))

    with service.net.silent(worker):
        gone_s = await true(lambda: has_sessions(service, worker, wanted=False), within_s=40)

    await true(lambda: has_sessions(service, worker))
    print(f"the database forgot them after {gone_s:.1f} s")


async def are_held(service: Divided, *jobs: str) -> bool:
    return None not in [await service.holder(job) for job in jobs]


async def has_let_go(service: Divided, worker: str, job: str) -> bool:
    return service.last_reason(worker, job) is not None


async def is_in(service: Divided, job: str, state: str) -> bool:
    return await service.state(job) == state


async def exists(path, *, wanted: bool = True) -> bool:
    return path.exists() is wanted


async def has_sessions(service: Divided, machine: str, *, wanted: bool = True) -> bool:
    """Whether it is logged in. Who was cut off while it logged in has told nothing yet, and goes after a minute."""
    address = service.net.address(machine)
    found = await service.rows(
        "select from pg_stat_activity where host(client_addr) = %(address)s and state <> 'starting'", address=address
    )
    return bool(found) is wanted
