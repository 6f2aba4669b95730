"""The list of tasks: pages, the official filters, and what is refused."""

from __future__ import annotations

import pytest
from arks import EARLIER, MODEL, TASKS, new_task
from customers import order

from seedbed.core.errors import ContentRejected

pytestmark = pytest.mark.server


async def _listed(customer, query=""):
    answer = await customer.get(f"{TASKS}?{query}")
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]], answer.json()["total"]


async def test_tasks_are_listed_newest_first_a_page_at_a_time(ada):
    tasks = [await new_task(ada) for _ in range(5)][::-1]

    assert await _listed(ada) == (tasks, 5)
    assert await _listed(ada, "page_num=2&page_size=2") == (tasks[2:4], 5)
    assert await _listed(ada, "page_num=4&page_size=2") == ([], 5)


async def test_an_item_is_the_task_as_it_is_shown(ada):
    task_id = await new_task(ada)

    [item] = (await ada.get(TASKS)).json()["items"]

    assert item == (await ada.get(f"{TASKS}/{task_id}")).json()


async def test_tasks_are_filtered_by_status(ada, blobs):
    failed = await new_task(ada)
    await ada.fail(ContentRejected("No."))
    done = await new_task(ada)
    await ada.succeed(blobs)
    running = await new_task(ada)
    await ada.take()
    queued = await new_task(ada)

    found = {status: await _listed(ada, f"filter.status={status}") for status in ("failed", "succeeded", "running")}

    assert found == {"failed": ([failed], 1), "succeeded": ([done], 1), "running": ([running], 1)}
    assert await _listed(ada, "filter.status=queued") == ([queued], 1)
    assert await _listed(ada, "filter.status=expired") == ([], 0)


async def test_tasks_are_filtered_by_their_ids(ada):
    first, _, third = [await new_task(ada) for _ in range(3)]

    query = f"filter.task_ids={first}&filter.task_ids={third}&filter.task_ids=cgt-of-nobody"

    assert await _listed(ada, query) == ([third, first], 2)


async def test_tasks_are_filtered_by_the_model_that_they_show(ada):
    international = await new_task(ada, model="dreamina-seedance-2-0-260128")
    chinese = await new_task(ada, model=MODEL)
    native = (await ada.submit(**order())).json()["requestId"].replace("req_", "cgt-")

    assert await _listed(ada, "filter.model=dreamina-seedance-2-0-260128") == ([international], 1)
    assert await _listed(ada, f"filter.model={MODEL}") == ([native, chinese], 2)
    assert await _listed(ada, "filter.model=of-nobody") == ([], 0)


async def test_tasks_are_filtered_by_tier(ada):
    usual = await new_task(ada)
    flexible = await new_task(ada, model=EARLIER, service_tier="flex")

    assert await _listed(ada, "filter.service_tier=flex") == ([flexible], 1)
    assert await _listed(ada, "filter.service_tier=default") == ([usual], 1)


async def test_filters_add_up(ada):
    await new_task(ada)
    task = await new_task(ada, model=EARLIER)

    query = f"filter.status=queued&filter.model={EARLIER}&filter.service_tier=default"

    assert await _listed(ada, query) == ([task], 1)


async def test_what_is_a_week_old_is_not_listed(ada, pool):
    recent, old = await new_task(ada), await new_task(ada)
    async with pool.connection() as conn:
        job_id = old.replace("cgt-", "req_")
        await conn.execute("update job set created_at = created_at - interval '7 days' where id = %s", [job_id])

    assert await _listed(ada) == ([recent], 1)


async def test_another_accounts_tasks_are_not_listed(ada, enrol):
    task = await new_task(ada)
    bob = await enrol()

    assert await _listed(bob) == ([], 0)
    assert await _listed(bob, f"filter.task_ids={task}") == ([], 0)


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("page_num=0", "page_num"),
        ("page_num=501", "page_num"),
        ("page_size=-1", "page_size"),
        ("page_size=two", "page_size"),
        ("filter.status=done", "filter.status"),
        ("filter.service_tier=fast", "filter.service_tier"),
        ("status=queued", "status"),
        ("&".join(["filter.task_ids=cgt-1"] * 501), "filter.task_ids"),
    ],
)
async def test_a_filter_that_there_is_none_of_is_refused_by_name(ada, query, param):
    answer = await ada.get(f"{TASKS}?{query}")

    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == param
