"""Lists of generations: every job once, newest first, whatever arrives meanwhile; cursors are their account's alone."""

from __future__ import annotations

import base64
import json

import pytest
from customers import GENERATIONS, ROOT

from seedbed.core.errors import ContentRejected
from seedbed.core.keys import Mode

FAST = "seedance-2.0-fast"


async def page(customer, **query) -> dict:
    answer = await customer.get(GENERATIONS, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def ids(listed: dict) -> list[str]:
    return [view["requestId"] for view in listed["data"]]


def cursor(parts) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


async def test_pages_hold_every_generation_once_although_others_arrive_meanwhile(ada):
    made = [await ada.new_job() for _ in range(5)]

    first = await page(ada, limit=2)
    late = await ada.new_job()
    second = await page(ada, limit=2, cursor=first["cursor"])
    third = await page(ada, limit=2, cursor=second["cursor"])

    assert [ids(first), ids(second), ids(third)] == [made[:2:-1], made[2:0:-1], made[:1]]
    assert third["cursor"] is None
    assert ids(await page(ada, limit=1)) == [late]


async def test_a_page_that_ends_with_the_list_leads_nowhere(ada):
    await ada.new_job()
    await ada.new_job()

    assert (await page(ada, limit=2))["cursor"] is None


async def test_each_entry_is_what_get_shows(ada, blobs):
    job_id = await ada.new_job(metadata={"a": 1})
    await ada.succeed(blobs)

    assert (await page(ada))["data"] == [await ada.show(job_id)]


async def test_status_and_model_choose_and_may_be_combined(ada):
    failed = await ada.new_job()
    await ada.fail(ContentRejected("not allowed"))
    cancelled = await ada.new_job(model=FAST)
    await ada.cancel(cancelled)
    waiting = await ada.new_job(model=FAST)

    assert ids(await page(ada, status="failed")) == [failed]
    assert ids(await page(ada, status=["failed", "cancelled"])) == [cancelled, failed]
    assert ids(await page(ada, model=FAST)) == [waiting, cancelled]
    assert ids(await page(ada, model=FAST, status="queued")) == [waiting]
    assert ids(await page(ada, model="seedance-1.5-pro")) == []


async def test_filters_go_on_over_pages(ada):
    wanted = [await ada.new_job(model=model) for model in (FAST, "seedance-2.0", FAST)][::2]

    first = await page(ada, model=FAST, limit=1)
    second = await page(ada, model=FAST, limit=1, cursor=first["cursor"])

    assert [*ids(first), *ids(second)] == wanted[::-1]


async def test_nobody_sees_the_generations_of_another_account_or_mode(ada, enrol):
    await ada.new_job()

    for stranger in (await enrol(), await enrol(mode=Mode.TEST, account_id=ada.account_id)):
        assert ids(await page(stranger)) == []
        assert ids(await page(stranger, status="queued")) == []


async def test_a_cursor_of_another_account_mode_or_list_is_refused(ada, enrol):
    for _ in range(2):
        await ada.new_job()
    theirs = (await page(ada, limit=1))["cursor"]

    for stranger in (await enrol(), await enrol(mode=Mode.TEST, account_id=ada.account_id)):
        answer = await stranger.get(GENERATIONS, params={"cursor": theirs})
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, "cursor")
    assert (await ada.get(f"{ROOT}/webhooks/deliveries", params={"cursor": theirs})).status_code == 400


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("limit", value) for value in ("0", "101", "-1", "1.5", "many", "", "٣", "1e1", "9" * 30)],
        *[("status", value) for value in ("done", "", "QUEUED", "queued,failed", "\x00")],
        *[("model", value) for value in ("sora", "", "\x00")],
        *[("cursor", value) for value in ("", "x", "%", "🦊", cursor([1]), cursor(["1", "x"]), cursor([1, "x"]))],
        *[("cursor", cursor([number, "x"])) for number in (0, -1, 2**63, 10**40)],
    ],
)
async def test_what_cannot_be_asked_for_is_refused_by_name(ada, name, value):
    answer = await ada.get(GENERATIONS, params={name: value})

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, name)
