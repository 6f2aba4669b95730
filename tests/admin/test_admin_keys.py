"""API keys in the hands of an operator: made, shown once, changed, revoked."""

from __future__ import annotations

from dataclasses import replace

import pytest
from desk import OPEN_API, ROOT, order


async def made(desk, account_id: int, **fields) -> dict:
    return await desk.done("POST", f"/accounts/{account_id}/keys", {"name": "shop"} | fields)


async def test_a_key_is_made_with_all_its_terms_shown_once_and_works(desk, ada):
    answer = await made(
        desk,
        ada.account_id,
        scopes=["read", "generate"],
        expiresAt="2100-01-01T00:00:00Z",
        requestsPerMinute=7,
        uploadBytesPerDay=10**12,
        queuedJobs=5,
        runningJobs=2,
        monthlyCapCredits=400,
    )
    key, secret = answer["key"], answer["secret"]

    shown = await desk.get(f"/keys/{key['id']}")
    listed = await desk.get(f"/accounts/{ada.account_id}/keys")

    assert secret.endswith(key["lastFour"])
    assert shown.json()["key"] == listed.json()["data"][0] == key
    assert secret not in shown.text + listed.text
    assert (key["scopes"], key["state"], key["expiresAt"]) == (["generate", "read"], "active", "2100-01-01T00:00:00Z")
    assert (key["requestsPerMinute"], key["queuedJobs"], key["runningJobs"]) == (7, 5, 2)
    assert (key["uploadBytesPerDay"], key["monthlyCapCredits"], key["chargedCredits"]) == (10**12, 400, 0)
    assert (await replace(ada, key=secret).get("/credits")).status_code == 200


async def test_no_key_stands_in_the_log_nor_in_a_stored_answer(desk, ada):
    secret = (
        await desk.done("POST", f"/accounts/{ada.account_id}/keys", {"name": "a"}, headers={"Idempotency-Key": "k"})
    )["secret"]

    [logged] = await desk.rows("select changes::text as text from operator_action order by number desc limit 1")
    kept = await desk.rows("select from idempotency where key = 'k' and account_id = %s", desk.account_id)

    assert secret not in logged["text"]
    assert kept == []


async def test_a_change_holds_from_the_next_request_on(desk, ada):
    path = f"/keys/{ada.key_id}"

    changed = (await desk.done("PATCH", path, {"scopes": ["read"], "name": "Reader", "queuedJobs": 3}))["key"]
    reset = (await desk.done("PATCH", path, {"queuedJobs": None}))["key"]

    assert (changed["scopes"], changed["name"], changed["queuedJobs"]) == (["read"], "Reader", 3)
    assert reset == changed | {"queuedJobs": None, "lastUsedAt": reset["lastUsedAt"]}
    assert (await ada.post("/video/generations", order())).status_code == 403


async def test_a_revoked_key_is_turned_away_and_stays_in_the_list(desk, ada):
    revoked = (await desk.done("POST", f"/keys/{ada.key_id}/revoke"))["key"]
    again = (await desk.done("POST", f"/keys/{ada.key_id}/revoke"))["key"]

    assert revoked["state"] == "revoked"
    assert again == revoked
    assert (await ada.get("/credits")).status_code == 401
    assert len(await desk.log(subject=f"key/{ada.key_id}", action="key.revoked")) == 1


async def test_keys_are_listed_a_page_at_a_time_and_a_cursor_belongs_to_its_account(desk, ada, enrol):
    for _ in range(2):
        await made(desk, ada.account_id)
    path = f"/accounts/{ada.account_id}/keys"

    first = await desk.done("GET", path, params={"limit": 2})
    second = await desk.done("GET", path, params={"limit": 2, "cursor": first["cursor"]})
    bob = await enrol()
    elsewhere = await desk.get(f"/accounts/{bob.account_id}/keys", params={"cursor": first["cursor"]})

    assert [len(first["data"]), len(second["data"]), second["cursor"]] == [2, 1, None]
    assert elsewhere.status_code == 400


async def test_an_operators_key_cannot_take_its_own_way_in_from_itself(desk):
    path = f"/keys/{desk.key_id}"

    refused = [
        await desk.patch(path, {"scopes": ["read"]}),
        await desk.patch(path, {"expiresAt": "2100-01-01T00:00:00Z"}),
        await desk.post(f"{path}/revoke"),
    ]

    assert [(answer.status_code, answer.json()["error"]["param"]) for answer in refused] == [(400, "keyId")] * 3
    assert (await desk.patch(path, {"name": "desk"})).status_code == 200


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "a", "mode": "both"}, "mode"),
        ({"name": "a", "mode": None}, "mode"),
        ({"name": "a", "scopes": []}, "scopes"),
        ({"name": "a", "scopes": ["root"]}, "scopes"),
        ({"name": "a", "scopes": "read"}, "scopes"),
        ({"name": "a", "mode": "test", "scopes": ["admin"]}, "scopes"),
        ({"name": "a", "expiresAt": "tomorrow"}, "expiresAt"),
        ({"name": "a", "expiresAt": "2020-01-01T00:00:00Z"}, "expiresAt"),
        ({"name": "a", "requestsPerMinute": 0}, "requestsPerMinute"),
        ({"name": "a", "requestsPerMinute": 2**31}, "requestsPerMinute"),
        ({"name": "a", "runningJobs": 10**40}, "runningJobs"),
        ({"name": "a", "monthlyCapCredits": -5}, "monthlyCapCredits"),
        ({"name": "a", "spendingCap": 5}, "spendingCap"),
    ],
)
async def test_what_is_wrong_is_said_with_the_name_of_the_field(desk, ada, body, param):
    asked = [await desk.post(f"/accounts/{ada.account_id}/keys", body)]
    if body and "mode" not in body:
        asked.append(
            await desk.patch(f"/keys/{ada.key_id}", {name: v for name, v in body.items() if name != "name" or not v})
        )

    assert {(answer.status_code, answer.json()["error"].get("param")) for answer in asked} == {(400, param)}


@pytest.mark.parametrize(("method", "rest"), [("GET", ""), ("PATCH", ""), ("POST", "/revoke")])
async def test_a_key_that_is_not_there_is_not_found(desk, method, rest):
    for number in ("999999999", "x", "9" * 40):
        answer = await desk.ask(method, f"/keys/{number}{rest}", json={} if method != "GET" else None)

        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


async def test_a_key_for_an_account_that_is_not_there_is_not_made(desk):
    assert (await desk.post("/accounts/999999999/keys", {"name": "a"})).status_code == 404


async def test_a_key_made_here_for_an_operator_is_an_operators(desk, ada):
    secret = (await made(desk, ada.account_id, scopes=["admin"]))["secret"]

    assert (await replace(ada, key=secret, root=ROOT).get("/accounts")).status_code == 200
    assert (await replace(ada, key=secret, root=OPEN_API).get("/credits")).status_code == 403
