"""The operator's desk: what is done there is done, what is hard asks first, what is refused is said in the dialog."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from browsing import PHONE, Visit, overflow_px
from playwright.sync_api import Locator, Page, expect
from standing import Account, House

PAGES = ("", "/pools", "/workers", "/jobs", "/accounts", "/usage", "/audit", "/settings")
TITLES = ("Overview", "Pools", "Workers", "Jobs", "Accounts", "Usage", "Audit log", "Settings")


@pytest.fixture
def desk(house: House, visit: Callable[..., Visit]) -> Visit:
    return visit(house.base_url, key=house.admin_key)


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog").last


def agree(page: Page, name: str) -> None:
    dialog(page).get_by_role("button", name=name).click()


def test_whoever_lacks_the_scope_is_told_which_and_sees_no_way_there(house, visit, somebody: Account):
    page = visit(house.base_url, key=somebody.key).go("/desk/pools")

    expect(page.get_by_text("Your key lacks the scope “admin”.")).to_be_visible()
    expect(page.get_by_role("link", name="Desk")).to_have_count(0)
    expect(page.get_by_role("table")).to_have_count(0)


@pytest.mark.parametrize("options", [{}, PHONE], ids=["wide", "phone"])
def test_every_page_of_the_desk_fits_and_says_what_it_is(house, visit, options):
    guest = visit(house.base_url, key=house.admin_key, **options)

    for path, title in zip(PAGES, TITLES, strict=True):
        page = guest.go(f"/desk{path}")
        expect(page.get_by_role("heading", level=1, name=title)).to_be_visible()
        expect(page.locator(".ghost")).to_have_count(0)
        assert overflow_px(page) == 0, path


def test_an_account_is_opened_given_credits_and_disabled(desk: Visit):
    page = desk.go("/desk/accounts")
    page.get_by_role("button", name="Open an account").click()
    dialog(page).get_by_label("Name").fill("<b>Söhne</b> & Co")
    dialog(page).get_by_label("Credits to begin with").fill("500")
    agree(page, "Open it")
    expect(page.get_by_role("heading", level=1)).to_have_text("<b>Söhne</b> & Co")

    page.get_by_role("button", name="Grant credits").click()
    dialog(page).get_by_label("Credits").fill("-9000")
    dialog(page).get_by_label("Note").fill("too many")
    agree(page, "Grant")
    expect(dialog(page).get_by_role("alert").last).to_contain_text("500")
    dialog(page).get_by_label("Credits").fill("250")
    agree(page, "Grant")
    expect(page.locator(".stat-figure").first).to_have_text("750")

    page.get_by_role("button", name="Disable").click()
    dialog(page).get_by_label("Reason").fill("An open bill")
    agree(page, "Disable")
    expect(page.get_by_text("Disabled: An open bill")).to_be_visible()


def test_a_key_is_shown_once_and_revoked(desk: Visit, somebody: Account):
    page = desk.go(f"/desk/accounts/{somebody.id}")
    page.get_by_role("button", name="Make a key").click()
    dialog(page).get_by_label("Name").fill("nightly")
    dialog(page).get_by_label("Monthly cap, credits").fill("100")
    agree(page, "Make it")
    expect(dialog(page).locator("code")).to_have_text(re.compile(r"sd2_live_\w+"))
    dialog(page).get_by_role("button", name="Close").click()

    row = page.get_by_role("row").filter(has_text="nightly")
    expect(row).to_contain_text("0 of 100")
    row.get_by_role("button").click()
    page.get_by_role("button", name="Revoke").click()
    agree(page, "Revoke")

    expect(row).to_contain_text("Revoked")


def test_a_pool_is_held_back_with_a_reason_and_let_go(desk: Visit, house: House):
    page = desk.go("/desk/pools")
    page.get_by_role("button", name="Pause").click()
    agree(page, "Pause")
    expect(dialog(page)).to_be_visible()  # without a reason nothing is sent
    assert house.ask("GET", "pools")["data"][0]["paused"] is None

    dialog(page).get_by_label("Reason").fill("Disk is being changed")
    agree(page, "Pause")
    expect(page.get_by_role("row").last).to_contain_text("Disk is being changed")
    page.get_by_role("button", name="Resume").click()
    agree(page, "Resume")

    expect(page.get_by_role("button", name="Pause")).to_be_visible()


def test_a_waiting_job_is_found_moved_up_and_cancelled(desk: Visit, house: House, somebody: Account):
    house.ask("POST", "pools/default/pause", {"reason": "So that it waits"})
    try:
        job = somebody.order("A fox that waits", key=somebody.key)
        page = desk.go(f"/desk/jobs?accountId={somebody.id}&status=queued")
        page.get_by_role("button", name=job[:14]).click()
        drawer = page.get_by_role("dialog").first
        drawer.get_by_role("button", name="Change priority").click()
        dialog(page).get_by_label("Priority").select_option("7")
        agree(page, "Change priority")
        expect(drawer.locator("dl")).to_contain_text("7")

        drawer.get_by_role("button", name="Cancel the job").click()
        agree(page, "Cancel the job")
        expect(drawer.locator(".chip").first).to_have_text("Cancelled")
    finally:
        house.ask("POST", "pools/default/resume")

    assert house.ask("GET", f"jobs/{job}")["job"]["status"] == "cancelled"


def test_a_chart_is_read_by_keys_and_as_a_table(desk: Visit):
    page = desk.go("/desk")
    chart = page.locator("figure").filter(has_text="Jobs that ended")
    plot = chart.locator(".plot")
    expect(plot.locator("svg")).to_be_visible()

    plot.focus()
    page.keyboard.press("Home")
    first = chart.locator(".reading-at").inner_text()
    page.keyboard.press("ArrowRight")
    expect(chart.locator(".reading-at")).not_to_have_text(first)
    chart.get_by_text("As a table").click()

    expect(chart.get_by_role("row")).to_have_count(62)  # 61 minutes and the head


def test_usage_is_to_be_had_as_csv(desk: Visit):
    page = desk.go("/desk/usage")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()

    assert download.value.suggested_filename.startswith("usage-by-project-")
    assert download.value.path().read_text().startswith("accountId,accountName,projectId")


def test_maintenance_is_begun_with_words_and_ended(desk: Visit, house: House):
    page = desk.go("/desk/settings")
    page.get_by_role("button", name="Begin maintenance").click()
    dialog(page).get_by_label("Message to customers").fill("Back at noon")
    agree(page, "Begin maintenance")
    expect(page.get_by_text("Back at noon")).to_be_visible()
    assert house.ask("GET", "maintenance")["maintenance"]["message"] == "Back at noon"

    page.get_by_role("button", name="Take orders again").click()
    agree(page, "Take orders again")
    expect(page.get_by_role("button", name="Begin maintenance")).to_be_visible()
    page = desk.go("/desk/audit?action=maintenance.began")

    expect(page.get_by_role("row").nth(1)).to_contain_text("Back at noon")
