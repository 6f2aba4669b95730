"""Measures the console as a browser has it: bytes of the first load, time until it can be used, a long list scrolled.

    python tests/browser/figures.py

It prints what was measured and what it should be; nothing here fails for being slow.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[1] / "e2e"))

from bench.live.copies import copy_final
from browsing import Visit, launched
from playwright.sync_api import Browser, Page
from standing import Account, House, standing

from seedbed.cli.home import load_running
from seedbed.store.database import connected

VISITS = 7
JOBS = 10_000
SCROLLS = 100
_USABLE = """() => new Promise((resolve) => {
  const look = () => document.querySelector("#prompt") && document.querySelector(".price:not(.old), .stage")
    ? resolve(performance.now()) : requestAnimationFrame(look);
  look();
})"""
_REACHED = "() => Math.max(...[...document.querySelectorAll('[aria-posinset]')].map((one) => +one.ariaPosInSet))"
_SCROLL = """(count) => new Promise((resolve) => {
  const frames = []; let last = performance.now(); let left = count;
  const step = (now) => {
    frames.push(now - last); last = now; scrollBy(0, 700);
    --left ? requestAnimationFrame(step) : resolve(frames);
  };
  requestAnimationFrame(step);
})"""


def first_load(browser: Browser, house: House, somebody: Account) -> tuple[list[float], int, int]:
    """Return the milliseconds until the playground is there, each with an empty cache; bytes on the wire; answers."""
    times_ms, sizes = [], []
    for _ in range(VISITS):
        guest = Visit(browser, house.base_url, key=somebody.key)
        control = guest.context.new_cdp_session(guest.page)
        control.send("Network.enable")
        received: list[float] = []
        control.on("Network.loadingFinished", lambda event, to=received: to.append(event["encodedDataLength"]))
        page = guest.go("/")
        times_ms.append(page.evaluate(_USABLE))
        page.wait_for_load_state("networkidle")
        sizes.append((round(sum(received)), len(received)))
        guest.close()
    return times_ms, *sizes[-1]


def scrolled(page: Page) -> list[float]:
    """Return the milliseconds of every frame while 10,000 jobs pass by."""
    page.locator(".entry").first.wait_for()
    frames = []
    for _ in range(6):
        frames += page.evaluate(_SCROLL, SCROLLS)
        page.wait_for_timeout(300)
    return frames


async def fill(house: House, somebody: Account) -> None:
    job_id = await asyncio.to_thread(somebody.make, key=somebody.key)
    running = load_running(house.served.home)
    assert running is not None
    async with connected(running.database_url, name="figures") as conn:
        await copy_final(conn, job_id, JOBS - 1, every=timedelta(minutes=3))


def main() -> None:
    with standing() as house, launched() as browser:
        somebody = house.account()
        times_ms, size_bytes, requests = first_load(browser, house, somebody)
        print(f"first load: {size_bytes / 1000:.0f} KB in {requests} answers (under 150 KB)")
        median_ms, worst_ms = statistics.median(times_ms), max(times_ms)
        print(f"usable after: {median_ms:.0f} ms, worst of {VISITS} {worst_ms:.0f} ms (under 500 ms)")
        with ThreadPoolExecutor(1) as apart:  # Playwright has a loop of its own in this thread
            apart.submit(asyncio.run, fill(house, somebody)).result()
        guest = Visit(browser, house.base_url, key=somebody.key)
        frames_ms = scrolled(guest.go("/history"))
        drawn = guest.page.locator(".entry").count()
        cuts = statistics.quantiles(frames_ms, n=100)
        reached = guest.page.evaluate(_REACHED)
        print(f"{JOBS:,} jobs: scrolled past {reached:,}; {drawn} rows drawn")
        print(f"a frame: {cuts[49]:.1f} ms, p95 {cuts[94]:.1f}, p99 {cuts[98]:.1f}, worst {max(frames_ms):.1f}")
        guest.close()


if __name__ == "__main__":
    main()
