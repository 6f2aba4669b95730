"""Accounts in the hands of their operator."""

from __future__ import annotations

import pytest
from desk import GENERATIONS, OPEN_API, order


async def opened(desk, **fields) -> dict:
    return (await desk.done("POST", "/accounts", {"name": "Bob"} | fields))["account"]


async def test_an_account_is_opened_with_credits_and_terms_and_shown_so(desk):
    account = await opened(desk, name="  Films of Bob ", credits=500, isUnlimited=True, monthlyRefillCredits=300)

    assert account["name"] == "Films of Bob"
    assert (account["live"], account["test"]) == ({"available": 500, "held": 0}, {"available": 0, "held": 0})
    assert (account["isUnlimited"], account["monthlyRefillCredits"], account["isDisabled"]) == (True, 300, False)
    assert (await desk.done("GET", f"/accounts/{account['id']}"))["account"] == account


async def test_an_account_is_opened_once_for_an_idempotency_key(desk):
    headers = {"Idempotency-Key": f"open-{desk.account_id}"}

    first = await desk.post("/accounts", {"name": "Once"}, headers=headers)
    again = await desk.post("/accounts", {"name": "Once"}, headers=headers)
    other = await desk.post("/accounts", {"name": "Twice"}, headers=headers)

    assert again.content == first.content
    assert again.headers["idempotent-replayed"] == "true"
    assert (other.status_code, other.json()["error"]["code"]) == (422, "idempotency_mismatch")


async def test_accounts_are_listed_newest_first_a_page_at_a_time(desk):
    made = [(await opened(desk, name=f"Paged {n}"))["id"] for n in range(3)]

    first = await desk.done("GET", "/accounts", params={"search": "pAGed", "limit": 2})
    second = await desk.done("GET", "/accounts", params={"search": "paged", "limit": 2, "cursor": first["cursor"]})

    assert [account["id"] for account in first["data"] + second["data"]] == made[::-1]
    assert second["cursor"] is None


@pytest.mark.parametrize("sign", ["%", "_", "\\", "'"])
async def test_a_search_takes_every_sign_for_itself(desk, sign):
    odd = await opened(desk, name=f"odd{sign}{desk.account_id}")

    found = await desk.done("GET", "/accounts", params={"search": f"{sign}{desk.account_id}"})

    assert [account["id"] for account in found["data"]] == [odd["id"]]


async def test_an_account_is_found_by_its_number(desk, ada):
    found = await desk.done("GET", "/accounts", params={"search": str(ada.account_id)})

    assert ada.account_id in [account["id"] for account in found["data"]]


async def test_the_jobs_and_keys_of_an_account_are_counted(desk, ada):
    await ada.done("POST", "/video/generations", order())

    account = (await desk.done("GET", f"/accounts/{ada.account_id}"))["account"]

    assert (account["queuedJobs"], account["runningJobs"], account["keys"]) == (1, 0, 1)
    assert account["live"] == {"available": 960, "held": 40}


async def test_what_is_not_named_in_a_change_stays_as_it_is(desk):
    account = await opened(desk, monthlyRefillCredits=300)

    changed = (await desk.done("PATCH", f"/accounts/{account['id']}", {"isUnlimited": True}))["account"]
    renamed = (await desk.done("PATCH", f"/accounts/{account['id']}", {"name": "Rob", "monthlyRefillCredits": None}))[
        "account"
    ]

    assert changed == account | {"isUnlimited": True}
    assert renamed == changed | {"name": "Rob", "monthlyRefillCredits": None}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (OPEN_API + "/credits", None),
        (OPEN_API + "/models", None),
        (GENERATIONS, {}),
        ("/api/v3/contents/generations/tasks", None),
        ("/v1/videos", None),
    ],
)
async def test_the_keys_of_a_disabled_account_are_turned_away_in_every_dialect(desk, ada, path, body):
    await desk.done("POST", f"/accounts/{ada.account_id}/disable", {"reason": "the invoice of October is open"})

    answer = await ada.http.request(
        "GET" if body is None else "POST", path, json=body, headers={"Authorization": f"Bearer {ada.key}"}
    )

    assert answer.status_code == 403
    assert answer.json()["error"]["message"].startswith("This account is disabled")
    assert "invoice" not in answer.text


async def test_the_jobs_of_a_disabled_account_stay_and_enabling_lets_its_keys_in_again(desk, ada):
    job_id = (await ada.done("POST", "/video/generations", order()))["requestId"]

    disabled = await desk.done("POST", f"/accounts/{ada.account_id}/disable", {"reason": "why"})
    again = await desk.done("POST", f"/accounts/{ada.account_id}/disable", {"reason": "another reason"})
    enabled = await desk.done("POST", f"/accounts/{ada.account_id}/enable")

    assert disabled["account"]["disabledBecause"] == again["account"]["disabledBecause"] == "why"
    assert (enabled["account"]["isDisabled"], enabled["account"]["disabledAt"]) == (False, None)
    assert (await ada.done("GET", f"/video/generations/{job_id}"))["status"] == "queued"


async def test_an_operator_cannot_shut_itself_out(desk):
    answer = await desk.post(f"/accounts/{desk.account_id}/disable", {"reason": "oops"})

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "accountId")
    assert (await desk.get("/accounts")).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "param"),
    [
        ("POST", "/accounts", {}, "name"),
        ("POST", "/accounts", {"name": "   "}, "name"),
        ("POST", "/accounts", {"name": "a\nb"}, "name"),
        ("POST", "/accounts", {"name": "x" * 201}, "name"),
        ("POST", "/accounts", {"name": "B", "credits": -1}, "credits"),
        ("POST", "/accounts", {"name": "B", "credits": 10**30}, "credits"),
        ("POST", "/accounts", {"name": "B", "credits": "5"}, "credits"),
        ("POST", "/accounts", {"name": "B", "credits": 2.0}, "credits"),
        ("POST", "/accounts", {"name": "B", "unlimited": True}, "unlimited"),
        ("POST", "/accounts", {"name": "B", "monthlyRefillCredits": 0}, "monthlyRefillCredits"),
        ("PATCH", "/accounts/{id}", {"name": None}, "name"),
        ("PATCH", "/accounts/{id}", {"isUnlimited": 1}, "isUnlimited"),
        ("PATCH", "/accounts/{id}", {"isDisabled": True}, "isDisabled"),
        ("POST", "/accounts/{id}/disable", {}, "reason"),
        ("POST", "/accounts/{id}/disable", {"reason": " "}, "reason"),
        ("POST", "/accounts/{id}/enable", {"now": True}, "now"),
        ("GET", "/accounts?status=gone", None, "status"),
        ("GET", "/accounts?search=", None, "search"),
        ("GET", "/accounts?search=%00", None, "search"),
        ("GET", "/accounts?limit=0", None, "limit"),
        ("GET", "/accounts?cursor=bm8", None, "cursor"),
    ],
)
async def test_what_is_wrong_is_said_with_the_name_of_the_field(desk, ada, method, path, body, param):
    answer = await desk.ask(method, path.replace("{id}", str(ada.account_id)), json=body)

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param), answer.text


@pytest.mark.parametrize("number", ["999999999", "0", "-1", "x", "9" * 30, "1.5", "%00", "٣"])
@pytest.mark.parametrize(
    ("method", "rest"),
    [("GET", ""), ("PATCH", ""), ("POST", "/enable"), ("GET", "/keys"), ("GET", "/ledger"), ("GET", "/usage")],
)
async def test_an_account_that_is_not_there_is_not_found(desk, method, rest, number):
    answer = await desk.ask(method, f"/accounts/{number}{rest}", json={} if method != "GET" else None)

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found"), answer.text
