"""Korean, and a phone that is touched."""

from __future__ import annotations

import re
from collections.abc import Callable

from browsing import PHONE, Visit, overflow_px
from playwright.sync_api import expect
from standing import Account, House

Visits = Callable[..., Visit]
PATHS = ("/", "/history", "/compare")


def test_a_browser_that_speaks_korean_is_answered_in_korean(house: House, somebody: Account, visit: Visits) -> None:
    guest = visit(house.base_url, locale="ko-KR")
    page = guest.go()
    expect(page.get_by_role("heading", name="로그인")).to_be_visible()
    page.get_by_label("API 키").fill(somebody.test_key)
    page.get_by_role("button", name="로그인").click()
    prompt = page.get_by_role("textbox", name="프롬프트")
    expect(prompt).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "ko"
    prompt.fill("눈 속의 여우, 느린 푸시 인. [seedbed:take=2]")
    page.get_by_role("button", name="영상 만들기").click()
    expect(page.get_by_role("progressbar", name="진행률")).to_be_visible()
    expect(page.get_by_role("link", name="내려받기")).to_be_visible()
    made = page.get_by_role("link", name="자세히").get_attribute("href")
    for path in (*PATHS, made):
        page.goto(path if path.startswith("http") else house.base_url + path)
        expect(page.locator("main h1, main h2").first).to_be_attached()
        # What stands in the house is Korean; names of models and files need not be.
        for text in page.locator("h1, h2, nav a, main label > span:only-child").all_inner_texts():
            assert not re.search(r"\b(?:History|Create|Compare|Status|Delivery|Attempts)\b", text), (path, text)


def test_the_language_is_changed_at_once_and_kept(house: House, somebody: Account, visit: Visits) -> None:
    page = visit(house.base_url, key=somebody.test_key).go()
    page.get_by_role("textbox", name="Prompt").fill("A fox")
    page.get_by_role("button", name="Language").click()
    page.get_by_role("button", name="한국어").first.click()
    expect(page.get_by_role("textbox", name="프롬프트")).to_have_value("A fox")
    page.reload()
    expect(page.get_by_role("textbox", name="프롬프트")).to_have_value("A fox")


def test_the_theme_is_chosen_and_kept(house: House, somebody: Account, visit: Visits) -> None:
    page = visit(house.base_url, key=somebody.test_key, color_scheme="light").go()

    def ground() -> str:
        return page.evaluate("() => getComputedStyle(document.body).backgroundColor")

    light = ground()
    page.get_by_role("button", name="Appearance").click()
    page.get_by_role("button", name="Dark").click()
    assert ground() != light
    dark = ground()
    page.reload()
    expect(page.get_by_role("textbox", name="Prompt")).to_be_visible()
    assert ground() == dark


def test_a_phone_makes_a_video_by_touch_and_nothing_is_cut_off(house: House, somebody: Account, visit: Visits) -> None:
    page = visit(house.base_url, **PHONE).go()
    page.get_by_label("API key").fill(somebody.test_key)
    page.get_by_role("button", name="Sign in").tap()
    page.get_by_role("textbox", name="Prompt").tap()
    page.get_by_role("textbox", name="Prompt").fill("A fox in the snow. [seedbed:take=2]")
    page.get_by_role("button", name="Create video").tap()
    expect(page.locator(".live")).to_be_in_viewport()
    expect(page.locator(".player video")).to_be_visible()
    assert overflow_px(page) == 0
    page.get_by_role("link", name="History").last.tap()
    expect(page.locator(".entry")).to_have_count(1)
    assert overflow_px(page) == 0
    page.locator(".entry a").first.tap()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert overflow_px(page) == 0


def test_what_a_finger_must_hit_is_large_enough(house: House, somebody: Account, visit: Visits) -> None:
    page = visit(house.base_url, key=somebody.test_key, **PHONE).go()
    expect(page.get_by_role("textbox", name="Prompt")).to_be_visible()
    small = page.evaluate("""() => [...document.querySelectorAll("button, a, select, summary, .segments label")]
      .map((one) => [one, one.getBoundingClientRect()])
      .filter(([one, box]) => one.checkVisibility() && box.width > 1 && (box.width < 24 || box.height < 24))
      .map(([one, box]) => `${one.className} ${one.textContent.slice(0, 30)} ${box.width} x ${box.height}`)""")
    assert small == []
