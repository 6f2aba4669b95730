"""The whole journey with the keyboard alone: from the key to the playing video, and out again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from browsing import Visit
from pictures_at_hand import picture
from playwright.sync_api import Locator, Page, expect
from serving import await_true
from standing import Account, House

MOST_STEPS = 60


def tab_to(page: Page, wanted: Locator, *, key: str = "Tab") -> None:
    """Press Tab until it has the focus, and see that the focus can be seen."""
    expect(wanted).to_be_visible()
    for _ in range(MOST_STEPS):
        if wanted.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press(key)
    where = page.evaluate("() => document.activeElement.outerHTML.slice(0, 200)")
    raise AssertionError(f"Tab does not lead to {wanted}; after {MOST_STEPS} steps it is at {where}")


def is_outlined(page: Page) -> bool:
    """Whether what has the focus, or what is drawn in its place, has an outline."""
    return page.evaluate("""() => [document.activeElement, document.activeElement.nextElementSibling]
      .filter(Boolean).map((one) => getComputedStyle(one))
      .some(({ outlineStyle, outlineWidth }) => outlineStyle !== "none" && outlineWidth !== "0px")""")


def write_the_prompt(page: Page, photograph: Path) -> None:
    keys, prompt = page.keyboard, page.get_by_role("textbox", name="Prompt")
    expect(prompt).to_be_visible()
    expect(page.locator("#main")).to_be_focused()
    sheet = page.locator(".composer-sheet")
    line = "one => getComputedStyle(one).borderTopColor"
    unfocused = sheet.evaluate(line)
    tab_to(page, prompt)
    await_true(lambda: sheet.evaluate(line) != unfocused, within_s=5)
    tab_to(page, page.get_by_role("button", name="Add", exact=True))
    with page.expect_file_chooser() as chooser:
        keys.press("Space")
    chooser.value.set_files([photograph])
    expect(page.locator(".tile.ready")).to_have_count(1)

    tab_to(page, prompt, key="Shift+Tab")
    keys.type("Slow push-in on @")
    expect(page.get_by_role("option", name="@Image1")).to_be_visible()
    keys.press("ArrowDown")
    keys.press("Enter")
    keys.type("[seedbed:take=3]")
    expect(prompt).to_have_value("Slow push-in on @Image1 [seedbed:take=3]")


def choose_and_send(page: Page) -> None:
    keys, prompt = page.keyboard, page.get_by_role("textbox", name="Prompt")
    tab_to(page, page.get_by_role("button", name="field.png: role and order"))
    keys.press("Enter")
    dialog = page.get_by_role("dialog")
    tab_to(page, dialog.get_by_role("combobox", name="Role"))
    keys.press("f")
    keys.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name="field.png: role and order")).to_be_focused()
    expect(page.locator(".tile-name").first).to_have_text("First frame")

    tab_to(page, page.get_by_role("radio", name="Auto"))
    keys.press("ArrowRight")
    expect(page.get_by_role("radio", name="16:9")).to_be_checked()
    await_true(lambda: is_outlined(page), within_s=5)
    tab_to(page, page.get_by_role("slider", name="Length"))
    keys.press("Home")
    tab_to(page, page.get_by_role("radio", name="720p"))
    keys.press("ArrowLeft")
    tab_to(page, page.get_by_role("switch", name="Sound"))
    keys.press("Space")
    expect(page.get_by_role("switch", name="Sound")).not_to_be_checked()
    tab_to(page, prompt, key="Shift+Tab")
    keys.press("Control+Enter")


def watch_and_change(page: Page) -> None:
    keys, prompt = page.keyboard, page.get_by_role("textbox", name="Prompt")
    expect(page.locator(".player video")).to_be_visible()
    place = page.get_by_role("slider", name="Place")
    tab_to(page, place)
    if not page.locator(".player video").evaluate("one => one.paused"):
        keys.press("k")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    keys.press("End")
    expect(place).to_have_attribute("aria-valuenow", "4.00")
    keys.press("Home")
    keys.press("ArrowRight")
    expect(place).not_to_have_attribute("aria-valuenow", "4.00")
    tab_to(page, page.get_by_role("button", name="Again with changes"))
    keys.press("Enter")
    expect(prompt).to_be_focused()


def leave(page: Page) -> None:
    keys = page.keyboard
    account = page.get_by_role("button", name="Account")
    tab_to(page, account, key="Shift+Tab")
    keys.press("Enter")
    out = page.get_by_role("group", name="Account").get_by_text("Sign out", exact=True)
    for _ in range(10):
        keys.press("ArrowDown")
        if out.evaluate("one => one.closest('button') === document.activeElement"):
            break
    keys.press("Enter")
    expect(page.get_by_label("API key")).to_be_focused()


def test_the_whole_journey_needs_no_mouse(
    house: House, somebody: Account, visit: Callable[..., Visit], tmp_path: Path
) -> None:
    page = visit(house.base_url).go()
    keys = page.keyboard
    expect(page.get_by_label("API key")).to_be_focused()
    keys.type(somebody.test_key)
    keys.press("Enter")
    write_the_prompt(page, picture(tmp_path))
    choose_and_send(page)
    watch_and_change(page)
    leave(page)


def test_the_history_is_walked_with_arrow_keys(house: House, somebody: Account, visit: Callable[..., Visit]) -> None:
    made = [somebody.make(f"Fox {i}") for i in range(3)]
    page = visit(house.base_url, key=somebody.test_key).go("/history")
    expect(page.locator(".entry")).to_have_count(3)
    page.keyboard.press("ArrowDown")
    expect(page.locator(".entry a").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator(f"#entry-{made[0]}")).to_be_focused()
    page.keyboard.press("Home")
    expect(page.locator(f"#entry-{made[2]}")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.url.endswith(f"/jobs/{made[2]}")


def test_a_page_begins_where_its_content_begins(house: House, somebody: Account, visit: Callable[..., Visit]) -> None:
    page = visit(house.base_url, key=somebody.test_key).go("/history")
    expect(page.get_by_role("heading", name="History")).to_be_visible()
    expect(page.locator("#main")).to_be_focused()
    skip = page.get_by_role("link", name="Skip to content")
    tab_to(page, skip, key="Shift+Tab")
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
