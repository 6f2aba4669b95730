"""Listening: every final job is told once, in order, with signatures that verify, and none is passed over."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace

import pytest
from customers import ROOT
from standardwebhooks import Webhook

from seedbed.actions.cancel import cancel
from seedbed.api.paging import cursor_at
from seedbed.core.keys import Mode
from seedbed.store import deliveries

LISTEN = f"{ROOT}/webhooks/listen"
SECRET = f"{ROOT}/webhooks/secret"


async def heard(customer, **query) -> dict:
    answer = await customer.get(LISTEN, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def ended(customer, **fields) -> str:
    job_id = await customer.new_job(**fields)
    await customer.cancel(job_id)
    return job_id


async def test_listening_begins_now_and_goes_on_from_its_cursor(ada):
    await ended(ada)
    begun = await heard(ada)
    jobs = [await ended(ada) for _ in range(3)]

    first = await heard(ada, after=begun["cursor"])
    then = await heard(ada, after=first["cursor"])

    assert begun["events"] == []
    assert [event["requestId"] for event in first["events"]] == jobs
    assert (then["events"], then["cursor"]) == ([], first["cursor"])


async def test_what_is_heard_verifies_and_is_the_body_of_the_webhook(ada):
    begun = await heard(ada)
    job_id = await ended(ada)  # it has no webhook at all

    [event] = (await heard(ada, after=begun["cursor"]))["events"]

    secret = (await ada.get(SECRET)).json()["secrets"][0]
    verified = Webhook(secret).verify(event["body"], event["headers"])
    assert verified == json.loads(event["body"]) == await ada.show(job_id)
    assert event["id"] == event["headers"]["webhook-id"]
    assert event["event"] == "cancelled"


async def test_the_id_is_that_of_the_delivery_where_there_is_one_and_always_the_same(ada):
    begun = await heard(ada)
    plain, hooked = await ended(ada), await ended(ada, webhookUrl="https://receiver.dev/hook")

    events = [(await heard(ada, after=begun["cursor"]))["events"] for _ in range(2)]

    async with ada.pool.connection() as conn:
        [delivery] = await deliveries.of_job(conn, hooked)
    assert [event["id"] for event in events[0]] == [event["id"] for event in events[1]]
    assert {event["requestId"]: event["id"] for event in events[0]} == {
        plain: "msg_" + plain.removeprefix("req_"),
        hooked: delivery.id,
    }


async def test_an_answer_is_held_until_something_ends(ada):
    begun = await heard(ada)
    waiting = asyncio.create_task(heard(ada, after=begun["cursor"], wait=20))
    await asyncio.sleep(0.1)
    assert not waiting.done()

    job_id = await ended(ada)

    assert [event["requestId"] for event in (await asyncio.wait_for(waiting, 15))["events"]] == [job_id]


async def test_one_that_ends_first_and_is_committed_last_is_not_passed_over(ada):
    begun = await heard(ada)
    slow, quick = await ada.new_job(), await ada.new_job(model="seedance-1.5-pro")
    async with ada.pool.connection() as conn, conn.transaction():
        # The same lane holds both jobs, so the second end is written past its lock, as another pool's would be.
        await cancel(conn, ada.account_id, slow, is_live=True)
        async with ada.pool.connection() as other:
            await other.execute(
                "update job set state = 'cancelled', finished_at = clock_timestamp() where id = %s", [quick]
            )
        during = await heard(ada, after=begun["cursor"])

    afterwards = await heard(ada, after=during["cursor"])

    assert during["events"] == []
    assert [event["requestId"] for event in afterwards["events"]] == [slow, quick]


async def test_nothing_of_others_or_of_the_other_mode_is_heard(ada, enrol):
    strangers = [await enrol(), await enrol(mode=Mode.TEST, account_id=ada.account_id)]
    begun = [await heard(stranger) for stranger in strangers]
    await ended(ada)

    after = [await heard(who, after=start["cursor"]) for who, start in zip(strangers, begun, strict=True)]

    assert [answer["events"] for answer in after] == [[], []]


async def test_a_cursor_of_another_account_or_mode_is_refused(ada, enrol):
    theirs = (await heard(ada))["cursor"]

    for stranger in (await enrol(), await enrol(mode=Mode.TEST, account_id=ada.account_id)):
        answer = await stranger.get(LISTEN, params={"after": theirs})
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, "after")


@pytest.mark.parametrize("place", [["2026-11-22T12:00:00Z", "\x00"], ["2026-11-22T12:00:00Z", "\ud800"], ["noon", ""]])
async def test_a_cursor_that_is_made_up_with_its_check_is_refused_too(ada, place):
    who = SimpleNamespace(account_id=ada.account_id, mode=Mode.LIVE)

    answer = await ada.get(LISTEN, params={"after": cursor_at(place, who, of="endings")})

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "after")


async def test_the_past_is_told_on_request(ada):
    jobs = [await ended(ada) for _ in range(2)]
    since = (await ada.show(jobs[0]))["createdAt"]

    assert [event["requestId"] for event in (await heard(ada, since=since))["events"]] == jobs


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("after=x", "after"),
        ("after=WzEsMl0", "after"),
        ("after=WyJhIiwiYiJd", "after"),
        ("since=yesterday", "since"),
        ("since=2026-02-30T00:00:00Z", "since"),
        ("since=2026-11-22T12:00:00", "since"),
        ("since=2026-11-22T12:00:00Z&after=x", "since"),
        ("wait=31", "wait"),
    ],
)
async def test_a_place_that_cannot_be_is_refused(ada, query, param):
    answer = await ada.get(f"{LISTEN}?{query}")

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
