"""Everybody's jobs in the hands of an operator."""

from __future__ import annotations

import pytest
from desk import GENERATIONS, PRICE, order

from seedbed.actions.claim import claim
from seedbed.actions.finish import finish
from seedbed.core.errors import MediaUnreachable
from seedbed.core.fairness import PRIORITY_WORTH
from seedbed.store import job_board, jobs, ledger
from store.orders import a_success

URL = "https://media.seedbed.dev/fox.jpg?token=hush"


@pytest.fixture
def submitted():
    async def submitted(who, **fields) -> str:
        return (await who.done("POST", "/video/generations", order(**fields)))["requestId"]

    return submitted


@pytest.fixture
async def claimed(pool):
    """Give the only job that waits to a worker."""

    async def claimed(job_id: str):
        async with pool.connection() as conn:
            found = await claim(conn, pools=["default"], worker="w", lease_s=60)
        assert found.job.id == job_id
        return found.job

    return claimed


async def shown(desk, job_id: str) -> dict:
    return await desk.done("GET", f"/jobs/{job_id}")


async def test_jobs_of_all_accounts_are_listed_and_filtered(desk, ada, enrol, submitted):
    bob = await enrol(name="Bob")
    first = await submitted(ada, model="seedance-2.0-fast")
    second = await submitted(bob)

    async def listed(**wanted) -> list[str]:
        page = await desk.done("GET", "/jobs", params={"limit": 100} | wanted)
        return [job["requestId"] for job in page["data"] if job["accountId"] in (ada.account_id, bob.account_id)]

    assert await listed() == [second, first]
    assert await listed(accountId=ada.account_id) == await listed(model="seedance-2.0-fast") == [first]
    assert await listed(accountId=bob.account_id, status="queued") == [second]
    assert await listed(status="queued", pool="default", mode="live") == [second, first]
    assert await listed(mode="test") == await listed(pool="nobodys") == await listed(engine="ltx") == []
    assert await listed(status="failed") == await listed(since="2100-01-01T00:00:00Z") == []


async def test_pages_lead_through_all_jobs_however_few_a_page_looks_at(desk, ada, submitted, monkeypatch):
    made = [await submitted(ada) for _ in range(5)]
    await submitted(ada, model="seedance-2.0-fast")
    monkeypatch.setattr(job_board, "LOOKED_AT", 2)

    found, cursor, pages = [], None, 0
    while pages < 40:
        params = {"accountId": ada.account_id, "model": "seedance-2.0", "limit": 2}
        params |= {"cursor": cursor} if cursor else {}
        page = await desk.done("GET", "/jobs", params=params)
        found += [job["requestId"] for job in page["data"]]
        cursor, pages = page["cursor"], pages + 1
        if cursor is None:
            break

    assert found == made[::-1]
    assert pages >= 3


async def test_all_of_a_job_is_shown_but_no_query_of_a_url(desk, ada, submitted):
    job_id = await submitted(ada, mediaUrls=[URL], webhookUrl="https://hooks.seedbed.dev/in?key=hush")
    await desk.done("POST", f"/jobs/{job_id}/cancel")

    answer = await desk.get(f"/jobs/{job_id}")

    told = answer.json()
    assert told["generation"] == (await ada.done("GET", f"/video/generations/{job_id}"))
    assert [(line["kind"], line["availableChange"]) for line in told["transfers"]] == [("hold", -64), ("release", 64)]
    assert [(sent["address"], sent["event"]) for sent in told["deliveries"]] == [
        ("https://hooks.seedbed.dev/in", "cancelled")
    ]
    assert told["route"] == [{"engine": "animatic", "pool": "default"}]
    assert "hush" not in answer.text


async def test_a_job_is_cancelled_for_its_owner_and_the_log_says_so(desk, ada, submitted):
    job_id = await submitted(ada)

    cancelled = (await desk.done("POST", f"/jobs/{job_id}/cancel"))["job"]
    again = (await desk.done("POST", f"/jobs/{job_id}/cancel"))["job"]

    assert cancelled["status"] == again["status"] == "cancelled"
    assert (await ada.done("GET", "/credits"))["available"] == 1000
    [line] = await desk.log(subject=f"job/{job_id}")
    assert (line["action"], line["accountId"], line["changes"]) == ("job.cancelled", ada.account_id, {"was": "queued"})


async def test_a_requeued_job_is_fenced_costs_no_failure_and_is_made_by_the_next_worker(
    desk, ada, submitted, claimed, pool
):
    job_id = await submitted(ada)
    first = await claimed(job_id)

    queued = (await desk.done("POST", f"/jobs/{job_id}/requeue"))["job"]
    async with pool.connection() as conn:
        late = await finish(conn, job_id, first.attempt, a_success(first))
        second = (await claim(conn, pools=["default"], worker="v", lease_s=60)).job
        late_again = await finish(conn, job_id, first.attempt, a_success(first))
        done = await finish(conn, job_id, second.attempt, a_success(second))
        drift = await ledger.unsound(conn)
        lanes = await desk.rows("select * from lane_proof where (queued_drift, running_drift) <> (0, 0)")

    assert (queued["status"], queued["failures"], queued["worker"]) == ("queued", 0, None)
    assert (late, late_again, done.job.state) == (None, None, "succeeded")
    assert (second.attempt, drift, lanes) == (first.attempt + 1, [], [])
    assert (await ada.done("GET", "/credits"))["available"] == 1000 - PRICE
    [line] = await desk.log(subject=f"job/{job_id}")
    assert (line["action"], line["changes"]) == ("job.requeued", {"attempt": 1, "worker": "w"})


async def test_requeueing_a_job_that_waits_changes_nothing(desk, ada, submitted):
    job_id = await submitted(ada)

    assert (await desk.done("POST", f"/jobs/{job_id}/requeue"))["job"]["status"] == "queued"
    assert await desk.log(subject=f"job/{job_id}") == []


@pytest.mark.parametrize(("verb", "body"), [("requeue", None), ("priority", {"priority": 3})])
async def test_of_a_job_that_has_ended_nothing_more_is_changed(desk, ada, submitted, verb, body):
    job_id = await submitted(ada)
    await desk.done("POST", f"/jobs/{job_id}/cancel")

    answer = await desk.post(f"/jobs/{job_id}/{verb}", body)

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "wrong_state")
    assert "cancelled" in answer.json()["error"]["message"]


async def test_a_failed_job_is_found_by_its_code_and_cannot_be_cancelled(desk, ada, submitted, claimed, pool):
    job_id = await submitted(ada)
    job = await claimed(job_id)
    async with pool.connection() as conn:
        await finish(conn, job_id, job.attempt, MediaUnreachable("it answered 404", name="mediaUrls[0]"))

    found = await desk.done("GET", "/jobs", params={"code": "media_unreachable", "accountId": ada.account_id})
    answer = await desk.post(f"/jobs/{job_id}/cancel")

    assert [found_job["requestId"] for found_job in found["data"]] == [job_id]
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "not_cancellable")


async def test_priority_is_a_head_start_in_the_lane_and_keeps_what_the_owner_asked_for(desk, ada, submitted, pool):
    first, second = await submitted(ada), await submitted(ada)
    before = await shown(desk, second)

    raised = (await desk.done("POST", f"/jobs/{second}/priority", {"priority": 9}))["job"]
    await desk.done("POST", f"/jobs/{second}/priority", {"priority": 9})
    after = await shown(desk, second)

    async with pool.connection() as conn:
        job = await jobs.find(conn, second)
        place = await jobs.queue_place(conn, await jobs.find(conn, first))
    assert (raised["priority"], job.request.priority) == (9, 0)
    assert after["rankAt"] < (await shown(desk, first))["rankAt"] < before["rankAt"]
    assert place.position >= 2
    assert [line["changes"] for line in await desk.log(subject=f"job/{second}")] == [{"before": 0, "after": 9}]
    assert PRIORITY_WORTH.total_seconds() == 600


@pytest.mark.parametrize("body", [{}, {"priority": 10}, {"priority": -1}, {"priority": "9"}, {"priority": 1.5}])
async def test_a_priority_that_is_none_is_refused(desk, ada, submitted, body):
    answer = await desk.post(f"/jobs/{await submitted(ada)}/priority", body)

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "priority")


@pytest.mark.parametrize(
    "query",
    [
        "status=gone",
        "accountId=x",
        "accountId=0",
        "accountId=9999999999999999999",
        "mode=x",
        "since=noon",
        "pool=",
        "model=%00",
        "limit=0",
        "cursor=x",
    ],
)
async def test_a_wrong_filter_is_refused_by_its_name(desk, query):
    answer = await desk.get(f"/jobs?{query}")

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, query.partition("=")[0])


@pytest.mark.parametrize("verb", ["", "/cancel", "/requeue", "/priority"])
@pytest.mark.parametrize("job_id", ["req_1", "%00", "x" * 300])
async def test_a_job_that_is_not_there_is_not_found(desk, verb, job_id):
    body = {"priority": 1} if verb == "/priority" else None
    answer = await desk.ask("POST" if verb else "GET", f"/jobs/{job_id}{verb}", json=body)

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


async def test_a_customer_sees_no_more_than_before(ada, submitted):
    job_id = await submitted(ada)

    assert "worker" not in (await ada.done("GET", f"/video/generations/{job_id}"))
    assert (await ada.http.get(f"{GENERATIONS}/{job_id}")).status_code == 401
