"""How the console reaches a browser: which path is the page, what may be kept, what the page may do."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
import pytest
from console_tree import STYLES

from seedbed.api.allowances import AllowanceFields
from seedbed.api.console_page import SAMPLES, console_routes
from seedbed.api.dialect import dialect_app
from seedbed.api.native.errors import answer
from seedbed.settings import ResultUrls, Settings

BROWSER = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", "Accept-Encoding": "gzip, br"}
PAGES = {
    "/": "./",
    "/keys": "./",
    "/history": "./",
    "/jobs/req_1": "../",
    "/compare": "./",
    "/sign-in": "./",
    "/desk/a/b": "../../",
}


@dataclass
class Bucket:
    async def presigned(self, key, method, *, lifetime):
        return f"https://bucket.storage.test/{key}?signature={method}&expires={lifetime.seconds}"


@dataclass
class Served:
    settings: Settings = field(default_factory=Settings)
    blobs: Bucket = field(default_factory=Bucket)


@pytest.fixture
def browse() -> Callable[..., httpx.AsyncClient]:
    def browse(**settings) -> httpx.AsyncClient:
        app = AllowanceFields(dialect_app(console_routes(Served(Settings(**settings))), answer=answer))
        return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://seedbed.test", headers=BROWSER)

    return browse


@pytest.fixture
def http(browse) -> httpx.AsyncClient:
    return browse()


async def script_of(http: httpx.AsyncClient) -> str:
    return "/" + re.search(r'module" src="([^"]+)"', (await http.get("/")).text)[1]


@pytest.mark.parametrize("path", PAGES)
async def test_every_path_of_the_console_is_the_page_and_knows_the_way_to_the_root(http, path):
    page = await http.get(path)

    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert f'<base href="{PAGES[path]}">' in page.text


@pytest.mark.parametrize("path", ["/desk/a%2Fb", "/jobs/a%20b"])
async def test_the_way_to_the_root_is_counted_as_a_browser_counts_it(http, path):
    assert '<base href="../">' in (await http.get(path)).text


@pytest.mark.parametrize("accept", ["application/json", "*/*", "text/event-stream"])
async def test_a_program_that_asks_for_the_page_is_answered_as_ever(http, accept):
    refused = await http.get("/", headers={"Accept": accept})

    assert refused.status_code == 404
    assert refused.json()["error"]["code"] == "not_found"


async def test_the_page_may_run_only_our_own_scripts(http):
    policy = dict(
        part.strip().split(" ", 1) for part in (await http.get("/")).headers["content-security-policy"].split(";")
    )

    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert "unsafe" not in str(policy)
    assert policy["media-src"] == "'self' blob:"


async def test_results_of_a_bucket_may_be_shown_from_there(browse):
    page = await browse(result_urls=ResultUrls.PRESIGN).get("/")

    assert "media-src 'self' blob: https://bucket.storage.test;" in page.headers["content-security-policy"]
    assert "script-src 'self';" in page.headers["content-security-policy"]


async def test_the_page_is_alone_in_its_window_and_has_no_use_for_the_camera(http):
    headers = (await http.get("/")).headers

    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]


async def test_the_page_names_every_script_that_it_begins_with(http):
    page = (await http.get("/")).text
    named = re.findall(r'modulepreload" href="[^"]+?/[0-9a-f]{12}/([^"]+)"', page)

    assert len(named) == len(set(named))
    assert {"app.js", "lib/dom.js", "parts/shell.js", "pages/playground.js", "parts/composer.js"} <= set(named)
    assert "pages/playground.js" not in (await http.get("/sign-in")).text


async def test_all_styles_are_one_file_the_ground_first(http):
    style = (await http.get("/console/x/style.css")).text

    assert style.index("--paper:") < style.index("body {") < style.index(".button {") < style.index(".bar {")
    assert all(path.read_text(encoding="utf-8").strip() in style for path in STYLES)


async def test_a_file_is_kept_for_good_under_the_address_that_the_page_gives(http):
    script = await script_of(http)

    assert "immutable" in (await http.get(script)).headers["cache-control"]
    assert (await http.get("/")).headers["cache-control"] == "no-cache"


async def test_a_page_of_an_earlier_release_still_finds_its_files(http):
    found = await http.get("/console/0123456789ab/app.js")

    assert found.status_code == 200
    assert found.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
async def test_whoever_has_a_file_is_told_so(http, encoding):
    script = await script_of(http)
    first = await http.get(script, headers={"Accept-Encoding": encoding})

    again = await http.get(script, headers={"Accept-Encoding": encoding, "If-None-Match": first.headers["etag"]})

    assert (first.status_code, again.status_code) == (200, 304)
    assert again.content == b""
    assert again.headers["etag"] == first.headers["etag"]


async def test_packed_and_plain_have_the_same_bytes_and_different_etags(http):
    script = await script_of(http)
    packed = await http.get(script)
    plain = await http.get(script, headers={"Accept-Encoding": "identity"})

    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content
    assert packed.headers["etag"] != plain.headers["etag"]
    assert packed.headers["vary"] == "Accept-Encoding"
    assert int(packed.headers["content-length"]) == len(gzip.compress(plain.content, mtime=0))


@pytest.mark.parametrize(
    "name",
    [
        "index.html",
        "../docs.html",
        "..%2fdocs.html",
        "%2e%2e/__init__.py",
        "nothing.js",
        "",
        "app.js/",
        "lib",
        "style/base.css",
    ],
)
async def test_nothing_else_is_to_be_had(http, name):
    assert (await http.get(f"/console/x/{name}")).status_code == 404


async def test_the_sample_photographs_are_to_be_had_whole(http):
    found = await http.get("/console/x/samples/full/fig.jpg")

    assert found.headers["content-type"] == "image/jpeg"
    assert found.content == (SAMPLES / "fig.jpg").read_bytes()


async def test_head_says_what_get_would(http):
    get, head = await http.get("/"), await http.head("/")

    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["etag"] == get.headers["etag"]
