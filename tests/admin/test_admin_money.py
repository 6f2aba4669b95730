"""Credits in the hands of an operator: given, taken back, capped, never ending, and all of it in the ledger."""

from __future__ import annotations

import asyncio
import csv
import io
from dataclasses import replace

import pytest
from desk import PRICE, order


async def granted(desk, account_id: int, **fields) -> dict:
    return await desk.done("POST", f"/accounts/{account_id}/grants", {"note": "thanks"} | fields)


async def submit(asker, **options):
    return await asker.post("/video/generations", order(), **options)


async def test_credits_are_given_and_taken_back_in_either_mode(desk, ada):
    given = await granted(desk, ada.account_id, credits=50)
    taken = await granted(desk, ada.account_id, credits=-1000, note="a mistake")
    test = await granted(desk, ada.account_id, credits=7, mode="test")

    assert [(one["available"], one["mode"]) for one in (given, taken, test)] == [
        (1050, "live"),
        (50, "live"),
        (7, "test"),
    ]


async def test_more_than_there_is_cannot_be_taken_back(desk, ada):
    answer = await desk.post(f"/accounts/{ada.account_id}/grants", {"credits": -1001, "note": "too much"})

    assert (answer.status_code, answer.json()["error"]["available"]) == (402, 1000)
    assert await desk.log(accountId=ada.account_id, action="account.granted") == []


async def test_a_grant_is_made_once_for_an_idempotency_key_however_many_ask(desk, ada):
    body, headers = {"credits": 5, "note": "once"}, {"Idempotency-Key": f"grant-{ada.account_id}"}

    answers = await asyncio.gather(
        *(desk.post(f"/accounts/{ada.account_id}/grants", body, headers=headers) for _ in range(4))
    )
    again = await desk.post(f"/accounts/{ada.account_id}/grants", body, headers=headers)

    assert {answer.status_code for answer in answers} <= {200, 409}
    assert (again.json()["available"], again.headers["idempotent-replayed"]) == (1005, "true")
    assert len(await desk.log(accountId=ada.account_id, action="account.granted")) == 1


async def test_the_ledger_tells_what_moved_the_credits_a_page_at_a_time(desk, ada):
    await granted(desk, ada.account_id, credits=5)
    job_id = (await submit(ada)).json()["requestId"]
    path = f"/accounts/{ada.account_id}/ledger"

    first = await desk.done("GET", path, params={"limit": 2})
    second = await desk.done("GET", path, params={"limit": 2, "cursor": first["cursor"]})
    test = await desk.done("GET", path, params={"mode": "test"})

    assert [(line["kind"], line["availableChange"]) for line in first["data"]] == [("hold", -PRICE), ("topup", 5)]
    assert first["data"][0]["requestId"] == job_id
    assert [line["note"] for line in second["data"]] == ["account opened"]
    assert (second["cursor"], test["data"]) == (None, [])
    assert (await desk.get(path, params={"mode": "test", "cursor": first["cursor"]})).status_code == 400


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"credits": 0, "note": "a"}, "credits"),
        ({"credits": 10**13, "note": "a"}, "credits"),
        ({"credits": -(10**30), "note": "a"}, "credits"),
        ({"credits": True, "note": "a"}, "credits"),
        ({"credits": 1}, "note"),
        ({"credits": 1, "note": ""}, "note"),
        ({"credits": 1, "note": "a", "mode": "dead"}, "mode"),
        ({"amount": 1, "note": "a"}, "amount"),
    ],
)
async def test_what_is_wrong_with_a_grant_is_said_with_the_name_of_the_field(desk, ada, body, param):
    answer = await desk.post(f"/accounts/{ada.account_id}/grants", body)

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


async def test_an_unlimited_account_is_charged_and_given_just_what_lacks(desk, enrol):
    bob = await enrol(available=10)
    await desk.done("PATCH", f"/accounts/{bob.account_id}", {"isUnlimited": True})

    answers = [await submit(bob), await submit(bob)]

    ledger = (await desk.done("GET", f"/accounts/{bob.account_id}/ledger"))["data"]
    assert [answer.json()["creditsCharged"] for answer in answers] == [PRICE, PRICE]
    assert (await desk.done("GET", f"/accounts/{bob.account_id}"))["account"]["live"] == {"available": 0, "held": 80}
    assert [(line["kind"], line["availableChange"], line["note"]) for line in ledger[:4]] == [
        ("hold", -PRICE, None),
        ("topup", PRICE, "unlimited"),
        ("hold", -PRICE, None),
        ("topup", PRICE - 10, "unlimited"),
    ]


async def test_a_key_charges_no_more_than_its_cap_and_gets_back_what_was_released(desk, ada):
    await desk.done("PATCH", f"/keys/{ada.key_id}", {"monthlyCapCredits": 100})
    first, second = [(await submit(ada)).json()["requestId"] for _ in range(2)]

    refused = await submit(ada)
    await ada.done("POST", f"/video/generations/{first}/cancel")
    again = await submit(ada)

    error = refused.json()["error"]
    assert (refused.status_code, error["code"]) == (402, "insufficient_credits")
    assert (error["needed"], error["available"]) == (PRICE, 20)
    assert "may charge 100 credits a month, and has charged 80; the count begins anew on 2" in error["message"]
    assert again.status_code == 200
    assert (await desk.done("GET", f"/keys/{ada.key_id}"))["key"]["chargedCredits"] == 80
    assert second


async def test_a_cap_set_in_the_middle_of_a_month_counts_what_was_charged_before(desk, ada):
    await submit(ada)

    await desk.done("PATCH", f"/keys/{ada.key_id}", {"monthlyCapCredits": PRICE})

    assert (await submit(ada)).status_code == 402


async def test_a_cap_is_of_one_key_alone_and_binds_an_unlimited_account_too(desk, ada, enrol):
    other = await enrol(account_id=ada.account_id)
    await desk.done("PATCH", f"/accounts/{ada.account_id}", {"isUnlimited": True})
    await desk.done("PATCH", f"/keys/{ada.key_id}", {"monthlyCapCredits": 1})

    assert (await submit(ada)).status_code == 402
    assert (await submit(other)).status_code == 200


async def test_a_replayed_answer_charges_nothing_and_no_cap_is_in_its_way(desk, ada):
    await desk.done("PATCH", f"/keys/{ada.key_id}", {"monthlyCapCredits": PRICE})
    headers = {"Idempotency-Key": "order-1"}

    first, again = await submit(ada, headers=headers), await submit(ada, headers=headers)

    assert (again.status_code, again.content) == (200, first.content)


async def used(desk, ada, **metadata) -> None:
    """Have a job of Ada's end, cancelled."""
    job_id = (await ada.done("POST", "/video/generations", order(metadata=metadata)))["requestId"]
    await ada.done("POST", f"/video/generations/{job_id}/cancel")


async def test_usage_is_told_by_account_and_project(desk, ada):
    for project in ("winter", "winter", "spring"):
        await used(desk, ada, projectId=project)

    of_one = await desk.done("GET", f"/accounts/{ada.account_id}/usage")
    of_all = await desk.done("GET", "/usage")

    assert [(line["projectId"], line["cancelled"], line["credits"]) for line in of_one["data"]] == [
        ("spring", 1, 0),
        ("winter", 2, 0),
    ]
    assert [line for line in of_all["data"] if line["accountId"] == ada.account_id] == of_one["data"]
    assert (await desk.done("GET", f"/accounts/{ada.account_id}/usage", params={"mode": "test"}))["data"] == []


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1"])
async def test_no_cell_of_a_csv_is_a_formula(desk, enrol, text):
    bob = await enrol(name="=cmd()")
    await used(desk, bob, projectId=text)

    answer = await desk.get(f"/accounts/{bob.account_id}/usage", params={"format": "csv"})

    [_, line] = csv.reader(io.StringIO(answer.text))
    assert answer.headers["content-type"].startswith("text/csv")
    assert line == [str(bob.account_id), "'=cmd()", f"'{text}", "0", "0", "1", "0", "0"]


@pytest.mark.parametrize("query", ["mode=x", "format=xml", "from=2026-02-30", "from=2020-01-01&to=2026-01-01"])
async def test_a_wrong_query_for_usage_is_refused_in_words(desk, query):
    answer = await desk.get(f"/usage?{query}")

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_request")


async def test_the_owner_reads_the_note_of_a_grant(desk, ada):
    await granted(desk, ada.account_id, credits=5, note="for the festival")

    lines = (await replace(ada).done("GET", "/credits", params={"limit": 1}))["ledger"]

    assert lines[0]["note"] == "for the festival"
