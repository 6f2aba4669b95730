"""What is really answered about pools, workers, jobs and the service is what the document says, in every dialect."""

from __future__ import annotations

from dataclasses import replace

import pytest
from desk import order

from api.documents import JSON, operation, validate
from seedbed.store import fleet, pool_minutes, workers
from seedbed.store.fleet import DrainKind

CREATED = {
    "native": ("/api/open/v1", "/video/generations", "requestId", order()),
    "ark": (
        "/api/v3",
        "/contents/generations/tasks",
        "id",
        {"model": "doubao-seedance-2-0-260128", "content": [{"type": "text", "text": "A fox"}], "ratio": "21:9"},
    ),
    "openai": ("/v1", "/videos", "id", {"model": "seedance-2.0", "prompt": "A fox"}),
}


def check(name: str, answer) -> dict:
    assert answer.status_code == 200, answer.text
    validate("admin", operation("admin", name).answer(200)["content"][JSON]["schema"], answer.json())
    return answer.json()


@pytest.mark.parametrize("dialect", CREATED)
async def test_a_job_of_every_dialect_is_shown_as_documented(desk, ada, dialect):
    root, path, member, body = CREATED[dialect]
    said = (await replace(ada, root=root).post(path, body)).json()[member]
    job_id = "req_" + said.split("-")[-1].split("_")[-1]

    listed = check("listJobs", await desk.get("/jobs", params={"accountId": ada.account_id}))
    shown = check("showJob", await desk.get(f"/jobs/{job_id}"))

    assert [job["requestId"] for job in listed["data"]] == [job_id]
    assert (shown["job"]["dialect"], shown["generation"]["requestId"]) == (dialect, job_id)
    check("setJobPriority", await desk.post(f"/jobs/{job_id}/priority", {"priority": 2}))
    check("requeueJob", await desk.post(f"/jobs/{job_id}/requeue"))
    check("cancelJob", await desk.post(f"/jobs/{job_id}/cancel"))


async def test_the_service_is_shown_as_documented(desk, pool):
    async with pool.connection() as conn:
        await workers.heartbeat(conn, "w-1", ["default"], {}, None)
        await fleet.drain(conn, DrainKind.WORKER, "w-1", reason="why")
        await fleet.tell(conn, "seedbed", leader="a:1", backend="local", pools=[{"pool": "default", "desired": 1}])
        await pool_minutes.write(conn)

    check("listWorkers", await desk.get("/workers"))
    check("listPools", await desk.get("/pools"))
    check("pausePool", await desk.post("/pools/default/pause", {"reason": "why"}))
    check("resumePool", await desk.post("/pools/default/resume"))
    check("showOverview", await desk.get("/overview"))
    check("showSeries", await desk.get("/overview/series"))
    check("showSettings", await desk.get("/settings"))
    check("beginMaintenance", await desk.post("/maintenance/begin", {"message": "Back soon."}))
    check("showMaintenance", await desk.get("/maintenance"))
    check("endMaintenance", await desk.post("/maintenance/end"))

    async with pool.connection() as conn:
        for table in ("drain", "fleet", "worker"):
            await conn.execute(f"delete from {table}")  # noqa: S608 - constants
