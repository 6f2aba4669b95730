"""Browsers that are signed in: what the cookie may do, how it ends, and who cannot use it."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from customers import GENERATIONS, ROOT, order

from seedbed.actions.authenticate import authenticate
from seedbed.actions.revoke_key import revoke_key
from seedbed.actions.sign_in import make_ticket, sign_in
from seedbed.core.errors import Unauthorized
from seedbed.core.keys import Mode, parse_key
from seedbed.core.sessions import cookie_name, make_token, parse_token
from seedbed.store import sessions

SESSION = "/console/session"
CONSOLE = {"X-Seedbed-Console": "1", "Sec-Fetch-Site": "same-origin"}
WEEK = timedelta(days=7)


@pytest.fixture
async def browser(serve):
    client = serve(public_url="http://127.0.0.1:8000")
    client.headers.update(CONSOLE)
    return client


@pytest.fixture
async def signed_in(browser, ada) -> httpx.AsyncClient:
    answer = await browser.post(SESSION, json={"key": ada.key})
    assert answer.status_code == 200, answer.text
    return browser


async def test_signing_in_with_a_key_says_whose_it_is_and_sets_a_cookie_no_script_can_read(browser, ada):
    answer = await browser.post(SESSION, json={"key": f" {ada.key}\n"})

    body, cookie = answer.json(), answer.headers["Set-Cookie"]
    assert (body["accountId"], body["lastFour"], body["scopes"]) == (ada.account_id, ada.key[-4:], ["generate"])
    assert body["livemode"] is True
    assert cookie.startswith("seedbed_session_8000=")
    assert {"httponly", "samesite=strict", "path=/"} <= {part.strip().lower() for part in cookie.split(";")}
    assert ada.key not in answer.text + cookie


async def test_a_session_does_what_its_key_can(signed_in, ada):
    made = await signed_in.post(GENERATIONS, json=order())

    assert made.status_code == 200
    assert (await signed_in.get(f"{ROOT}/credits")).json()["held"] == made.json()["creditsCharged"]
    assert await ada.jobs() == 1
    assert (await signed_in.get(SESSION)).json()["accountId"] == ada.account_id


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Seedbed-Console": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "", "Origin": "http://127.0.0.1:9000"},
        {"Sec-Fetch-Site": "", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "", "Origin": "null"},
    ],
)
async def test_a_page_of_another_origin_changes_nothing(signed_in, ada, headers):
    sent = await signed_in.post(GENERATIONS, json=order(), headers=headers)
    out = await signed_in.request("DELETE", SESSION, headers=headers)
    again = await signed_in.post(SESSION, json={"key": ada.key}, headers=headers)

    assert (sent.status_code, out.status_code, again.status_code) == (401, 400, 400)
    assert await ada.jobs() == 0
    assert (await signed_in.get(SESSION)).status_code == 200


async def test_a_page_of_ours_under_another_name_of_this_machine_may_sign_in(serve, ada):
    client = serve(public_url="http://127.0.0.1:8000")
    headers = {"X-Seedbed-Console": "1", "Origin": "http://localhost:8000", "Host": "localhost:8000"}

    answer = await client.post(SESSION, json={"key": ada.key}, headers=headers)

    assert answer.status_code == 200


async def test_a_key_in_the_header_comes_before_the_cookie(signed_in, enrol):
    other = await enrol()

    answer = await signed_in.get(f"{ROOT}/credits", headers=other.bearer)
    wrong = await signed_in.get(f"{ROOT}/credits", headers={"Authorization": "Bearer nonsense"})

    assert answer.status_code == 200
    assert wrong.status_code == 401


async def test_signing_out_ends_this_session_alone(signed_in, serve, ada):
    other = serve(public_url="http://127.0.0.1:8000")
    other.headers.update(CONSOLE)
    await other.post(SESSION, json={"key": ada.key})
    kept = dict(signed_in.cookies)

    answer = await signed_in.request("DELETE", SESSION)

    assert (answer.status_code, dict(signed_in.cookies)) == (204, {})
    signed_in.cookies.update(kept)
    assert (await signed_in.get(f"{ROOT}/credits")).status_code == 401
    assert (await other.get(f"{ROOT}/credits")).status_code == 200


async def test_signing_out_everywhere_ends_the_sessions_of_the_key_and_no_others(signed_in, serve, ada, enrol):
    friend, stranger = serve(public_url="http://127.0.0.1:8000"), serve(public_url="http://127.0.0.1:8000")
    for client, key in ((friend, ada.key), (stranger, (await enrol()).key)):
        client.headers.update(CONSOLE)
        await client.post(SESSION, json={"key": key})

    await signed_in.request("DELETE", "/console/sessions")

    assert (await friend.get(f"{ROOT}/credits")).status_code == 401
    assert (await stranger.get(f"{ROOT}/credits")).status_code == 200
    assert (await ada.get(f"{ROOT}/credits")).status_code == 200


async def test_a_session_ends_with_its_key(signed_in, ada, pool):
    async with pool.connection() as conn:
        await revoke_key(conn, ada.key_id)

    assert (await signed_in.get(f"{ROOT}/credits")).status_code == 401
    assert (await signed_in.get(SESSION)).status_code == 401


async def test_a_session_ends_after_its_lifetime_however_it_is_used(ada, pool):
    now = datetime.now(UTC)
    async with pool.connection() as conn:
        new = await sign_in(conn, parse_key(ada.key), entropy=secrets.token_bytes(32), lifetime=WEEK, at=now)
        token = parse_token(new.token)
        last = await authenticate(conn, token, at=now + WEEK - timedelta(seconds=1))
        with pytest.raises(Unauthorized):
            await authenticate(conn, token, at=now + WEEK)
        await sessions.sweep(conn, at=now + WEEK)
        with pytest.raises(Unauthorized):
            await authenticate(conn, token, at=now)

    assert (last.principal.account_id, last.principal.mode) == (ada.account_id, Mode.LIVE)


async def test_a_ticket_is_good_for_one_sign_in_within_its_time(browser, ada, pool):
    async with pool.connection() as conn:
        good, late = [
            await make_ticket(conn, ada.key_id, entropy=secrets.token_bytes(32), lifetime=lifetime)
            for lifetime in (WEEK, timedelta(0))
        ]

    first = await browser.post(SESSION, json={"ticket": good})
    again = await browser.post(SESSION, json={"ticket": good})
    over = await browser.post(SESSION, json={"ticket": late})

    assert (first.status_code, again.status_code, over.status_code) == (200, 401, 401)
    assert first.json()["accountId"] == ada.account_id


async def test_the_cookie_is_stored_nowhere(signed_in, pool):
    token = next(iter(signed_in.cookies.values()))
    async with pool.connection() as conn:
        rows = await (await conn.execute("select console_session::text as row from console_session")).fetchall()

    assert rows
    assert not [row for row in rows if token in row["row"]]


async def test_no_ticket_is_a_cookie_and_no_cookie_is_a_ticket(signed_in, ada, pool):
    cookie = next(iter(signed_in.cookies.values()))
    async with pool.connection() as conn:
        ticket = await make_ticket(conn, ada.key_id, entropy=secrets.token_bytes(32), lifetime=WEEK)
        with pytest.raises(Unauthorized):
            await authenticate(conn, parse_token(ticket))

    assert (await signed_in.post(SESSION, json={"ticket": cookie})).status_code == 401


@pytest.mark.parametrize("text", ["", "a", "a" * 43 + "=", "ü" * 43, "a" * 42 + "!", "a" * 10_000, "\0" * 43])
async def test_a_cookie_of_another_form_is_asked_of_nobody(text):
    with pytest.raises(Unauthorized):
        parse_token(text)


@pytest.mark.parametrize(
    "body", [{}, {"key": None}, {"key": 5}, {"ticket": ["a"]}, {"key": "a", "ticket": "b"}, {"key": "", "ticket": ""}]
)
async def test_what_is_no_sign_in_is_refused_in_words(browser, body):
    answer = await browser.post(SESSION, json=body)

    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


def test_cookies_are_held_as_strictly_as_browsers_can():
    assert cookie_name(is_secure=True, path="/", port=None) == "__Host-seedbed_session"
    assert cookie_name(is_secure=True, path="/video", port=8443) == "__Secure-seedbed_session_8443"
    assert cookie_name(is_secure=False, path="/", port=8000) == "seedbed_session_8000"


def test_every_token_differs():
    tokens = {make_token(secrets.token_bytes(32)) for _ in range(100)}

    assert len(tokens) == 100
    assert {len(token) for token in tokens} == {43}


async def test_behind_tls_and_a_path_the_cookie_is_bound_to_both(serve, ada):
    client = serve(public_url="https://videos.example/made/")

    answer = await client.post(SESSION, json={"key": ada.key}, headers=CONSOLE)

    cookie = answer.headers["Set-Cookie"].lower()
    assert cookie.startswith("__secure-seedbed_session=")
    assert {"path=/made", "secure"} <= {part.strip() for part in cookie.split(";")}
