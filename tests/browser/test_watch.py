"""The watch over the pages sees what it is there for."""

from __future__ import annotations

from browsing import Visit
from playwright.sync_api import Browser, expect
from standing import House


def test_the_watch_sees_what_a_page_may_not_do(chromium: Browser, house: House) -> None:
    visit = Visit(chromium, house.base_url)
    page = visit.go("/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert visit.faults == []
    page.evaluate("""() => {
      const script = document.createElement("script");
      try { script.text = "window.ran = true"; } catch { /* Trusted Types */ }
      document.body.append(script);
      const picture = new Image();
      picture.src = "http://elsewhere.invalid/a.png";
      setTimeout(() => { throw new Error("a script failed"); });
      setTimeout(() => alert("a box"));
    }""")
    page.wait_for_timeout(500)
    visit.close()
    seen = "\n".join(visit.faults)
    for wanted in ("violation of img-src", "violation of require-trusted-types", "a script failed", "a box: a box"):
        assert wanted in seen


def test_the_watch_sees_a_request_to_another_host(chromium: Browser, house: House) -> None:
    visit = Visit(chromium, house.base_url, bypass_csp=True)
    visit.go("/")
    visit.page.evaluate("() => fetch('http://127.0.0.1:9/', { mode: 'no-cors' }).catch(() => null)")
    visit.close()
    assert "a request to http://127.0.0.1:9/" in visit.faults
