"""A visitor of the console: Debian's Chromium, and a watch over all that a page may not do.

Whatever a test is about, a script that fails, a violation of the Content-Security-Policy, a box that pops up or a
request to another host is a fault of it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Request, expect, sync_playwright

PATIENCE_MS = 45_000
DESK = {"viewport": {"width": 1280, "height": 800}}
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
}
# Chromium says this of every answer that is no success. Tests ask for such answers; what the page makes of them counts.
_ANSWERS = ("Failed to load resource:",)
_TELL_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`violation of ${event.effectiveDirective}: ${event.blockedURI} ${event.sample}`));
"""


class NoChromium(Exception):
    def __init__(self) -> None:
        super().__init__("Debian's package `chromium` is missing: apt-get install chromium fonts-noto-cjk")


@contextmanager
def launched() -> Iterator[Browser]:
    """Run a browser until the end of the block. It looks for no updates and reports to nobody."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    if executable is None:
        raise NoChromium
    quiet = ["--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=[*quiet, *as_root])
        try:
            yield browser
        finally:
            browser.close()


class Visit:
    """One person's browser: its own cookies and memory, any number of tabs, and what went wrong in them."""

    def __init__(self, browser: Browser, base_url: str, *, key: str | None = None, **options: Any) -> None:
        self.base_url = base_url
        self.faults: list[str] = []
        wanted = {"locale": "en-GB", "reduced_motion": "reduce", **DESK, **options}
        self.context: BrowserContext = browser.new_context(base_url=base_url, **wanted)
        self.context.set_default_timeout(PATIENCE_MS)
        self.context.add_init_script(_TELL_VIOLATIONS)
        self.context.on("console", self._heard)
        self.context.on("weberror", lambda error: self.faults.append(f"script: {error.error}"))
        self.context.on("dialog", self._asked)
        self.context.on("request", self._requested)
        if key is not None:
            self.sign_in(key)
        self.page = self.tab()

    def sign_in(self, key: str) -> None:
        """Have a session without the page for it."""
        answer = self.context.request.post(
            f"{self.base_url}/console/session", data={"key": key}, headers={"X-Seedbed-Console": "1"}
        )
        assert answer.ok, answer.text()

    def tab(self) -> Page:
        return self.context.new_page()

    def go(self, path: str = "/") -> Page:
        """Load a path of the console in the first tab, as from the address bar."""
        self.page.goto(f"{self.base_url}{path}")
        return self.page

    def close(self) -> None:
        self.context.close()

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(_ANSWERS):
            self.faults.append(f"console: {message.text}")

    def _asked(self, dialog: Dialog) -> None:
        self.faults.append(f"a box: {dialog.message}")
        dialog.dismiss()

    def _requested(self, request: Request) -> None:
        to = urlsplit(request.url)
        if to.scheme not in ("blob", "data") and to.netloc != urlsplit(self.base_url).netloc:
            self.faults.append(f"a request to {request.url}")


def drop(page: Page, paths: Sequence[Path]) -> None:
    """Drag files from elsewhere over the page and let them go there, by the browser's own drag and drop."""
    view = page.viewport_size or DESK["viewport"]
    carried = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    where = {"x": view["width"] // 4, "y": view["height"] // 3, "data": carried}
    control = page.context.new_cdp_session(page)
    for step in ("dragEnter", "dragOver", "drop"):
        control.send("Input.dispatchDragEvent", {"type": step, **where})
    control.detach()


def overflow_px(page: Page) -> int:
    """Return how much wider than the window the page is."""
    return page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
