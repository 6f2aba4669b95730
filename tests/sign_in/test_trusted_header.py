"""Signing in by a header: believed from the proxy alone, from its own connection, and once."""

from __future__ import annotations

from ipaddress import ip_network

import httpx
import pytest
from sign_in_browser import CONSOLE
from structlog.testing import capture_logs

from seedbed.cli.listening import HttpServer, listen
from seedbed.core.sign_in import SignInWays, TrustedHeader

USER, GROUPS = "X-Forwarded-User", "X-Forwarded-Groups"
PROXY = "10.0.0.5"
ADA = {USER: "ada", GROUPS: "sales,video-team"}
SIGN_IN = "/console/sign-in"


def header_from(*networks: str) -> TrustedHeader:
    return TrustedHeader(user=USER, groups=GROUPS, proxies=tuple(map(ip_network, networks)))


@pytest.fixture
def app(make_api, rules):
    return make_api(SignInWays(header=header_from("10.0.0.5/32", "fd00::/64"), groups=rules))


@pytest.fixture
def behind_proxy(app, browse):
    return browse(app, peer=PROXY)


async def test_whom_the_proxy_vouches_for_signs_in_with_one_press(behind_proxy, account):
    offered = (await behind_proxy.get(SIGN_IN, headers=ADA)).json()
    signed_in = await behind_proxy.http.post(SIGN_IN, headers=ADA)

    assert offered["header"] == {"user": "ada"}
    assert signed_in.status_code == 200
    session = await behind_proxy.session()
    assert (session["keyName"], session["accountName"], session["isPerson"]) == ("ada", account, True)
    assert "samesite=strict" in signed_in.headers["Set-Cookie"].lower()


@pytest.mark.parametrize("peer", ["10.0.0.6", "127.0.0.1", "::1", "fd00:0:0:1::5", "", "testclient"])
async def test_from_anybody_else_the_header_is_nothing_and_that_is_written_down_once(app, browse, peer):
    browser = browse(app, peer=peer)

    with capture_logs() as lines:
        offered = [(await browser.get(SIGN_IN, headers=ADA)).json()["header"] for _ in range(3)]
        refused = await browser.http.post(SIGN_IN, headers=ADA)

    assert offered == [None, None, None]
    assert refused.status_code == 400
    assert await browser.session() is None
    assert [line["header"] for line in lines if line["event"] == "sign_in.header_ignored"] == [USER]


@pytest.mark.parametrize("peer", ["::ffff:10.0.0.5", "fd00::7"])
async def test_the_proxy_is_known_by_every_spelling_of_its_address(app, browse, peer):
    assert (await browse(app, peer=peer).get(SIGN_IN, headers=ADA)).json()["header"] == {"user": "ada"}


async def test_no_header_makes_a_connection_come_from_elsewhere(make_api, rules, account):
    """A proxy on this machine passes on what its clients say of their addresses."""
    app = make_api(SignInWays(header=header_from("10.0.0.5/32"), groups=rules))
    lies = {"X-Forwarded-For": PROXY, "Forwarded": f"for={PROXY}", "X-Real-IP": PROXY, "X-Forwarded-Proto": "https"}
    with listen("127.0.0.1", 0) as listening:
        base = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with HttpServer(app, listening).running(), httpx.AsyncClient(base_url=base, headers=CONSOLE) as browser:
            offered = await browser.get(SIGN_IN, headers=ADA | lies)
            refused = await browser.post(SIGN_IN, headers=ADA | lies)

    assert offered.json()["header"] is None
    assert refused.status_code == 400


async def test_over_real_http_the_proxy_is_believed(make_api, rules, account):
    app = make_api(SignInWays(header=header_from("127.0.0.0/8"), groups=rules))
    with listen("127.0.0.1", 0) as listening:
        base = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with HttpServer(app, listening).running(), httpx.AsyncClient(base_url=base, headers=CONSOLE) as browser:
            await browser.post(SIGN_IN, headers={USER: "김하나".encode(), GROUPS: "video-team"})
            session = (await browser.get("/console/session")).json()

    assert session["keyName"] == "김하나"


async def test_a_header_that_stands_twice_is_not_believed(behind_proxy):
    headers = [(USER, "ada"), (USER, "root"), (GROUPS, "video-team")]

    answer = await behind_proxy.http.post(SIGN_IN, headers=headers)

    assert answer.status_code == 400
    assert "stands twice" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "headers",
    [{}, {GROUPS: "video-team"}, {USER: "", GROUPS: "video-team"}, {USER: " "}, {USER: b"\xff\xfe"}, {USER: "x" * 900}],
    ids=str,
)
async def test_a_header_that_names_nobody_signs_nobody_in(behind_proxy, headers):
    answer = await behind_proxy.http.post(SIGN_IN, headers=headers)

    assert answer.status_code == 400
    assert answer.json()["error"]["message"]
    assert await behind_proxy.session() is None


async def test_groups_in_several_headers_and_ten_kilobytes_of_them_are_all_read(behind_proxy):
    many = ",".join(f"group-{i}" for i in range(1000))
    headers = [(USER, "ada"), (GROUPS, many), (GROUPS, "guests")]

    await behind_proxy.http.post(SIGN_IN, headers=headers)

    assert (await behind_proxy.session())["scopes"] == ["read"]


async def test_without_groups_the_door_stays_closed_and_says_why(behind_proxy):
    answer = await behind_proxy.http.post(SIGN_IN, headers={USER: "ada"})

    assert answer.status_code == 403
    assert answer.json()["error"]["message"].startswith("Your account ada belongs to no group")


async def test_a_page_of_another_origin_signs_nobody_in(behind_proxy):
    for headers in ({"X-Seedbed-Console": ""}, {"Sec-Fetch-Site": "cross-site"}):
        answer = await behind_proxy.http.post(SIGN_IN, headers=ADA | headers)

        assert answer.status_code == 400
    assert await behind_proxy.session() is None


async def test_the_header_alone_opens_no_route(behind_proxy):
    assert (await behind_proxy.get("/api/open/v1/credits", headers=ADA)).status_code == 401
    assert (await behind_proxy.get("/console/keys", headers=ADA)).status_code == 401


async def test_somebody_whom_a_proxy_names_is_not_somebody_whom_a_provider_names(
    make_api, browse, oidc, rules, provider
):
    app = make_api(SignInWays(oidc=oidc, header=header_from("10.0.0.5/32"), groups=rules))
    by_provider, by_header = browse(app), browse(app, peer=PROXY)
    provider.claims = {"sub": "ada", "email": "ada"}
    await by_provider.sign_in()
    await by_header.http.post(SIGN_IN, headers=ADA)

    await by_header.http.request("DELETE", "/console/sessions")

    assert (await by_provider.session())["keyName"] == "ada"
