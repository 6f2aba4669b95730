"""Who may come in, how they leave, and where they are led."""

from __future__ import annotations

from collections.abc import Callable

from browsing import Visit
from playwright.sync_api import Page, expect
from standing import Account, House

Visits = Callable[..., Visit]


def send_key(page: Page, key: str) -> None:
    page.get_by_label("API key").fill(key)
    page.get_by_role("button", name="Sign in").click()


def choose(page: Page, text: str) -> None:
    page.get_by_role("button", name="Account").click()
    page.get_by_role("group", name="Account").get_by_text(text, exact=True).click()


def test_a_key_opens_the_page_that_was_asked_for(house: House, somebody: Account, visit: Visits) -> None:
    guest = visit(house.base_url)
    page = guest.go("/history?status=failed")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    send_key(page, f"  {somebody.key} ")
    expect(page.get_by_role("heading", name="History")).to_be_visible()
    assert page.url == f"{house.base_url}/history?status=failed"
    cookie = guest.context.cookies()[0]
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    assert somebody.key not in page.evaluate("() => JSON.stringify([localStorage, sessionStorage, document.cookie])")


def test_a_wrong_key_is_told_beside_the_field(house: House, somebody: Account, visit: Visits) -> None:
    page = visit(house.base_url).go("/")
    box = page.get_by_label("API key")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("Paste your API key.")
    for wrong in (somebody.key[:-1] + ("A" if somebody.key[-1] != "A" else "B"), "<b>nonsense</b>"):
        send_key(page, wrong)
        expect(page.get_by_role("alert")).to_have_text("This key isn’t valid. It may be mistyped, expired or revoked.")
        expect(box).to_have_attribute("aria-invalid", "true")
        expect(box).to_be_focused()
        box.fill("")
        expect(page.get_by_role("alert")).to_be_hidden()


def test_nobody_is_led_to_another_host_after_signing_in(house: House, somebody: Account, visit: Visits) -> None:
    for path in ("//example.com/", "/\\example.com", "https://example.com/", "javascript:alert(1)"):
        page = visit(house.base_url).go(f"/sign-in?next={path}")
        send_key(page, somebody.key)
        expect(page.locator("header.bar")).to_be_visible()
        assert page.url.startswith(f"{house.base_url}/")


def test_signing_out_ends_this_session_and_no_other(house: House, somebody: Account, visit: Visits) -> None:
    here, there = visit(house.base_url, key=somebody.key), visit(house.base_url, key=somebody.key)
    for one in (here, there):
        expect(one.go().get_by_role("textbox", name="Prompt")).to_be_visible()
    choose(here.page, "Sign out")
    expect(here.page.get_by_role("heading", name="Sign in")).to_be_visible()
    here.page.go_back()
    expect(here.page.get_by_role("textbox", name="Prompt")).to_have_count(0)
    there.page.reload()
    expect(there.page.get_by_role("textbox", name="Prompt")).to_be_visible()


def test_signing_out_everywhere_ends_every_session_of_the_key(house: House, somebody: Account, visit: Visits) -> None:
    here, there = visit(house.base_url, key=somebody.key), visit(house.base_url, key=somebody.key)
    for one in (here, there):
        expect(one.go().get_by_role("textbox", name="Prompt")).to_be_visible()
    there.page.get_by_role("textbox", name="Prompt").fill("what was typed")
    choose(here.page, "Sign out everywhere")
    expect(here.page.get_by_text("Every session of this key has ended.")).to_be_visible()

    there.page.get_by_role("link", name="History").first.click()
    expect(there.page.get_by_text("Your session has ended.")).to_be_visible()
    send_key(there.page, somebody.key)
    expect(there.page.get_by_role("heading", name="History")).to_be_visible()
    there.page.get_by_role("link", name="Create", exact=True).first.click()
    expect(there.page.get_by_role("textbox", name="Prompt")).to_have_value("what was typed")


def test_who_signs_out_leaves_nothing_for_the_next_account(house: House, somebody: Account, visit: Visits) -> None:
    page = visit(house.base_url, key=somebody.key).go()
    page.get_by_role("textbox", name="Prompt").fill("a secret plan")
    choose(page, "Sign out")
    send_key(page, house.account("The next one").key)
    expect(page.get_by_role("textbox", name="Prompt")).to_have_value("")
    assert "secret plan" not in page.evaluate("() => JSON.stringify([localStorage, sessionStorage])")


def test_a_key_that_is_revoked_ends_its_sessions(house: House, somebody: Account, visit: Visits) -> None:
    key = house.key_of(somebody.id)
    page = visit(house.base_url, key=key).go()
    expect(page.get_by_role("textbox", name="Prompt")).to_be_visible()
    house.revoke(somebody.id, key)
    page.get_by_role("link", name="History").first.click()
    expect(page.get_by_text("Your session has ended.")).to_be_visible()


def test_an_account_that_is_disabled_is_told_so(house: House, somebody: Account, visit: Visits) -> None:
    page = visit(house.base_url, key=somebody.key).go()
    expect(page.get_by_role("textbox", name="Prompt")).to_be_visible()
    house.ask("POST", f"accounts/{somebody.id}/disable", {"reason": "asked for by its owner"})
    page.get_by_role("link", name="History").first.click()
    expect(page.get_by_text("This account is disabled").first).to_be_visible()
    assert "asked for by its owner" not in page.content()
