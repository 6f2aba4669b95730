"""An API process, and the leader of a fleet, that are cut off from the database: no wait is longer than they say."""

from __future__ import annotations

import asyncio
import time

import httpx
from chaos_customers import PATH
from divided import WORKERS, Divided, true

REFUSED_WITHIN_S = 15.0  # ten for the connection, and some for a busy machine
BACK_WITHIN_S = 8.0
TOLD_WITHIN_S = 8.0
TAKEN_OVER_WITHIN_S = 30.0
ORDER = {"model": "seedance-2.0-fast", "prompt": "a quiet lake", "duration": 4, "resolution": "480p"}
POOLS = "[pools.default]\nworkers = 0\n"


async def test_an_api_process_without_its_database_refuses_in_time_and_recovers(service: Divided) -> None:
    client = service.orders.client
    await asyncio.gather(*(asked(service, client, "GET", PATH) for _ in range(12)))  # its pool is full

    with service.net.apart("api", "database"):
        for _ in range(2):  # the first finds connections that died, the second none
            began_s = time.monotonic()
            told = await asyncio.gather(
                asked(service, client, "GET", PATH),
                asked(service, client, "POST", PATH, json=ORDER),
                asked(service, client, "GET", "/readyz"),
            )
            refused_s = time.monotonic() - began_s
            assert told == [503, 503, 503]
            assert refused_s < REFUSED_WITHIN_S
            assert await asked(service, client, "GET", "/healthz") == 200
    back_s = await true(lambda: is_answered(service, client), within_s=BACK_WITHIN_S)

    print(f"the API process refused after {refused_s:.1f} s, and answered {back_s:.1f} s after the database was back")


async def test_an_api_process_hears_again_of_changes_when_its_database_is_back(service: Divided) -> None:
    client = service.orders.client
    with service.net.apart("api", "database"):
        await asyncio.sleep(25)
    await true(lambda: is_answered(service, client), within_s=BACK_WITHIN_S)
    [job] = await service.order(1)
    await true(lambda: is_held(service, job))

    answer = await client.get(f"{service.base}{PATH}/{job}?wait=30", headers=service.customer.headers)

    [row] = await service.rows(
        "select extract(epoch from clock_timestamp() - finished_at) as s from job where id = %(id)s", id=job
    )
    assert answer.json()["status"] == "succeeded"
    assert row["s"] < TOLD_WITHIN_S
    assert await service.verdict() == []


async def test_another_takes_over_when_the_leader_of_a_fleet_is_cut_off(service: Divided) -> None:
    config = service.folder / "fleet.toml"
    config.write_text(POOLS)
    first, second = (f"fleet-{name}" for name in WORKERS)
    for name, machine in zip((first, second), WORKERS, strict=True):
        service.start(machine, "fleet", name=name, SEEDBED_CONFIG_FILE=str(config))
        if name == first:
            await true(lambda: leads(service, first))

    with service.net.silent(WORKERS[0]):
        await asyncio.sleep(5)
        assert not await leads(service, second)
        taken_s = 5 + await true(lambda: leads(service, second), within_s=TAKEN_OVER_WITHIN_S)
        led = len(service.programs[first].events("fleet.led"))
    await asyncio.sleep(15)

    assert len(service.programs[first].events("fleet.led")) == led
    assert all(service.programs[name].process.poll() is None for name in (first, second))
    for name in (first, second):
        service.programs.pop(name).end()
    print(f"another led {taken_s:.1f} s after the leader was cut off")


async def asked(service: Divided, client: httpx.AsyncClient, method: str, path: str, **facts: object) -> int:
    headers = service.customer.headers
    return (await client.request(method, service.base + path, headers=headers, **facts)).status_code


async def is_answered(service: Divided, client: httpx.AsyncClient) -> bool:
    return await asked(service, client, "GET", PATH) == 200


async def is_held(service: Divided, job: str) -> bool:
    return await service.holder(job) is not None


async def leads(service: Divided, name: str) -> bool:
    return bool(service.programs[name].events("fleet.led"))
