"""Pools, workers and maintenance in the hands of an operator."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from desk import order

from seedbed.actions.claim import claim
from seedbed.store import workers
from seedbed.store.workers import Place

POOL = "/pools/default"


@pytest.fixture
async def at_work(pool):
    """A worker of the default pool on a machine of its own."""
    async with pool.connection() as conn:
        await workers.heartbeat(conn, "w-1", ["default"], {}, None, place=Place(host="node1", engine="animatic"))
    yield "w-1"
    async with pool.connection() as conn:
        await workers.leave(conn, "w-1")
        await conn.execute("delete from drain")


@pytest.fixture(autouse=True)
async def nothing_held_back(pool):
    yield
    async with pool.connection() as conn:
        await conn.execute("delete from pool_pause")
        await conn.execute("delete from maintenance")


async def one_pool(desk) -> dict:
    return (await desk.done("GET", POOL))["pool"]


async def test_a_pool_shows_what_it_has_to_do_and_who_does_it(desk, ada, at_work):
    before = await one_pool(desk)
    await ada.done("POST", "/video/generations", order())

    now = await one_pool(desk)

    assert (now["queued"] - before["queued"], now["startable"] - before["startable"]) == (1, 1)
    assert (now["name"], now["engines"], now["paused"]) == ("default", ["animatic"], None)
    assert now["workers"] == now["workersReady"] == 1
    assert now in (await desk.done("GET", "/pools"))["data"] or now["oldestWaitSeconds"] >= 0


async def test_a_paused_pool_says_why_since_when_and_by_whom_and_gives_no_job(desk, ada, pool):
    await ada.done("POST", "/video/generations", order())

    paused = (await desk.done("POST", POOL + "/pause", {"reason": " a new driver "}))["pool"]
    async with pool.connection() as conn:
        claimed = await claim(conn, pools=["default"], worker="w", lease_s=15)
    resumed = (await desk.done("POST", POOL + "/resume"))["pool"]

    assert (paused["paused"]["reason"], paused["paused"]["by"], paused["startable"]) == ("a new driver", "test", 0)
    assert (claimed, resumed["paused"]) == (None, None)
    assert resumed["startable"] >= 1
    told = await desk.log(subject="pool/default", limit=2)
    assert [line["action"] for line in told] == ["pool.resumed", "pool.paused"]
    assert told[0]["keyId"] == desk.key_id


async def test_while_its_pool_is_paused_a_job_has_no_place_that_would_be_a_guess(desk, ada):
    waiting = (await ada.done("POST", "/video/generations", order()))["requestId"]
    await desk.done("POST", POOL + "/pause", {"reason": "why"})

    shown = await ada.done("GET", f"/video/generations/{waiting}")

    assert shown["status"] == "queued"
    assert "queue" not in shown


@pytest.mark.parametrize("verb", ["", "/pause", "/resume"])
async def test_a_pool_that_is_not_there_is_not_found(desk, verb):
    body = {"reason": "why"} if verb == "/pause" else None
    answer = await desk.ask("POST" if verb else "GET", "/pools/nobodys" + verb, json=body)

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
    assert "default" in answer.json()["error"]["message"]


@pytest.mark.parametrize("path", [POOL + "/pause", "/workers/w-1/drain", "/hosts/node1/drain"])
@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "a\nb"}, {"reason": 5}, {"because": "x"}])
async def test_what_lacks_a_reason_is_refused_by_the_name_of_the_field(desk, at_work, path, body):
    answer = await desk.post(path, body)

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "because" if "because" in body else "reason")


async def test_workers_are_listed_with_their_place_and_their_job(desk, at_work):
    listed = await desk.done("GET", "/workers")

    [worker] = [worker for worker in listed["data"] if worker["id"] == at_work]
    assert (worker["pools"], worker["state"], worker["host"], worker["engine"]) == (
        ["default"],
        "ready",
        "node1",
        "animatic",
    )
    assert (worker["doing"], worker["isDrained"], listed["drained"]) == (None, False, [])


@pytest.mark.parametrize(("kind", "target"), [("worker", "w-1"), ("host", "node1")])
async def test_what_is_drained_may_not_work_until_it_is_undrained(desk, pool, at_work, kind, target):
    path = f"/{kind}s/{target}"

    drained = (await desk.done("POST", path + "/drain", {"reason": "loud fans"}))["drained"]
    again = (await desk.done("POST", path + "/drain", {"reason": "another"}))["drained"]
    async with pool.connection() as conn:
        may_work = await workers.heartbeat(conn, "w-1", ["default"], {}, None, place=Place(host="node1"))
    undrained = (await desk.done("POST", path + "/undrain"))["drained"]
    await desk.done("POST", path + "/undrain")

    [line] = drained
    assert (line["kind"], line["target"], line["reason"]) == (kind, target, "loud fans")
    assert (again, may_work, undrained) == (drained, False, [])
    told = await desk.log(subject=f"{kind}/{target}", limit=2)
    assert [line["action"] for line in told] == [f"{kind}.undrained", f"{kind}.drained"]


@pytest.mark.parametrize("path", ["/workers/nobody/drain", "/hosts/w-1/drain", "/workers/node1/drain"])
async def test_what_is_not_at_work_is_not_drained(desk, at_work, path):
    assert (await desk.post(path, {"reason": "why"})).status_code == 404


async def test_maintenance_is_begun_shown_and_ended(desk, ada):
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()

    begun = (await desk.done("POST", "/maintenance/begin", {"message": "Back soon.", "until": until}))["maintenance"]
    refused = await ada.post("/video/generations", order())
    shown = (await desk.done("GET", "/maintenance"))["maintenance"]
    ended = (await desk.done("POST", "/maintenance/end"))["maintenance"]

    assert (begun["message"], begun["by"]) == ("Back soon.", "test")
    assert (shown, ended) == (begun, None)
    assert (refused.status_code, refused.json()["error"]["message"]) == (503, "Back soon.")
    assert 3500 < int(refused.headers["retry-after"]) <= 3600
    assert (await ada.post("/video/generations", order())).status_code == 200


async def test_the_service_stays_ready_while_no_orders_are_taken(desk, at_work):
    await desk.done("POST", "/maintenance/begin", {"message": "Back soon."})

    assert (await desk.http.get("/readyz")).status_code == 200


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "message"),
        ({"message": " "}, "message"),
        ({"message": "a\nb"}, "message"),
        ({"message": "a", "until": "noon"}, "until"),
        ({"message": "a", "until": "2020-01-01T00:00:00Z"}, "until"),
        ({"message": "a", "till": "noon"}, "till"),
    ],
)
async def test_a_maintenance_that_makes_no_sense_is_refused(desk, body, param):
    answer = await desk.post("/maintenance/begin", body)

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
    assert (await desk.done("GET", "/maintenance"))["maintenance"] is None
