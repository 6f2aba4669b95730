"""What may go wrong while somebody makes a video, and what the page says of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from browsing import Visit, drop
from pictures_at_hand import picture
from playwright.sync_api import Page, Response, expect
from standing import Account, House

Visits = Callable[..., Visit]


def opened(visit: Visits, house: House, key: str) -> Page:
    page = visit(house.base_url, key=key).go()
    expect(page.get_by_role("textbox", name="Prompt")).to_be_visible()
    return page


def send(page: Page, prompt: str) -> None:
    page.get_by_role("textbox", name="Prompt").fill(prompt)
    page.get_by_role("button", name="Create video").click()


def await_work(page: Page) -> None:
    expect(page.locator(".stages .now")).to_have_count(1)


def test_files_that_are_no_references_are_told_before_and_after_the_upload(
    house: House, somebody: Account, visit: Visits, tmp_path: Path
) -> None:
    page = opened(visit, house, somebody.test_key)
    uploads: list[Response] = []
    page.on("response", lambda answer: uploads.append(answer) if answer.url.endswith("/uploads") else None)
    fake = tmp_path / "words.png"
    fake.write_text("these are words")
    text = tmp_path / "words.txt"
    text.write_text("these are words")
    tiny = picture(tmp_path, "tiny.png", width=40, height=40)
    drop(page, [fake, text, tiny])
    # What the browser can see is told at once; what only the service sees, in its own sentence.
    expect(page.locator(".references .notice")).to_have_count(3)
    for name, said in (
        ("words.txt", "This kind of file is not taken."),
        ("tiny.png", "It measures 40 × 40; each side needs 300 pixels or more."),
        ("words.png", "words.png: "),
    ):
        expect(page.locator(".references .notice", has_text=name)).to_contain_text(said)
    assert [answer.status for answer in uploads] == [415]

    for name in ("words.png", "words.txt", "tiny.png"):
        page.get_by_role("button", name=f"Remove {name}").click(force=True)
    expect(page.locator(".references .notice")).to_have_count(0)


def test_a_file_that_is_too_large_is_not_sent(house: House, somebody: Account, visit: Visits, tmp_path: Path) -> None:
    page = opened(visit, house, somebody.test_key)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.url.endswith("/uploads") else None)
    large = picture(tmp_path, "large.png")
    with large.open("ab") as file:
        file.truncate(60_000_000)
    drop(page, [large])
    expect(page.locator(".references .notice", has_text="large.png")).to_contain_text("at most")
    assert sent == []


def test_six_files_are_five_and_a_word_about_the_sixth(
    house: House, somebody: Account, visit: Visits, tmp_path: Path
) -> None:
    page = opened(visit, house, somebody.test_key)
    drop(page, [picture(tmp_path, f"{i}.png", hue=40 * i) for i in range(6)])
    expect(page.get_by_text("At most 5 references go with one video.")).to_be_visible()
    expect(page.locator(".tile.ready")).to_have_count(5)
    expect(page.get_by_role("button", name="Add", exact=True)).to_have_count(0)


def test_too_few_credits_are_told_and_a_cheaper_order_goes_through(house: House, visit: Visits) -> None:
    page = opened(visit, house, house.account("Small purse", funds=30).key)
    expect(page.locator(".balance .number")).to_have_text("30")
    send(page, "A fox in the snow")
    notice = page.locator(".composer-foot .notice")
    expect(notice).to_contain_text("40")
    expect(notice).to_contain_text("A shorter clip, a lower resolution or a faster model costs less.")
    expect(page.get_by_role("textbox", name="Prompt")).to_have_value("A fox in the snow")
    page.locator(".segments label", has_text="480p").click()
    expect(notice).to_have_count(0)
    page.get_by_role("button", name="Create video").click()
    expect(page.locator(".player video")).to_be_visible()


def test_what_is_not_ready_is_not_sent(house: House, somebody: Account, visit: Visits) -> None:
    page = opened(visit, house, somebody.test_key)
    page.get_by_role("button", name="Create video").click()
    expect(page.get_by_text("Write what to show, first.")).to_be_visible()
    expect(page.get_by_role("textbox", name="Prompt")).to_be_focused()


def test_a_job_that_fails_says_why_and_gives_the_credits_back(house: House, somebody: Account, visit: Visits) -> None:
    page = opened(visit, house, somebody.test_key)
    send(page, "A fox. [seedbed:fail=content_rejected]")
    ended = page.locator(".ended")
    expect(ended).to_contain_text("The 40 credits went back.")
    expect(ended).to_contain_text("A fox.")
    expect(page.get_by_role("button", name="Again with changes")).to_be_visible()


def test_the_services_own_refusals_are_told(house: House, somebody: Account, visit: Visits) -> None:
    page = opened(visit, house, somebody.test_key)
    for code in ("queue_full", "rate_limited", "unavailable"):
        send(page, f"A fox. [seedbed:refuse={code}]")
        expect(page.locator(".composer-foot .notice.bad")).not_to_be_empty()
        page.get_by_role("textbox", name="Prompt").fill("")
        expect(page.locator(".composer-foot .notice.bad")).to_have_count(0)


def test_cancelling_gives_the_credits_back(house: House, somebody: Account, visit: Visits) -> None:
    page = opened(visit, house, somebody.test_key)
    send(page, "A fox. [seedbed:take=120]")
    await_work(page)
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".ended")).to_contain_text("Cancelled. The 40 credits went back.")
    with somebody.client() as client:
        assert [one.status.value for one in client.videos.list().items] == ["cancelled"]


def test_a_reload_in_the_middle_comes_back_to_the_same_job(house: House, somebody: Account, visit: Visits) -> None:
    page = opened(visit, house, somebody.test_key)
    send(page, "A fox. [seedbed:take=8]")
    await_work(page)
    page.reload()
    expect(page.get_by_role("progressbar", name="Progress")).to_be_visible()
    expect(page.get_by_role("textbox", name="Prompt")).to_have_value("A fox. [seedbed:take=8]")
    expect(page.locator(".player video")).to_be_visible()
    with somebody.client() as client:
        assert len(client.videos.list().items) == 1


def test_two_tabs_show_the_same_job_and_do_not_disturb_each_other(
    house: House, somebody: Account, visit: Visits
) -> None:
    guest = visit(house.base_url, key=somebody.test_key)
    first = guest.go()
    send(first, "A fox. [seedbed:take=120]")
    await_work(first)
    second = guest.tab()
    second.goto(house.base_url)
    expect(second.get_by_role("textbox", name="Prompt")).to_have_value("")
    second.get_by_role("button", name="A fox.").click()
    expect(second.get_by_role("progressbar", name="Progress")).to_be_visible()
    second.get_by_role("button", name="Cancel").click()
    for page in (first, second):
        expect(page.locator(".ended")).to_contain_text("Cancelled.")
    expect(first.get_by_role("textbox", name="Prompt")).to_have_value("A fox. [seedbed:take=120]")


def test_an_order_that_got_no_answer_is_sent_again_and_paid_once(
    house: House, somebody: Account, visit: Visits
) -> None:
    page = opened(visit, house, somebody.key)
    lost: list[float] = []

    def lose_the_first_answer(route) -> None:
        if lost:
            return route.continue_()
        lost.append(time.monotonic())
        route.fetch()
        return route.abort("connectionreset")

    page.route("**/video/generations", lose_the_first_answer)
    send(page, "A fox in the snow")
    expect(page.locator(".player video")).to_be_visible()
    expect(page.locator(".balance .number")).to_have_text("9,960")
    assert lost
    with somebody.client(somebody.key) as client:
        assert len(client.videos.list().items) == 1
