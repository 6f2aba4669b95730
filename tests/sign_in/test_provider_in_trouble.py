"""A provider that is away, slow, or says nonsense: a sentence in good time, and no session."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace

import httpx
import pytest
from sign_in_browser import PAGE
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse

from seedbed.core.errors import Unavailable
from seedbed.core.sign_in import SignInWays
from seedbed.outbound.identity import Attempt, IdentityProvider

AWAY = "Acme cannot be asked who you are now"
DESCRIPTION = "/.well-known/openid-configuration"


async def away(browser) -> None:
    page = await browser.get("/console/oidc/begin", headers=PAGE)
    told = await browser.get("/console/oidc/begin", headers={"Accept": "application/json"})

    assert (page.status_code, told.status_code) == (503, 503)
    assert AWAY in page.text
    assert page.headers["Retry-After"]
    assert told.json()["error"]["message"].startswith(AWAY)
    assert (await browser.get("/console/sign-in")).json()["oidc"]["label"] == "Acme"


async def test_a_provider_that_is_not_there(make_api, browse, oidc, rules):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        issuer = f"http://127.0.0.1:{closed.getsockname()[1]}"
        browser = browse(make_api(SignInWays(oidc=replace(oidc, issuer=issuer), groups=rules)))

        await away(browser)


async def test_a_provider_whose_name_leads_nowhere(make_api, browse, oidc, rules):
    oidc = replace(oidc, issuer="https://login.acme.invalid")

    await away(browse(make_api(SignInWays(oidc=oidc, groups=rules))))


async def test_a_provider_that_takes_too_long(oidc, provider):
    provider.delay_s = 30

    with pytest.raises(Unavailable, match=AWAY):
        await IdentityProvider(oidc, deadline_s=0.2).address(Attempt("s", "n", "v" * 43), back_to="http://127.0.0.1/")


async def test_a_provider_that_answers_byte_by_byte(oidc, provider):
    async with httpx.AsyncClient() as client:
        good = (await client.get(provider.issuer + DESCRIPTION)).content

    async def drops():
        for _ in range(30):
            yield b" "
            await asyncio.sleep(0.1)
        yield good

    provider.answers[DESCRIPTION] = StreamingResponse(drops())

    with pytest.raises(Unavailable, match=AWAY):
        await IdentityProvider(oidc, deadline_s=0.3).address(Attempt("s", "n", "v" * 43), back_to="http://127.0.0.1/")


@pytest.mark.parametrize(
    "answer",
    [
        Response("<html>", media_type="text/html"),
        Response(b"\xff\xfe"),
        Response("[" * 100_000),
        JSONResponse([]),
        JSONResponse({}, 500),
        JSONResponse({}),
        RedirectResponse("http://127.0.0.1:1/"),
        Response(b"{" + b" " * 1_100_000 + b"}"),
    ],
    ids=["html", "bytes", "deep", "list", "500", "empty", "redirect", "huge"],
)
async def test_a_provider_that_talks_nonsense_of_itself(browser, provider, answer):
    provider.answers[DESCRIPTION] = answer

    await away(browser)


@pytest.mark.parametrize(
    "described",
    [
        {"issuer": "https://evil.test"},
        {"token_endpoint": ...},
        {"token_endpoint": "file:///etc/passwd"},
        {"jwks_uri": 5},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"end_session_endpoint": "javascript:alert(1)"},
        {"userinfo_endpoint": None},
        {"comment": "a" * 1_100_000},
    ],
    ids=lambda described: str(described)[:60],
)
async def test_a_provider_whose_description_is_not_its_own_or_not_safe(browser, provider, described):
    provider.described = described

    await away(browser)


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/token", Response("", 502)),
        ("/token", JSONResponse({"error": "invalid_client"}, 401)),
        ("/token", Response(b"{" + b" " * 1_100_000 + b"}")),
        ("/keys", Response("", 502)),
        ("/keys", JSONResponse({"keys": []})),
        ("/keys", JSONResponse({"keys": "none"})),
    ],
    ids=["token-502", "client", "huge", "keys-502", "no-keys", "odd-keys"],
)
async def test_a_provider_that_fails_on_the_way_back(browser, provider, path, answer):
    provider.answers[path] = answer

    landed = await browser.sign_in()

    assert landed.status_code == 503
    assert "Acme" in landed.text
    assert await browser.session() is None


@pytest.mark.parametrize("answer", [JSONResponse({"id_token": 5}), JSONResponse([]), Response("{}")])
async def test_a_token_endpoint_without_a_token(browser, provider, answer):
    provider.answers["/token"] = answer

    landed = await browser.sign_in()

    assert landed.status_code == 400
    assert "it sent no ID token" in landed.text


async def test_user_info_that_is_away_gives_no_groups(browser, provider):
    provider.claims, provider.userinfo = {"groups": ...}, {"sub": "1001"}
    provider.answers["/userinfo"] = Response("", 500)

    assert (await browser.sign_in()).status_code == 403


async def test_what_was_said_is_asked_again_only_after_an_hour(app, browse, provider):
    for browser in (browse(app), browse(app)):
        await browser.sign_in()

    assert provider.asked.count(DESCRIPTION) == 1


async def test_a_provider_that_comes_back_is_used_again(browser, provider):
    provider.answers[DESCRIPTION] = Response("", 502)
    await away(browser)

    provider.answers.clear()

    assert (await browser.sign_in()).status_code == 200


async def test_a_client_without_a_secret_is_known_by_its_name_alone(make_api, browse, oidc, rules, provider):
    browser = browse(make_api(SignInWays(oidc=replace(oidc, client_secret_env=None), groups=rules)))

    landed = await browser.sign_in()

    assert landed.status_code == 503  # this provider wants one
    assert "ask whoever runs it" in landed.text
