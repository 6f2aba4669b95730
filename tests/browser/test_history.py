"""The history and a generation's own page: what can be looked for, chosen and done there."""

from __future__ import annotations

from collections.abc import Callable

from browsing import PHONE, Visit, overflow_px
from playwright.sync_api import expect
from standing import Account, House

Visits = Callable[..., Visit]


def test_a_filter_stands_in_the_address_and_survives_a_reload(house: House, somebody: Account, visit: Visits) -> None:
    somebody.make("A fox that is done")
    waiting = somebody.order("A fox that waits [seedbed:queue=600]")
    page = visit(house.base_url, key=somebody.test_key).go("/history")
    expect(page.locator(".entry")).to_have_count(2)

    page.get_by_role("radio", name="Open").check()

    expect(page.locator(".entry a")).to_have_text(["A fox that waits [seedbed:queue=600]"])
    assert page.url.endswith("/history?status=open")
    page.reload()
    expect(page.locator(f".entry a[href$='{waiting}']")).to_be_visible()
    expect(page.locator(".entry")).to_have_count(1)


def test_open_ones_that_were_chosen_are_cancelled_after_a_question(
    house: House, somebody: Account, visit: Visits
) -> None:
    for name in ("one", "two"):
        somebody.order(f"Number {name} [seedbed:queue=600]")
    page = visit(house.base_url, key=somebody.test_key).go("/history")
    for i in range(2):
        page.locator(".entry-pick input").nth(i).check()

    page.locator(".pick-bar").get_by_role("button", name="Cancel").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel them").click()

    expect(page.get_by_text("2 videos cancelled")).to_be_visible()
    expect(page.locator(".entry .chip")).to_have_text(["Cancelled", "Cancelled"])


def test_two_finished_ones_are_compared(house: House, somebody: Account, visit: Visits) -> None:
    first, second = somebody.make("One"), somebody.make("Two")
    page = visit(house.base_url, key=somebody.test_key).go("/history")
    for i in range(2):
        page.locator(".entry-pick input").nth(i).check()

    page.locator(".pick-bar").get_by_role("button", name="Compare").click()

    expect(page.locator(".compare video")).to_have_count(2)
    assert page.url.endswith(f"/compare?a={second}&b={first}")


def test_a_page_of_a_generation_tells_its_life_and_its_cost(house: House, somebody: Account, visit: Visits) -> None:
    done = somebody.make("A fox [seedbed:fail=engine_failed] [seedbed:times=1]")
    page = visit(house.base_url, key=somebody.test_key, **PHONE).go(f"/jobs/{done}")

    expect(page.locator(".life li > span")).to_have_text(
        [
            "Waited in the queue",
            "Earlier attempts",
            "Waited for another attempt",
            "References fetched",
            "Looked at",
            "Frames made",
            "Conformed",
            "Stored",
        ]
    )
    expect(page.locator(".attempts code")).to_have_text("engine_failed")
    expect(page.locator(".entries li > span")).to_have_text(["Charged", "Held"])
    assert overflow_px(page) == 0


def test_a_generation_is_deleted_after_a_question(house: House, somebody: Account, visit: Visits) -> None:
    done = somebody.make("A fox to forget")
    page = visit(house.base_url, key=somebody.test_key).go(f"/jobs/{done}")

    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete for good").click()

    expect(page.get_by_text("Nothing here yet")).to_be_visible()
    page.goto(f"{house.base_url}/jobs/{done}")
    expect(page.get_by_text("There is no such page")).to_be_visible()
