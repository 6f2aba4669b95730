"""Takes pictures of every page: light and dark, at a desk and on a phone, in English and in Korean.

    python tests/browser/pictures.py OUT/

They are for people to look at. `--small` makes the few of docs/console/.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "e2e"))

from browsing import DESK, PHONE, Visit, drop, launched
from PIL import Image
from playwright.sync_api import Browser
from standing import Account, House, standing

PHOTOGRAPHS = Path(__file__).parents[1] / "e2e/photographs"
LANGUAGES = {"en": "en-GB", "ko": "ko-KR"}
SIZES = {"desk": {"viewport": {"width": 1440, "height": 900}}, "phone": PHONE}
THEMES = ("light", "dark")
DESK_PAGES = ("", "pools", "workers", "jobs", "accounts", "accounts/1", "usage", "audit", "settings")
SHOWN = {
    ("playground", "desk", "light", "en"),
    ("video", "desk", "dark", "en"),
    ("video", "phone", "light", "en"),
    ("history", "desk", "light", "en"),
    ("job", "desk", "light", "en"),
    ("compare", "desk", "dark", "en"),
    ("desk", "desk", "light", "en"),
    ("desk", "desk", "dark", "en"),
    ("sign-in", "desk", "light", "ko"),
    ("video", "phone", "dark", "ko"),
}
SMALL_WIDTH_PX = {"desk": 960, "phone": 390}
SMALL_BYTES = 80_000
PROMPTS = (
    "Slow dolly-in on @Image1 at dusk, smoke drifts, 35mm",
    "The stream from above, morning fog moves between the trees",
    "Portrait, she turns to the light, shallow focus",
)


def furnish(house: House) -> tuple[Account, list[str]]:
    """Let somebody have videos of the embedded engine, a failed one and a cancelled one. Returns the finished ones."""
    somebody = house.account("Film club", funds=25_000)
    made = []
    with somebody.client(somebody.key) as client:
        for prompt, name in zip(PROMPTS, ("rocket", "stream", "astronaut"), strict=True):
            at = client.assets.upload(PHOTOGRAPHS / f"{name}.jpg").url
            ordered = client.videos.create(prompt=prompt, media=[at], duration=4, resolution="480p")
            made.append(client.videos.wait(ordered.request_id, timeout_s=240).request_id)
        stopped = client.videos.create(prompt="Rain on the window of a night train", duration=8)
        client.videos.cancel(stopped.request_id)
    return somebody, made


def paths_of(made: list[str]) -> dict[str, str]:
    return {
        "playground": "/",
        "video": f"/?show={made[0]}",
        "history": "/history",
        "history-grid": "/history?view=grid",
        "job": f"/jobs/{made[0]}",
        "compare": f"/compare?a={made[0]}&b={made[1]}",
        "keys": "/keys",
        "missing": "/jobs/req_00000000000000000000000000000000",
    }


def taken(
    browser: Browser, house: House, somebody: Account, made: list[str], look: dict
) -> Iterator[tuple[str, bytes]]:
    """Give the name and the PNG of every page, as one visitor of that size, theme and language sees it."""
    stranger = Visit(browser, house.base_url, **look)
    yield "sign-in", shot(stranger, "/sign-in")
    guest = Visit(browser, house.base_url, key=somebody.key, **look)
    for name, path in paths_of(made).items():
        yield name, shot(guest, path)
    page = guest.go("/")
    drop(page, [PHOTOGRAPHS / "rocket.jpg"])
    page.locator(".tile.ready").wait_for()
    page.locator("#prompt").fill(PROMPTS[0])
    yield "order", settled(guest)
    page.locator("button.as-code").click()
    yield "as-code", settled(guest)
    operator = Visit(browser, house.base_url, key=house.admin_key, **look)
    for name in DESK_PAGES:
        yield f"desk-{name}".rstrip("-").replace("/", "-"), shot(operator, f"/desk/{name}".rstrip("/"))
    for visit in (stranger, guest, operator):
        visit.close()
        assert visit.faults == [], visit.faults


def shot(visit: Visit, path: str) -> bytes:
    visit.go(path)
    visit.page.locator("main h1, main h2").first.wait_for(state="attached")
    return settled(visit)


def settled(visit: Visit) -> bytes:
    visit.page.wait_for_load_state("networkidle")
    visit.page.wait_for_timeout(700)
    return visit.page.screenshot(animations="disabled")


def small(png: bytes, width_px: int) -> bytes:
    """Return a picture as WebP of that width, as good as it may be within its share of bytes."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    picture.thumbnail((width_px, 10 * width_px), Image.Resampling.LANCZOS)
    for quality in (90, 82, 74, 66, 58, 50):
        out = io.BytesIO()
        picture.save(out, "WEBP", quality=quality, method=6)
        if out.tell() <= SMALL_BYTES:
            break
    return out.getvalue()


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("out", type=Path)
    asked.add_argument("--small", action="store_true", help="only those of docs/console/, small")
    wanted = asked.parse_args()
    wanted.out.mkdir(parents=True, exist_ok=True)
    with standing(SEEDBED_ENGINE="animatic") as house, launched() as browser:
        somebody, made = furnish(house)
        for size, theme, language in ((s, t, w) for s in SIZES for t in THEMES for w in LANGUAGES):
            if wanted.small and not any(one[1:] == (size, theme, language) for one in SHOWN):
                continue
            look = {**DESK, **SIZES[size], "color_scheme": theme, "locale": LANGUAGES[language]}
            for name, png in taken(browser, house, somebody, made, look):
                if not wanted.small:
                    (wanted.out / f"{name}-{size}-{theme}-{language}.png").write_bytes(png)
                elif (name, size, theme, language) in SHOWN:
                    to = wanted.out / f"{name}-{size}-{theme}-{language}.webp"
                    to.write_bytes(small(png, SMALL_WIDTH_PX[size]))


if __name__ == "__main__":
    main()
