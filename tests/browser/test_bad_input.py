"""What strangers may write is shown as text: nothing of it runs, and nothing of another account is seen.

That nothing ran is the watch's to say: a box, a violation of the policy or a failed script is a fault of any test.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from browsing import Visit, drop, overflow_px
from pictures_at_hand import picture
from playwright.sync_api import Page, expect
from standing import Account, House

Visits = Callable[..., Visit]
MARKUP = "<img src=x onerror=alert(1)>"
NAMES = (
    '"><img src=x onerror=alert(1)>.png',
    'it\'s "quoted" & <b>bold<b>.png',
    "photo\u202egpj.exe.png",
    "\u200f\u05ea\u05de\u05d5\u05e0\u05d4 (1).png",
)


def opened(visit: Visits, house: House, key: str) -> Page:
    page = visit(house.base_url, key=key).go()
    expect(page.get_by_role("textbox", name="Prompt")).to_be_visible()
    return page


def test_names_of_files_are_only_text(house: House, somebody: Account, visit: Visits, tmp_path: Path) -> None:
    page = opened(visit, house, somebody.test_key)
    drop(page, [picture(tmp_path, name, hue=50 * i) for i, name in enumerate(NAMES)])
    expect(page.locator(".tile.ready")).to_have_count(len(NAMES))
    for i, name in enumerate(NAMES):
        page.locator(".tile-face").nth(i).click()
        dialog = page.get_by_role("dialog")
        shown = dialog.locator("strong.user-text")
        assert shown.text_content() == name
        assert shown.evaluate("one => getComputedStyle(one).unicodeBidi") in (
            "isolate",
            "plaintext",
            "isolate-override",
        )
        dialog.get_by_role("button", name="Done").click()
    assert page.locator("b, .tile img[src=x]").count() == 0
    page.get_by_role("textbox", name="Prompt").fill("All of @Image1 and @Image4")
    page.get_by_role("button", name="Create video").click()
    expect(page.locator(".player video")).to_be_visible()


def test_a_prompt_of_5000_emoji_is_made_and_one_more_is_told(house: House, somebody: Account, visit: Visits) -> None:
    page = opened(visit, house, somebody.test_key)
    prompt = page.get_by_role("textbox", name="Prompt")
    prompt.fill("🦊" * 5001)
    expect(page.get_by_text("5,001 of 5,000 characters")).to_be_visible()
    page.get_by_role("button", name="Create video").click()
    expect(page.locator(".live, .player")).to_have_count(0)
    prompt.fill("🦊" * 5000)
    page.get_by_role("button", name="Create video").click()
    expect(page.locator(".player video")).to_be_visible()
    page.goto(f"{house.base_url}/history")
    expect(page.locator(".entry")).to_have_count(1)
    assert overflow_px(page) == 0
    for path in (f"/jobs/{page.locator('.entry a').first.get_attribute('href').rpartition('/')[2]}", "/compare"):
        page.goto(house.base_url + path)
        expect(page.locator("main h1, main h2").first).to_be_visible()
        assert overflow_px(page) == 0


def test_markup_in_prompts_and_metadata_is_only_text(house: House, somebody: Account, visit: Visits) -> None:
    done = somebody.make(f"{MARKUP} <script>alert(2)</script>", metadata={MARKUP: f"{MARKUP}<svg onload=alert(3)>"})
    somebody.make(f"{MARKUP} again")
    page = visit(house.base_url, key=somebody.test_key).go("/history")
    expect(page.locator(".entry a").last).to_have_text(f"{MARKUP} <script>alert(2)</script>")
    for path in (f"/?again={done}", f"/?show={done}", f"/jobs/{done}", f"/compare?a={done}"):
        page.goto(house.base_url + path)
        expect(page.locator("main h1, main h2").first).to_be_visible()
        page.wait_for_load_state("networkidle")
        assert page.locator("img[src=x], main script, svg[onload]").count() == 0
    page.goto(f"{house.base_url}/jobs/{done}")
    expect(page.get_by_text(MARKUP).first).to_be_attached()


def test_a_name_of_an_account_that_is_markup_is_only_text(house: House, visit: Visits) -> None:
    page = opened(visit, house, house.account(f"{MARKUP} & sons").key)
    page.get_by_role("button", name="Account").click()
    expect(page.get_by_text(f"{MARKUP} & sons")).to_be_visible()


def test_a_job_of_somebody_else_is_not_there(house: House, somebody: Account, visit: Visits) -> None:
    secret = "the plan of somebody else"
    theirs = somebody.make(secret)
    stranger = visit(house.base_url, key=house.account("Stranger").test_key)
    for path in (f"/jobs/{theirs}", f"/?again={theirs}", f"/?show={theirs}", f"/compare?a={theirs}"):
        page = stranger.go(path)
        page.wait_for_load_state("networkidle")
        assert secret not in page.content()
    page = stranger.go(f"/jobs/{theirs}")
    expect(page.locator("main h1, main h2").first).to_be_visible()
    assert secret not in page.content()
    assert page.locator("main video").count() == 0


def test_a_path_of_the_console_that_is_nonsense_is_answered(house: House, somebody: Account, visit: Visits) -> None:
    guest = visit(house.base_url, key=somebody.test_key)
    for path in ("/jobs/nonsense", "/jobs/%3Cimg%20src=x%20onerror=alert(1)%3E", "/compare?a=%00&b=..", "/?again=../x"):
        page = guest.go(path)
        expect(page.locator("main h1, main h2").first).to_be_visible()


def test_a_session_that_ends_in_the_middle_of_an_upload_is_told_and_nothing_is_lost(
    house: House, somebody: Account, visit: Visits, tmp_path: Path
) -> None:
    key = house.key_of(somebody.id, mode="test")
    page = opened(visit, house, key)
    page.get_by_role("textbox", name="Prompt").fill("What was typed")

    def end_the_session_first(route) -> None:
        house.revoke(somebody.id, key)
        route.continue_()

    page.route("**/uploads", end_the_session_first, times=1)
    drop(page, [picture(tmp_path)])
    expect(page.get_by_text("Your session has ended.")).to_be_visible()
    page.get_by_label("API key").fill(somebody.test_key)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("textbox", name="Prompt")).to_have_value("What was typed")
    # The file is still at hand, and is sent under the new session.
    expect(page.locator(".tile.ready")).to_have_count(1)
    page.get_by_role("button", name="Create video").click()
    expect(page.locator(".player video")).to_be_visible()
