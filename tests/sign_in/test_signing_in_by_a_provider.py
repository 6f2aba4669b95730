"""OpenID Connect from the button to the session, and what groups give."""

from __future__ import annotations

import re
from dataclasses import replace

import httpx
import pytest
from sign_in_browser import GENERATES, PAGE

from seedbed.actions.disable_account import disable_account
from seedbed.cli.listening import HttpServer, listen
from seedbed.core.keys import Scope
from seedbed.core.operators import COMMAND_LINE
from seedbed.core.sign_in import GroupRule, SignInWays
from seedbed.store import accounts, keys, operator_log
from seedbed.store.operator_log import Wanted

CROWD = [f"group {i}" for i in range(1200)]  # more than 10 kB of them
ODD = ["/sign-in?x", "/a b", "/ä", "/" + "a" * 600]


async def test_a_person_signs_in_over_real_http_from_the_button_to_the_first_request(make_api, oidc, rules, provider):
    with listen("127.0.0.1", 0) as listening:
        base = f"http://127.0.0.1:{listening.getsockname()[1]}"
        app = make_api(SignInWays(oidc=oidc, groups=rules), public_url=base)
        async with HttpServer(app, listening).running(), httpx.AsyncClient(base_url=base) as browser:
            landed = await browser.get("/console/oidc/begin?next=/history", headers=PAGE, follow_redirects=True)
            session = (await browser.get("/console/session")).json()
            balance = await browser.get("/api/open/v1/credits")

    assert landed.status_code == 200
    assert '<meta http-equiv="refresh" content="0; url=/history">' in landed.text
    assert (session["keyName"], session["scopes"], session["isPerson"]) == ("ada@acme.test", ["generate"], True)
    assert balance.json()["available"] == 0
    assert provider.asked == ["/.well-known/openid-configuration", "/authorize", "/token", "/keys"]


async def test_the_session_is_strict_the_attempt_lax_and_both_out_of_scripts_reach(browser):
    begun = await browser.http.get("/console/oidc/begin", headers=PAGE)
    landed = await browser.get(await browser.consent(begun.headers["Location"]), headers=PAGE)

    attempt = begun.headers["Set-Cookie"].lower()
    session, dropped = sorted(landed.headers.get_list("Set-Cookie"), key=lambda text: "attempt" in text)
    assert {"httponly", "samesite=lax", "max-age=600"} <= {part.strip() for part in attempt.split(";")}
    assert {"httponly", "samesite=strict"} <= {part.strip().lower() for part in session.split(";")}
    assert "max-age=0" in dropped.lower()
    assert "script" not in landed.text
    assert landed.headers["Content-Security-Policy"].startswith("default-src 'none'")


async def test_a_script_is_told_where_to_go_so_that_it_can_tell_what_is_wrong(browser):
    answer = await browser.get("/console/oidc/begin", headers={"Accept": "application/json"})

    assert answer.json()["address"].startswith(browser_address(answer.json()["address"]))
    assert "seedbed_attempt_8000" in answer.headers["Set-Cookie"]


def browser_address(address: str) -> str:
    return re.match(r"http://127\.0\.0\.1:\d+/authorize\?", address)[0]


async def test_the_sign_in_page_is_told_what_is_offered(browser):
    before = (await browser.get("/console/sign-in")).json()
    await browser.begin()
    after = (await browser.get("/console/sign-in")).json()

    assert before["oidc"] == {"label": "Acme", "beginsAt": "console/oidc/begin", "leavesAt": None}
    assert after["oidc"]["leavesAt"] == "console/oidc/leave"
    assert (before["key"], before["header"]) == (True, None)


async def test_without_a_provider_there_is_only_the_key(make_api, browse):
    browser = browse(make_api(SignInWays()))

    assert (await browser.get("/console/sign-in")).json() == {"key": True, "oidc": None, "header": None}
    assert (await browser.get("/console/oidc/begin", headers=PAGE)).status_code == 404


async def test_the_account_is_made_once_without_credits_and_written_down(app, browse, account, pool):
    for browser in (browse(app), browse(app)):
        await browser.sign_in()
        assert (await browser.session())["accountName"] == account

    async with pool.connection() as conn:
        known = await accounts.of_name(conn, account)
        [recorded] = await operator_log.page(conn, Wanted(account_id=known[0].id), limit=9, before=2**63 - 1)
    assert len(known) == 1
    assert (recorded.action, recorded.actor) == ("account.created", "sign-in of ada@acme.test")
    assert recorded.changes["credits"] == 0


async def test_the_first_rule_that_fits_decides(make_api, browse, oidc, provider, account):
    rules = (
        GroupRule("admins", account, frozenset({Scope.ADMIN, Scope.GENERATE})),
        GroupRule("video-team", account, GENERATES),
    )
    browser = browse(make_api(SignInWays(oidc=oidc, groups=rules)))
    provider.claims = {"groups": ["video-team", "admins"]}

    await browser.sign_in()

    assert (await browser.session())["scopes"] == ["admin", "generate"]
    assert (await browser.get("/api/admin/v1/accounts")).status_code == 200


async def test_who_belongs_to_no_group_is_told_so_and_is_not_in(browser, provider):
    provider.claims = {"groups": ["sales"], "email": "<b>eve@acme.test"}

    answer = await browser.sign_in()

    assert answer.status_code == 403
    assert "Your account &lt;b&gt;eve@acme.test belongs to no group that may use this service" in answer.text
    assert await browser.session() is None


async def test_whoever_loses_all_groups_is_out_at_the_next_attempt_in_every_browser(app, browse, provider):
    at_home, at_work = browse(app), browse(app)
    await at_home.sign_in()
    provider.claims = {"groups": []}

    answer = await at_work.sign_in()

    assert answer.status_code == 403
    assert await at_home.session() is None


async def test_whoever_may_do_less_now_keeps_no_session_that_may_do_more(app, browse, provider):
    before, after = browse(app), browse(app)
    await before.sign_in()
    provider.claims = {"groups": "guests"}

    await after.sign_in()

    assert await before.session() is None
    assert (await after.session())["scopes"] == ["read"]


async def test_whoever_moves_to_another_account_leaves_the_old_one(make_api, browse, oidc, rules, provider, account):
    elsewhere = GroupRule("night-shift", f"{account} at night", GENERATES)
    app = make_api(SignInWays(oidc=oidc, groups=(*rules, elsewhere)))
    before, after = browse(app), browse(app)
    await before.sign_in()
    provider.claims = {"groups": ["night-shift"]}

    await after.sign_in()

    assert await before.session() is None
    assert (await after.session())["accountName"] == f"{account} at night"


async def test_two_people_of_one_name_are_two_and_a_new_name_is_still_the_same_person(app, browse, provider, pool):
    first, other, again = browse(app), browse(app), browse(app)
    await first.sign_in()
    provider.claims = {"sub": "2002"}
    await other.sign_in()
    provider.claims = {"email": "ada.lovelace@acme.test"}
    await again.sign_in()

    await other.http.request("DELETE", "/console/sessions")

    assert (await first.session())["keyName"] == (await again.session())["keyName"] == "ada.lovelace@acme.test"
    assert await other.session() is None


async def test_signing_out_everywhere_ends_all_browsers_of_the_person(app, browse):
    here, there = browse(app), browse(app)
    await here.sign_in()
    await there.sign_in()

    await here.http.request("DELETE", "/console/sessions")

    assert await here.session() is await there.session() is None


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"email_verified": False, "preferred_username": "ada"}, "ada"),
        ({"email_verified": ..., "preferred_username": ...}, "1001"),
        ({"email_verified": "true"}, "ada@acme.test"),
        ({"email": "김하나\n<i>@acme.test"}, "김하나<i>@acme.test"),
        ({"email": 5, "preferred_username": "‮ada"}, "ada"),
        ({"email": "x" * 5000}, "x" * 200),
    ],
)
async def test_a_name_is_one_line_and_no_email_that_nobody_has_checked(browser, provider, claims, name):
    provider.claims = claims

    await browser.sign_in()

    assert (await browser.session())["keyName"] == name


@pytest.mark.parametrize(
    "groups", ["video-team", "sales, video-team", ["video-team"], [5, None, "video-team"], [*CROWD, "video-team"]]
)
async def test_groups_come_as_text_or_list_in_any_number(browser, provider, groups):
    provider.claims = {"groups": groups}

    assert (await browser.sign_in()).status_code == 200
    assert (await browser.session())["scopes"] == ["generate"]


@pytest.mark.parametrize(
    "groups", [..., None, 5, {"video-team": True}, ["Video-Team"], ["video-tea"], [["video-team"]]]
)
async def test_what_is_no_group_gives_nothing(browser, provider, groups):
    provider.claims = {"groups": groups}

    assert (await browser.sign_in()).status_code == 403


async def test_groups_that_stand_only_in_the_user_info_are_asked_for(browser, provider):
    provider.claims = {"groups": ...}
    provider.userinfo = {"sub": "1001", "groups": ["video-team"]}

    await browser.sign_in()

    assert (await browser.session())["scopes"] == ["generate"]


async def test_user_info_of_somebody_else_is_not_taken(browser, provider):
    provider.claims = {"groups": ...}
    provider.userinfo = {"sub": "9999", "groups": ["video-team"]}

    assert (await browser.sign_in()).status_code == 403


async def test_a_disabled_account_lets_nobody_in(app, browse, account, pool):
    first, second = browse(app), browse(app)
    await first.sign_in()
    async with pool.connection() as conn:
        [known] = await accounts.of_name(conn, account)
        await disable_account(conn, known.id, because="unpaid", by=COMMAND_LINE)

    answer = await second.sign_in()

    assert (answer.status_code, await second.session()) == (403, None)
    assert "disabled" in answer.text


async def test_the_standing_key_of_a_person_is_shown_to_nobody(browser, account, pool):
    await browser.sign_in()

    async with pool.connection() as conn:
        [known] = await accounts.of_name(conn, account)
        [standing] = await keys.of_account(conn, known.id)
    assert standing.name == "ada@acme.test"
    assert (await browser.get("/console/keys")).json()["data"] == []


@pytest.mark.parametrize(
    "evil",
    ["https://evil.test", "//evil.test", "/\\evil.test", "/\t/evil.test", "evil", "javascript:alert(1)", "", *ODD],
)
async def test_one_goes_on_only_to_a_path_of_this_service(browser, evil):
    answer = await browser.sign_in(evil)

    assert 'content="0; url=/">' in answer.text


async def test_a_path_with_quotes_and_a_query_stays_what_it_is(browser):
    answer = await browser.sign_in('/jobs/1?a=1&b="><script>')

    assert 'content="0; url=/jobs/1?a=1&amp;b=&quot;&gt;&lt;script&gt;">' in answer.text


async def test_behind_a_path_everything_stays_below_it(make_api, browse, oidc, rules, provider):
    base = "https://videos.test/made"
    browser = browse(
        make_api(SignInWays(oidc=oidc, groups=rules), public_url=base), base_url=base.removesuffix("/made")
    )
    browser.http.cookies.jar.clear()

    begun = await browser.http.get("/console/oidc/begin?next=/history", headers=PAGE)
    attempt = begun.headers["Set-Cookie"]
    path = (await browser.consent(begun.headers["Location"])).removeprefix("/made")
    landed = await browser.get(path, headers=PAGE | {"Cookie": attempt.split(";")[0]})

    assert attempt.startswith("__Secure-seedbed_attempt=")
    assert {"Path=/made", "Secure"} <= {part.strip() for part in attempt.split(";")}
    assert 'url=/made/history"' in landed.text


async def test_one_signs_out_of_the_provider_too(browser):
    answer = await browser.get("/console/oidc/leave")

    assert (
        "/end?client_id=seedbed&post_logout_redirect_uri=http%3A%2F%2F127.0.0.1%3A8000%2Fsign-in"
        in (answer.headers["Location"])
    )


async def test_a_provider_where_nobody_signs_out_leads_back_to_the_sign_in_page(browser, provider):
    provider.described = {"end_session_endpoint": ...}

    assert (await browser.get("/console/oidc/leave")).headers["Location"] == "http://127.0.0.1:8000/sign-in"


async def test_another_deployment_takes_its_place_with_its_own_rules(make_api, browse, oidc, rules, account):
    app = make_api(SignInWays(oidc=oidc, groups=rules))
    browser = browse(app)
    deployment = app._service.deployment

    app.offer(replace(deployment, sign_in=SignInWays(oidc=oidc, groups=(GroupRule("boss", account, GENERATES),))))

    assert (await browser.sign_in()).status_code == 403


async def test_no_token_and_no_secret_is_logged_or_stored(browser, pool, provider, capfd):
    await browser.sign_in()

    out = "".join(capfd.readouterr())
    async with pool.connection() as conn:
        rows = await (await conn.execute("select api_key::text as row from api_key")).fetchall()
    for secret in ("a secret of the client", "an access token", *browser.http.cookies.values()):
        assert secret not in out
        assert not [row for row in rows if secret in row["row"]]
