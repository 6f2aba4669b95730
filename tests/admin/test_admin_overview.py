"""The service as a whole, as the desk sees it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from desk import order

from seedbed.actions.claim import claim
from seedbed.actions.finish import finish
from seedbed.settings import Settings, described
from seedbed.store import pool_minutes, stored, workers
from seedbed.store.database import moment
from store.orders import a_success

SECRET = "postgresql://seedbed:hush@db/seedbed"


@pytest.fixture(autouse=True)
async def empty(pool):
    yield
    async with pool.connection() as conn:
        for table in ("pool_minute", "pool_outcome", "stored", "worker"):
            await conn.execute(f"delete from {table}")  # noqa: S608 - constants


@pytest.fixture
async def made(ada, pool):
    """A job that was made, and one that waits; both are written down."""
    for _ in range(2):
        await ada.done("POST", "/video/generations", order())
    async with pool.connection() as conn:
        job = (await claim(conn, pools=["default"], worker="w", lease_s=60)).job
        await finish(conn, job.id, job.attempt, a_success(job))
        await pool_minutes.write(conn)


async def test_the_overview_tells_how_the_service_is(desk, made, pool):
    async with pool.connection() as conn:
        await workers.heartbeat(conn, "w-1", ["default"], {}, "req_1")
        await workers.heartbeat(conn, "w-2", ["default"], {}, None, is_drained=True)
        await stored.tell(conn, "jobs", files=3, size_bytes=4000)

    now = await desk.done("GET", "/overview")

    assert (now["queued"], now["running"], now["maintenance"]) == (1, 0, None)
    assert now["workers"] == {"ready": 1, "busy": 1, "drained": 1, "unfit": 0}
    assert {outcome["code"]: outcome["jobs"] for outcome in now["outcomes"]}["succeeded"] >= 1
    assert [(part["part"], part["files"], part["sizeBytes"]) for part in now["stored"]] == [("jobs", 3, 4000)]
    assert now["databaseBytes"] > 1_000_000


async def test_a_pool_has_a_pace_once_it_has_made_something(desk, made):
    [pool] = [pool for pool in (await desk.done("GET", "/overview"))["pools"] if pool["name"] == "default"]

    pace = pool["pace"]
    assert pace["jobs"] >= 1
    assert 0 <= pace["waitP50Seconds"] <= pace["waitP95Seconds"]
    assert 0 <= pace["engineP50Seconds"] <= pace["engineP95Seconds"]
    assert pace["speed"] > 0


@pytest.mark.parametrize(("span", "step_s", "steps"), [("1h", 60, 61), ("24h", 300, 289), ("7d", 1800, 337)])
async def test_the_series_has_a_number_for_every_step(desk, made, span, step_s, steps):
    series = await desk.done("GET", "/overview/series", params={"span": span})

    [pool] = series["pools"]
    assert (series["stepSeconds"], series["steps"]) == (step_s, steps)
    assert {len(pool[name]) for name in ("queued", "running", "oldestWaitSeconds")} == {steps}
    assert [number for number in pool["queued"] if number is not None] == [1]
    assert {len(jobs) for jobs in pool["ended"].values()} == {steps}
    assert sum(pool["ended"]["succeeded"]) >= 1  # other tests of this minute have ended some, too


async def test_a_sample_stands_at_its_own_step(desk, pool):
    async with pool.connection() as conn:
        now = await moment(conn, None)
        await workers.heartbeat(conn, "w-1", ["default"], {}, None)
        await pool_minutes.write(conn, at=now - timedelta(minutes=10))

    [series] = (await desk.done("GET", "/overview/series", params={"pool": "default"}))["pools"]

    assert [place for place, number in enumerate(series["queued"]) if number is not None] in ([50], [49])


@pytest.mark.parametrize(("query", "status"), [("span=1y", 400), ("span=", 400), ("pool=nobodys", 404)])
async def test_a_series_that_is_not_there_is_refused(desk, query, status):
    assert (await desk.get(f"/overview/series?{query}")).status_code == status


async def test_the_settings_are_shown_with_their_secrets_masked(enrol, serve):
    desk = await enrol(scopes=["admin"], available=0, root="/api/admin/v1")
    http = serve(database_url=SECRET, lease_s=17.0)

    answer = await http.get("/api/admin/v1/settings", headers={"Authorization": f"Bearer {desk.key}"})

    told = {line["variable"]: line for line in answer.json()["settings"]}
    assert (told["SEEDBED_DATABASE_URL"]["value"], told["SEEDBED_DATABASE_URL"]["isSet"]) == ("***", True)
    assert (told["SEEDBED_LEASE_S"]["value"], told["SEEDBED_LEASE_S"]["isSet"]) == ("17.0", True)
    assert told["SEEDBED_LOG_LEVEL"]["isSet"] is False
    assert len(told) == len(described(Settings()))
    assert "hush" not in answer.text


async def test_the_deployment_is_shown_with_its_chains_and_prices(desk):
    told = await desk.done("GET", "/settings")

    [model] = [model for model in told["models"] if model["id"] == "seedance-2.0"]
    assert model["chain"] == [{"engine": "animatic", "pool": "default"}]
    assert (model["creditsPerSecond"]["720p"], told["mediaFactor"]) == ("8", "1.6")
    assert [(engine["name"], engine["needsKey"]) for engine in told["engines"]] == [("animatic", False)]
