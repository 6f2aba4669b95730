"""Keys that people make for themselves: within what they may do, never by a key."""

from __future__ import annotations

import asyncio
import secrets
from datetime import UTC, datetime, timedelta

import pytest
from sign_in_browser import GENERATES

from seedbed.actions.create_account import create_account
from seedbed.actions.create_key import create_key
from seedbed.actions.own_keys import MAX_OWN_KEYS
from seedbed.core.keys import Mode, Scope
from seedbed.store import accounts, operator_log
from seedbed.store.operator_log import Wanted

KEYS = "/console/keys"


@pytest.fixture
async def ada(browser):
    await browser.sign_in()
    return browser


async def make(browser, **said):
    return await browser.http.post(KEYS, json={"name": "laptop"} | said)


async def account_id(pool, name: str) -> int:
    async with pool.connection() as conn:
        return (await accounts.of_name(conn, name))[0].id


async def test_a_key_is_shown_once_and_works_until_it_is_revoked(ada):
    made = (await make(ada, name=" 노트북 ")).json()
    bearer = {"Authorization": f"Bearer {made['secret']}"}
    listed = await ada.get(KEYS)

    assert (await ada.get("/api/open/v1/credits", headers=bearer)).status_code == 200
    assert made["secret"].startswith("sd2_live_")
    assert made["secret"] not in listed.text
    assert [key["name"] for key in listed.json()["data"]] == ["노트북"]

    assert (await ada.http.request("DELETE", f"{KEYS}/{made['key']['id']}")).status_code == 204
    assert (await ada.get("/api/open/v1/credits", headers=bearer)).status_code == 401
    assert (await ada.get(KEYS)).json()["data"] == []
    assert (await ada.http.request("DELETE", f"{KEYS}/{made['key']['id']}")).status_code == 404


async def test_mode_scopes_and_expiry_are_as_they_were_asked_for(ada):
    ends = (datetime.now(UTC) + timedelta(days=30)).replace(microsecond=0)

    made = (await make(ada, mode="test", scopes=["read"], expiresAt=ends.isoformat())).json()

    assert made["secret"].startswith("sd2_test_")
    assert (made["key"]["mode"], made["key"]["scopes"], made["key"]["state"]) == ("test", ["read"], "active")
    assert made["key"]["expiresAt"] == ends.isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize(
    "said",
    [
        {"scopes": ["admin"]},
        {"scopes": ["generate", "admin"]},
        {"scopes": []},
        {"scopes": ["everything"]},
        {"mode": "both"},
        {"name": ""},
        {"name": "two\nlines"},
        {"name": "x" * 201},
        {"name": 5},
        {"expiresAt": "2020-01-01T00:00:00Z"},
        {"expiresAt": "tomorrow"},
    ],
    ids=str,
)
async def test_what_may_not_be_is_refused_in_words_and_makes_no_key(ada, said):
    answer = await make(ada, **said)

    assert answer.status_code == 400
    assert answer.json()["error"]["message"]
    assert (await ada.get(KEYS)).json()["data"] == []


async def test_whoever_may_only_read_makes_keys_that_only_read(app, browse, provider):
    guest = browse(app)
    provider.claims = {"groups": ["guests"]}
    await guest.sign_in()

    refused, made = await make(guest), await make(guest, scopes=["read"])

    assert (refused.status_code, made.status_code) == (400, 200)
    assert (await guest.get(KEYS)).json()["scopes"] == ["read"]


async def test_no_key_makes_revokes_or_lists_keys_not_even_beside_a_session(ada):
    made = (await make(ada)).json()
    bearer = {"Authorization": f"Bearer {made['secret']}"}

    answers = [
        await ada.http.post(KEYS, json={"name": "another"}, headers=bearer),
        await ada.http.request("DELETE", f"{KEYS}/{made['key']['id']}", headers=bearer),
        await ada.get(KEYS, headers=bearer),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert len((await ada.get(KEYS)).json()["data"]) == 1


async def test_a_session_that_began_with_a_key_makes_none(app, browse, ada):
    made = (await make(ada)).json()
    thief = browse(app)
    assert (await thief.http.post("/console/session", json={"key": made["secret"]})).json()["isPerson"] is False

    refused = await make(thief)
    revoked = await thief.http.request("DELETE", f"{KEYS}/{made['key']['id']}")

    assert (refused.status_code, revoked.status_code) == (403, 403)
    assert "signed in with an API key" in refused.json()["error"]["message"]
    assert (await thief.get(KEYS)).json()["mayMake"] is False


async def test_a_page_of_another_origin_makes_no_key(ada):
    for headers in ({"X-Seedbed-Console": ""}, {"Sec-Fetch-Site": "same-site"}):
        assert (await ada.http.post(KEYS, json={"name": "x"}, headers=headers)).status_code == 400
        assert (await ada.http.request("DELETE", f"{KEYS}/1", headers=headers)).status_code == 400
    assert (await ada.get(KEYS)).json()["data"] == []


async def test_keys_of_others_and_keys_of_operators_are_not_there(ada, pool, account):
    own = await account_id(pool, account)
    async with pool.connection() as conn:
        stranger = await create_account(conn, name="Stranger")
        theirs = await create_key(
            conn, stranger.id, mode=Mode.LIVE, name="theirs", scopes=GENERATES, entropy=secrets.token_bytes(32)
        )
        admins = await create_key(
            conn, own, mode=Mode.LIVE, name="desk", scopes=[Scope.ADMIN], entropy=secrets.token_bytes(32)
        )
        shop = await create_key(
            conn, own, mode=Mode.LIVE, name="shop", scopes=GENERATES, entropy=secrets.token_bytes(32)
        )
        [standing] = await (
            await conn.execute("select id from api_key where account_id = %s and stands_for is not null", [own])
        ).fetchall()

    revoked = [
        (await ada.http.request("DELETE", f"{KEYS}/{key}")).status_code
        for key in (theirs.id, admins.id, standing["id"], shop.id)
    ]
    assert revoked == [404, 404, 404, 204]
    assert await ada.session() is not None


@pytest.mark.parametrize("key", ["0", "-1", "x", "9" * 40, "１"])
async def test_an_odd_number_is_no_key(ada, key):
    assert (await ada.http.request("DELETE", f"{KEYS}/{key}")).status_code == 404


async def test_an_account_has_a_bounded_number_of_valid_keys_also_when_two_ask_at_once(ada, pool, account):
    own = await account_id(pool, account)
    async with pool.connection() as conn:
        for number in range(MAX_OWN_KEYS - 1):
            over = datetime.now(UTC) + timedelta(days=1)
            await create_key(
                conn,
                own,
                mode=Mode.LIVE,
                name=f"key {number}",
                scopes=GENERATES,
                expires_at=over,
                entropy=secrets.token_bytes(32),
            )

    answers = await asyncio.gather(*(make(ada) for _ in range(3)))

    assert sorted(answer.status_code for answer in answers) == [200, 400, 400]
    assert f"at most {MAX_OWN_KEYS} valid keys" in max(answers, key=lambda one: one.status_code).text
    assert len((await ada.get(KEYS)).json()["data"]) == MAX_OWN_KEYS


async def test_the_log_of_operators_says_who_made_and_revoked_which_key(ada, pool, account):
    made = (await make(ada)).json()["key"]["id"]
    await ada.http.request("DELETE", f"{KEYS}/{made}")

    async with pool.connection() as conn:
        found = await operator_log.page(conn, Wanted(subject=f"key/{made}"), limit=9, before=2**63 - 1)
    assert [(one.action, one.actor) for one in found] == [
        ("key.revoked", "ada@acme.test"),
        ("key.created", "ada@acme.test"),
    ]
    assert all(one.request_id for one in found)


async def test_without_a_session_there_is_nothing(browser):
    assert (await browser.get(KEYS)).status_code == 401
    assert (await make(browser)).status_code == 401
