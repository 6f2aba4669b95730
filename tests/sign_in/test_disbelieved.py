"""What a provider, or somebody in its place, says and is not believed: each leaves the browser signed out."""

from __future__ import annotations

import base64
import hmac
import json
import time

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from local_provider import public
from sign_in_browser import PAGE


async def refused(browser, answer: httpx.Response, *words: str) -> None:
    assert answer.status_code == 400, answer.text
    assert all(word in answer.text for word in words), answer.text
    assert await browser.session() is None


async def test_an_answer_to_another_attempt_is_refused(browser):
    back = await browser.consent(await browser.begin())

    await refused(browser, await browser.get(back.replace("state=", "state=x"), headers=PAGE), "another attempt")


async def test_an_answer_without_a_state_is_refused(browser):
    back = await browser.consent(await browser.begin())

    await refused(browser, await browser.get(back.split("&state=")[0], headers=PAGE), "another attempt")


async def test_an_answer_in_another_browser_signs_nobody_in(app, browse, browser):
    """An attacker would have a visitor use the attacker's account, and look at what they make."""
    back = await browser.consent(await browser.begin())
    victim = browse(app)

    await refused(victim, await victim.get(back, headers=PAGE), "has not begun to sign in here")


async def test_an_answer_is_good_once(browser, provider):
    begun = await browser.http.get("/console/oidc/begin", headers=PAGE)
    back = await browser.consent(begun.headers["Location"])
    cookie = {"Cookie": begun.headers["Set-Cookie"].split(";")[0]}
    assert (await browser.get(back, headers=PAGE)).status_code == 200
    browser.http.cookies.clear()

    await refused(browser, await browser.get(back, headers=PAGE), "has not begun")
    await refused(browser, await browser.get(back, headers=PAGE | cookie), "used already")


async def test_a_code_of_another_attempt_fits_no_verifier(app, browse):
    first, second = browse(app), browse(app)
    stolen = (await first.consent(await first.begin())).split("code=")[1].split("&")[0]
    own = await second.consent(await second.begin())
    mixed = own.replace(own.split("code=")[1].split("&")[0], stolen)

    await refused(second, await second.get(mixed, headers=PAGE), "used already, or took too long")


@pytest.mark.parametrize("cookie", ["", "x", "e30", "W10", "WzEsMiwzLDRd", "a" * 5000, "é"])
async def test_a_cookie_of_another_form_is_no_attempt(browser, cookie):
    headers = PAGE | {"Cookie": f"seedbed_attempt_8000={cookie}".encode()}

    await refused(browser, await browser.get("/console/oidc/callback?code=a&state=b", headers=headers), "not begun")


async def test_what_the_provider_says_of_a_refusal_is_told_without_its_markup(browser):
    back = await browser.consent(await browser.begin())
    state = back.split("state=")[1].split("&")[0]

    answer = await browser.get(
        "/console/oidc/callback", params={"error": "access_denied<script>", "state": state}, headers=PAGE
    )

    await refused(browser, answer, "Acme did not sign you in: access_deniedscript.")


async def test_an_answer_of_another_issuer_is_refused(browser):
    back = await browser.consent(await browser.begin())

    await refused(browser, await browser.get(back.split("&iss=")[0] + "&iss=https://evil.test", headers=PAGE), "Acme")


NOW = int(time.time())


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "of another attempt"},
        {"nonce": ...},
        {"aud": "another client"},
        {"aud": ["seedbed", "another"]},  # without azp nobody knows for whom it was made
        {"aud": ["seedbed", "another"], "azp": "another"},
        {"aud": "another client", "azp": "seedbed"},
        {"aud": ...},
        {"azp": "another"},
        {"iss": "https://evil.test"},
        {"iss": ...},
        {"exp": NOW - 3600},
        {"exp": ...},
        {"exp": "tomorrow"},
        {"iat": NOW + 3600},
        {"iat": ...},
        {"nbf": NOW + 3600},
        {"sub": ...},
        {"sub": 5},
        {"sub": " "},
    ],
    ids=str,
)
async def test_a_token_for_another_time_place_or_person_is_refused(browser, provider, claims):
    provider.claims = claims

    await refused(browser, await browser.sign_in())


async def test_clocks_may_differ_by_some_seconds(browser, provider):
    now = int(time.time())
    provider.claims = {"iat": now + 20, "exp": now - 20}

    assert (await browser.sign_in()).status_code == 200


async def test_several_audiences_are_fine_if_we_are_the_one_it_was_made_for(browser, provider):
    provider.claims = {"aud": ["seedbed", "another"], "azp": "seedbed"}

    assert (await browser.sign_in()).status_code == 200


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def segments(header: dict, claims: dict) -> str:
    return ".".join(encoded(json.dumps(part).encode()) for part in (header, claims))


def as_none(claims, provider):
    return segments({"alg": "none"}, claims) + "."


def without_signature(claims, provider):
    return segments({"alg": "RS256", "kid": "first"}, claims) + "."


def by_the_public_key(claims, provider):
    """By hand, for the library that signs would not do such a thing."""
    signed = segments({"alg": "HS256", "kid": "first"}, claims)
    return f"{signed}.{encoded(hmac.digest(provider.key.as_pem(private=False), signed.encode(), 'sha256'))}"


def by_the_clients_secret(claims, provider):
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key("a secret of the client" * 2), algorithms=["HS256"])


def by_a_key_of_its_own(claims, provider):
    key = RSAKey.generate_key(2048)
    return jwt.encode({"alg": "RS256", "jwk": key.as_dict(private=False), "kid": "first"}, claims, key)


def changed_afterwards(claims, provider):
    header, _, signature = provider.signed(claims).split(".")
    return segments({}, claims | {"groups": ["admins"]}).replace("e30.", f"{header}.") + f".{signature}"


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")  # what is tried here is not safe
@pytest.mark.parametrize(
    "forge",
    [as_none, without_signature, by_the_public_key, by_the_clients_secret, by_a_key_of_its_own, changed_afterwards],
    ids=lambda forge: forge.__name__,
)
async def test_a_forged_token_is_refused(browser, provider, forge):
    provider.sign = lambda claims: forge(claims, provider)

    await refused(browser, await browser.sign_in(), "cannot be believed")


@pytest.mark.parametrize("token", ["", "a.b.c", "not a token", "é.é.é", 5, None, "a" * 200_000], ids=repr)
async def test_what_is_no_token_is_refused(browser, provider, token):
    provider.sign = lambda _: token

    await refused(browser, await browser.sign_in(), "cannot be believed")


async def test_a_new_key_of_the_provider_is_learnt_when_it_is_first_used(app, browse, provider, keys_of_provider):
    await browse(app).sign_in()
    _, provider.key = keys_of_provider
    provider.published = public(*keys_of_provider)

    second = await browse(app).sign_in()

    assert second.status_code == 200
    assert provider.asked.count("/keys") == 2


async def test_a_key_that_is_published_nowhere_is_asked_for_once_and_not_believed(browser, provider, keys_of_provider):
    _, provider.key = keys_of_provider

    await refused(browser, await browser.sign_in(), "cannot be believed")
    assert provider.asked.count("/keys") == 2


async def test_a_new_key_under_an_old_name_is_learnt_too(app, browse, provider, keys_of_provider):
    await browse(app).sign_in()
    renamed = RSAKey.import_key(keys_of_provider[1].as_dict(private=True) | {"kid": "first"})
    provider.key, provider.published = renamed, public(renamed)

    assert (await browse(app).sign_in()).status_code == 200


async def test_one_key_that_nobody_can_read_makes_the_others_no_worse(browser, provider):
    odd = [{"kty": "RSA", "kid": "x"}, {"kty": "ML-KEM"}, 5, {"kty": "EC", "crv": "P-1"}, {"kty": "oct", "k": "YQ"}]
    provider.published = [*odd, *provider.published]

    assert (await browser.sign_in()).status_code == 200
