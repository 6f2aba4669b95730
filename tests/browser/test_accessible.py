"""No page has a serious finding of axe, in either theme, at a desk or on a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import DESK, PHONE, Visit
from playwright.sync_api import Page, expect
from standing import House

GRAVE = ("serious", "critical")
DESK_PATHS = tuple(
    f"/desk{rest}"
    for rest in ("", "/pools", "/workers", "/jobs", "/accounts", "/accounts/1", "/usage", "/audit", "/settings")
)


@pytest.fixture(scope="module")
def client_with_jobs(house: House):
    somebody = house.account("With jobs", funds=100_000)
    ids = [somebody.make("A fox in the snow, slow push-in"), somebody.make("Rain on a window")]
    with pytest.raises(Exception, match="content_rejected"):
        somebody.make("A fox. [seedbed:fail=content_rejected]")
    return somebody, ids


def findings(page: Page) -> list[str]:
    page.wait_for_load_state("networkidle")
    found = Axe().run(page).response["violations"]
    return [
        f"{page.url}: {one['id']} ({one['impact']}): {node['target']} {node['failureSummary'][:300]}"
        for one in found
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_has_a_serious_finding(
    house: House, client_with_jobs, visit: Callable[..., Visit], theme: str, size: dict
) -> None:
    somebody, (first, second) = client_with_jobs
    page = visit(house.base_url, color_scheme=theme, **size).go("/sign-in")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    found = findings(page)

    guest = visit(house.base_url, key=somebody.test_key, color_scheme=theme, **size)
    for path in (
        "/",
        f"/?show={first}",
        "/history",
        f"/jobs/{first}",
        f"/compare?a={first}&b={second}",
        "/jobs/req_0",
        "/keys",
    ):
        page = guest.go(path)
        expect(page.locator("main h1, main h2").first).to_be_attached()
        found += findings(page)

    page = guest.go("/")
    page.get_by_role("button", name="As code").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    found += findings(page)

    operator = visit(house.base_url, key=house.admin_key, color_scheme=theme, **size)
    for path in DESK_PATHS:
        page = operator.go(path)
        expect(page.locator("main h1, main h2").first).to_be_attached()
        found += findings(page)
    assert found == []
