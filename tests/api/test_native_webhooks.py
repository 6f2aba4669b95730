"""Webhooks as their owner sees them: deliveries, redelivery, addresses, secrets."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from customers import ROOT

from seedbed.actions.record_attempt import record_attempt
from seedbed.api.paging import cursor_at
from seedbed.core.keys import Mode, Scope
from seedbed.store import deliveries
from seedbed.store.attempts import Attempt
from seedbed.store.database import moment

DELIVERIES = f"{ROOT}/webhooks/deliveries"
SECRET = f"{ROOT}/webhooks/secret"
ENDPOINTS = f"{ROOT}/webhooks/endpoints"
HOOK = "https://receiver.dev/hook?token=hush"
NOBODYS = "msg_" + "0" * 32


async def told(customer, *, url=HOOK) -> str:
    """Return the id of the delivery of a job that was cancelled."""
    job_id = await customer.new_job(webhookUrl=url)
    await customer.cancel(job_id)
    async with customer.pool.connection() as conn:
        return (await deliveries.of_job(conn, job_id))[0].id


async def tried(customer, delivery_id, status, **facts) -> None:
    async with customer.pool.connection() as conn:
        attempt = Attempt(at=await moment(conn, None), status=status, latency_ms=7, **facts)
        await record_attempt(conn, delivery_id, attempt, chance=0.0)


async def test_a_delivery_is_shown_with_every_attempt_and_without_the_query(ada):
    delivery_id = await told(ada)
    await tried(ada, delivery_id, 500, excerpt="no room")
    await tried(ada, delivery_id, None, error="No answer came within 15 s.")

    answer = await ada.get(DELIVERIES)

    [shown] = answer.json()["data"]
    assert (shown["id"], shown["state"], shown["event"]) == (delivery_id, "pending", "cancelled")
    assert (shown["address"], shown["attemptCount"]) == ("https://receiver.dev/hook", 2)
    assert [(a["number"], a["status"], a["excerpt"], a["error"]) for a in shown["attempts"]] == [
        (1, 500, "no room", None),
        (2, None, "", "No answer came within 15 s."),
    ]
    assert shown["nextAt"] > shown["createdAt"]
    assert "hush" not in answer.text


async def test_the_words_of_a_receiver_in_an_opened_network_are_withheld(ada):
    await tried(ada, await told(ada), 500, excerpt="internal secrets", is_private=True)

    answer = await ada.get(DELIVERIES)

    [attempt] = answer.json()["data"][0]["attempts"]
    assert (attempt["status"], attempt["excerpt"]) == (500, None)
    assert "internal secrets" not in answer.text


async def test_the_list_is_paged_newest_first_and_filtered(ada):
    ids = [await told(ada) for _ in range(5)]
    await tried(ada, ids[1], 200)

    pages, cursor = [], {}
    while cursor is not None:
        page = (await ada.get(DELIVERIES, params={"limit": 2, **cursor})).json()
        pages.append([shown["id"] for shown in page["data"]])
        cursor = {"cursor": page["cursor"]} if page["cursor"] else None
    delivered = (await ada.get(DELIVERIES, params={"state": "delivered"})).json()["data"]
    one = (await ada.get(DELIVERIES, params={"requestId": delivered[0]["requestId"]})).json()["data"]

    assert pages == [ids[:2:-1], ids[2:0:-1], ids[:1]]
    assert [shown["id"] for shown in delivered] == [shown["id"] for shown in one] == [ids[1]]


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=٣", "limit"),
        ("state=lost", "state"),
        ("requestId=req_1", "requestId"),
        ("cursor=x", "cursor"),
        ("cursor=WyJhIiwxLDJd", "cursor"),
        ("cursor=%00", "cursor"),
    ],
)
async def test_a_question_that_cannot_be_answered_says_what_would_be_right(ada, query, param):
    answer = await ada.get(f"{DELIVERIES}?{query}")

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


async def test_a_redelivery_keeps_the_id_and_its_answer_is_given_once_a_key(ada):
    delivery_id = await told(ada)
    await tried(ada, delivery_id, 200)
    key = {"Idempotency-Key": "again-1"}

    first, replayed = [await ada.post(f"{DELIVERIES}/{delivery_id}/redeliver", headers=key) for _ in range(2)]

    assert first.json()["delivery"]["id"] == delivery_id
    assert (first.json()["delivery"]["state"], first.json()["delivery"]["attemptCount"]) == ("pending", 1)
    assert (first.content, replayed.headers["Idempotent-Replayed"]) == (replayed.content, "true")


@pytest.mark.parametrize("delivery_id", [NOBODYS, "msg_1", "x%00"])
async def test_what_is_no_delivery_of_ones_own_is_not_found(ada, enrol, delivery_id):
    theirs = await told(await enrol())

    for wanted in (delivery_id, theirs):
        answer = await ada.post(f"{DELIVERIES}/{wanted}/redeliver")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


async def test_a_cursor_of_another_account_mode_or_list_is_refused(ada, enrol):
    for _ in range(2):
        await told(ada)
    theirs = (await ada.get(DELIVERIES, params={"limit": 1})).json()["cursor"]
    heard = (await ada.get(f"{ROOT}/webhooks/listen")).json()["cursor"]

    for who, cursor in (
        (await enrol(), theirs),
        (await enrol(mode=Mode.TEST, account_id=ada.account_id), theirs),
        (ada, heard),
    ):
        answer = await who.get(DELIVERIES, params={"cursor": cursor})
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, "cursor")


@pytest.mark.parametrize(
    "place",
    [
        [1, "2026-11-22T12:00:00Z", "\x00"],
        [1, "2026-11-22T12:00:00Z", "\ud800"],
        [2**63, "2026-11-22T12:00:00Z", NOBODYS],
        [0, "2026-11-22T12:00:00Z", NOBODYS],
        [1, "noon", NOBODYS],
    ],
)
async def test_a_cursor_that_is_made_up_with_its_check_is_refused_too(ada, place):
    who = SimpleNamespace(account_id=ada.account_id, mode=Mode.LIVE)

    answer = await ada.get(DELIVERIES, params={"cursor": cursor_at(place, who, of="deliveries")})

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "cursor")


async def test_others_and_the_other_mode_see_nothing(ada, enrol):
    await tried(ada, await told(ada), 410)

    for stranger in (await enrol(), await enrol(mode=Mode.TEST, account_id=ada.account_id)):
        assert (await stranger.get(DELIVERIES)).json()["data"] == []
        assert (await stranger.get(ENDPOINTS)).json()["data"] == []


async def test_an_address_that_is_gone_is_off_until_it_is_switched_on(ada):
    delivery_id = await told(ada)
    await tried(ada, delivery_id, 410)
    [off] = (await ada.get(ENDPOINTS)).json()["data"]
    later = await told(ada)
    refused = await ada.post(f"{DELIVERIES}/{later}/redeliver")

    on = await ada.post(f"{ENDPOINTS}/switch-on", json={"url": HOOK})
    again = await ada.post(f"{DELIVERIES}/{later}/redeliver")

    assert (off["address"], off["isOff"], off["offBecause"]) == ("https://receiver.dev/hook", True, "gone")
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "id")
    assert on.json() == {"success": True, "address": "https://receiver.dev/hook", "isOff": False}
    assert (again.json()["delivery"]["state"], (await ada.get(ENDPOINTS)).json()["data"]) == ("pending", [])


async def test_a_job_whose_webhook_is_off_says_so_in_its_own_view(ada):
    await tried(ada, await told(ada), 410)
    await told(ada)

    [stopped, _] = (await ada.get(DELIVERIES)).json()["data"]
    job = await ada.show(stopped["requestId"])

    assert (stopped["state"], stopped["stoppedBecause"], stopped["attempts"]) == ("stopped", "gone", [])
    assert "switched off" in job["warnings"][-1]


async def test_a_rotation_shows_the_new_secret_first_and_when_the_old_one_retires(ada):
    before = (await ada.get(SECRET)).json()

    rotated = (await ada.post(SECRET)).json()
    again = (await ada.post(SECRET)).json()

    old = before["secrets"][0]
    assert (before["retiring"], rotated["secrets"][1:]) == ([], [old])
    assert rotated["retiring"][0]["secret"] == old
    assert again["secrets"] == [again["secrets"][0], rotated["secrets"][0], old]
    assert again["retiring"][1] == rotated["retiring"][0]  # what was promised about the first one stands
    assert (await ada.get(SECRET)).json() == again


async def test_a_rotation_without_overlap_ends_every_old_secret_at_once(ada):
    await ada.post(SECRET)

    rotated = (await ada.post(SECRET, json={"overlapSeconds": 0})).json()

    assert (len(rotated["secrets"]), rotated["retiring"]) == (1, [])


@pytest.mark.parametrize("body", [{"overlapSeconds": -1}, {"overlapSeconds": 86_401}, {"overlapSeconds": "0"}])
async def test_an_overlap_that_cannot_be_is_refused(ada, body):
    answer = await ada.post(SECRET, json=body)

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "overlapSeconds")


async def test_a_reading_key_sees_deliveries_but_no_secret_and_changes_nothing(ada, enrol):
    reader = await enrol(scopes=(Scope.READ,), account_id=ada.account_id)
    delivery_id = await told(ada)

    assert (await reader.get(DELIVERIES)).status_code == (await reader.get(ENDPOINTS)).status_code == 200
    for answer in (
        await reader.get(SECRET),
        await reader.post(SECRET),
        await reader.post(f"{DELIVERIES}/{delivery_id}/redeliver"),
        await reader.post(f"{ENDPOINTS}/switch-on", json={"url": HOOK}),
    ):
        assert answer.status_code == 403
