"""The service goes and comes back in the middle of a job, an upload and a visit."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from pathlib import Path

from browsing import Visit, drop
from pictures_at_hand import picture
from playwright.sync_api import expect
from serving import Served, new_home
from standing import CARD, House


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_service_that_goes_and_comes_back_costs_a_visitor_nothing(
    visit: Callable[..., Visit], tmp_path: Path
) -> None:
    settings = {"SEEDBED_ENGINE": CARD, "SEEDBED_PORT": str(free_port())}
    with new_home() as home:
        served = Served(home, **settings)
        house = House(served)
        somebody = house.account()
        house.close()
        try:
            guest = visit(served.base_url, key=somebody.test_key)
            page = guest.go()
            page.get_by_role("textbox", name="Prompt").fill("A fox. [seedbed:queue=20]")
            page.get_by_role("button", name="Create video").click()
            expect(page.locator(".live")).to_be_visible()

            served.signal(signal.SIGKILL)
            drop(page, [picture(tmp_path)])
            expect(page.get_by_text("Connection lost. Trying again…")).to_be_visible()
            expect(page.locator(".tile.sending")).to_have_count(1)
            expect(page.locator(".live")).to_be_visible()
            served.stop()

            served = Served(home, **settings)
            expect(page.get_by_text("Connection lost. Trying again…")).to_have_count(0)
            expect(page.locator(".tile.ready")).to_have_count(1)
            expect(page.locator(".player video")).to_be_visible(timeout=120_000)
            with somebody.client() as client:
                assert [one.status.value for one in client.videos.list().items] == ["succeeded"]
        finally:
            served.stop()
