"""From the link that `seedbed serve` prints to a finished video of the embedded engine."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browsing import Visit, drop
from playwright.sync_api import Page, expect
from serving import Served, await_true, new_home

PHOTOGRAPH = Path(__file__).parents[1] / "e2e/photographs/rocket.jpg"


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with new_home() as home:
        service = Served(home)
        try:
            yield service
        finally:
            service.stop()


def credits_of(page: Page) -> int:
    return int(re.sub(r"\D", "", page.locator(".balance .number").inner_text()))


def test_a_first_visit_ends_with_a_video_that_plays(served: Served, visit: Callable[..., Visit]) -> None:
    link = re.search(r"http\S+/sign-in#ticket=\S+", served.said())
    assert link, served.said()
    guest = visit(served.base_url)
    page = guest.page
    page.goto(link[0])
    expect(page.get_by_role("textbox", name="Prompt")).to_be_visible()
    assert "ticket" not in page.url
    before = credits_of(page)

    drop(page, [PHOTOGRAPH])
    expect(page.locator(".tile.ready")).to_have_count(1)
    prompt = page.get_by_role("textbox", name="Prompt")
    prompt.press_sequentially("Slow dolly-in on @im")
    page.get_by_role("option", name="@Image1").click()
    prompt.press_sequentially("at dusk, smoke drifts")
    expect(page.locator("mark.pointer")).to_have_text("@Image1")
    page.locator(".segments label", has_text="480p").click()
    page.get_by_role("slider", name="Length").fill("0")
    expect(page.locator(".price:not(.old)")).to_contain_text("credits")
    price = int(re.sub(r"\D", "", page.locator(".price .number").inner_text()))
    page.get_by_role("button", name="Create video").click()

    expect(page.get_by_role("progressbar", name="Progress")).to_be_visible()
    video = page.locator(".player video")
    expect(video).to_be_visible(timeout=180_000)
    await_true(lambda: video.evaluate("one => one.readyState >= 2"))
    assert video.evaluate("one => [one.videoWidth, one.videoHeight]") == [864, 496]
    assert video.evaluate("one => one.duration") == pytest.approx(4, abs=0.1)
    if video.evaluate("one => one.paused"):
        page.get_by_role("button", name="Play", exact=True).click()
    await_true(lambda: video.evaluate("one => one.currentTime > 0.1 && one.error === null"))
    expect(page.locator(".timeline .cue.move").first).to_be_visible()
    expect(page.locator(".balance .number")).to_have_text(f"{before - price:,}")
    assert price > 0

    with page.expect_download() as saved:
        page.get_by_role("link", name="Download").click()
    assert saved.value.path().read_bytes()[4:8] == b"ftyp"

    page.reload()
    expect(page.locator(".player video")).to_be_visible()

    # The link was good once, for this browser.
    other = visit(served.base_url)
    other.page.goto(link[0])
    expect(other.page.get_by_text("This link has been used or is too old")).to_be_visible()
    assert other.context.cookies() == []
