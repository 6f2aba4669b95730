"""The log of operators: everything they did, in the commit that did it, and nothing that they did not."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from desk import Asker

from seedbed.actions.create_account import create_account
from seedbed.core.operators import COMMAND_LINE, Act

PAGE = Path(__file__).resolve().parents[2] / "docs" / "admin.md"


async def all_of(desk: Asker, account_id: int) -> list[dict]:
    return [one for one in await desk.log(accountId=account_id, limit=100) if one["actor"] != "service"]


async def test_every_change_is_told_with_who_what_and_when(desk):
    account = (await desk.done("POST", "/accounts", {"name": "Eve", "credits": 7}))["account"]
    path = f"/accounts/{account['id']}"
    key = (await desk.done("POST", f"{path}/keys", {"name": "shop"}))["key"]

    for method, rest, body in (
        ("PATCH", path, {"name": "Eva"}),
        ("POST", f"{path}/disable", {"reason": "why"}),
        ("POST", f"{path}/enable", None),
        ("POST", f"{path}/grants", {"credits": 3, "note": "n"}),
        ("PATCH", f"/keys/{key['id']}", {"monthlyCapCredits": 9}),
        ("POST", f"/keys/{key['id']}/revoke", None),
    ):
        last = await desk.ask(method, rest, json=body)
        assert last.status_code == 200

    log = await all_of(desk, account["id"])
    told = [(one["action"], one["subject"], one["changes"]) for one in reversed(log)]
    on_account, on_key = f"account/{account['id']}", f"key/{key['id']}"
    assert told[0][:2] == ("account.created", on_account)
    assert told[1][:2] == ("key.created", on_key)
    assert told[2:] == [
        ("account.changed", on_account, {"name": ["Eve", "Eva"]}),
        ("account.disabled", on_account, {"reason": "why"}),
        ("account.enabled", on_account, {}),
        ("account.granted", on_account, {"credits": 3, "mode": "live", "note": "n"}),
        ("key.changed", on_key, {"monthlyCapCredits": [None, 9]}),
        ("key.revoked", on_key, {"name": "shop", "lastFour": key["lastFour"]}),
    ]
    assert {(one["actor"], one["keyId"]) for one in log} == {("test", desk.key_id)}
    assert log[0]["requestId"] == last.headers["x-request-id"]


async def test_what_changes_nothing_and_what_is_refused_is_not_in_the_log(desk, ada):
    path = f"/accounts/{ada.account_id}"
    await desk.done("PATCH", path, {"name": "Ada"})
    await desk.done("PATCH", path, {})
    await desk.done("POST", f"{path}/enable")
    await desk.done("PATCH", f"/keys/{ada.key_id}", {"queuedJobs": None})
    assert (await desk.post(f"{path}/grants", {"credits": -(10**6), "note": "n"})).status_code == 402

    assert await all_of(desk, ada.account_id) == []


async def test_the_command_line_stands_in_the_log_by_its_name(desk, pool):
    async with pool.connection() as conn:
        account = await create_account(conn, name="From the command line", by=COMMAND_LINE)

    [one] = await desk.log(accountId=account.id)

    assert (one["actor"], one["keyId"], one["requestId"], one["action"]) == ("cli", None, None, "account.created")


async def test_the_log_is_filtered_and_paged(desk, ada):
    path = f"/accounts/{ada.account_id}"
    for name in ("A", "B", "C"):
        await desk.done("PATCH", path, {"name": name})
    wanted = {"subject": f"account/{ada.account_id}", "action": "account.changed", "keyId": desk.key_id}

    first = await desk.done("GET", "/audit-log", params=wanted | {"limit": 2})
    second = await desk.done("GET", "/audit-log", params=wanted | {"limit": 2, "cursor": first["cursor"]})
    [_, middle, _] = (await desk.done("GET", "/audit-log", params=wanted))["data"]
    since = await desk.log(**wanted, **{"from": middle["at"]})
    until = await desk.log(**wanted, to=middle["at"])

    assert [one["changes"]["name"][1] for one in first["data"] + second["data"]] == ["C", "B", "A"]
    assert second["cursor"] is None
    assert [one["changes"]["name"][1] for one in since] == ["C", "B"]
    assert [one["changes"]["name"][1] for one in until] == ["A"]


@pytest.mark.parametrize(
    "query", ["action=x", "subject=7", "subject=account/", "accountId=x", "keyId=0", "from=today", "to=1", "limit=1e1"]
)
async def test_a_wrong_filter_is_refused_in_words(desk, query):
    answer = await desk.get(f"/audit-log?{query}")

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, query.partition("=")[0])


@pytest.mark.parametrize(
    "statement", ["update operator_action set actor = 'x'", "delete from operator_action", "truncate operator_action"]
)
async def test_nobody_rewrites_the_log(desk, pool, statement):
    async with pool.connection() as conn:
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
            await conn.execute(statement)


async def test_the_name_of_a_key_is_kept_as_it_was(desk, ada):
    await desk.done("PATCH", f"/accounts/{ada.account_id}", {"name": "A"})
    await desk.done("PATCH", f"/keys/{desk.key_id}", {"name": "another name"})
    await desk.done("PATCH", f"/accounts/{ada.account_id}", {"name": "B"})

    assert [one["actor"] for one in await desk.log(subject=f"account/{ada.account_id}", limit=2)] == [
        "another name",
        "test",
    ]


def test_every_action_has_a_row_in_the_documents():
    page = PAGE.read_text(encoding="utf-8")

    assert [act for act in Act if f"| `{act}` |" not in page] == []
