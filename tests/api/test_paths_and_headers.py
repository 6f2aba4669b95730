"""Tricks with paths and methods, and what stands on every answer."""

from __future__ import annotations

import pytest
from customers import GENERATIONS, ROOT, VIDEO

from seedbed.api.edge import SECURITY

RESULTS = "/open-api-results"
NOBODY = f"req_{'0' * 32}"


@pytest.fixture
async def job_id(ada, blobs) -> str:
    job_id = await ada.new_job(returnLastFrame=True)
    await ada.succeed(blobs)
    return job_id


def by_name(text: str, job_id: str) -> str:
    return text.replace("JOB", job_id)


@pytest.mark.parametrize(
    "name",
    [
        "../developer.json", "..%2fdeveloper.json", "%2e%2e/developer.json", "%2e%2e%2fdeveloper.json",
        "..%252fdeveloper.json", "..\\developer.json", "..%5cdeveloper.json", "....//developer.json",
        "JOB.mp4/../../developer.json", "JOB.mp4%00.png", "JOB%00.mp4", "%00", "JOB.mp4/", "JOB.mp4/%2e", "JOB.mp4.mp4",
        "JOB.MP4", "JOB.mp4%20", "%20JOB.mp4", "JOB.mp4;x=1", "JOB", "JOB-last.png.mp4", "JOB-last.mp4", "JOB.png",
        "jobs/JOB/1/result.mp4", "JOB/1/result.mp4", "JOB%2f1%2fresult.mp4", "./jobs%2fJOB%2f1%2fresult.mp4",
        "%C0%AE%C0%AE/x.mp4", "%FF.mp4", "%u002e.mp4", "req_%30" + "0" * 30 + "x.mp4", "req_" + "A" * 32 + ".mp4",
        "assets/ast_" + "0" * 32, "*", "%", "a" * 5000 + ".mp4", "//etc/passwd", "file:%2f%2f%2fetc%2fpasswd",
    ],
)  # fmt: skip
async def test_no_path_leads_anywhere_but_to_a_result(http, job_id, name):
    answer = await http.get(f"{RESULTS}/" + by_name(name, job_id))

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


async def test_a_percent_encoded_letter_is_that_letter(http, job_id):
    assert (await http.get(f"{RESULTS}/{job_id.replace('r', '%72', 1)}.mp4")).content == VIDEO


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("bytes=" + ",".join(f"{i}-{i}" for i in range(1000)), 200),
        ("bytes=0-,0-,0-,0-", 200),
        ("bytes=0-9223372036854775808", 206),
        ("bytes=" + "9" * 19 + "-", 416),
        ("bytes=" + "9" * 4000 + "-", 200),
        ("bytes=-" + "9" * 19, 206),
        ("bytes=00000000000000000000000-1", 200),
        ("bytes=0x0-0x1", 200),
        ("bytes=1-0,-1", 200),
        ("bytes = 0-1", 200),
        ("", 200),
        ("bytes", 200),
        ("bytes=--1", 200),
        ("bytes=0-0\t", 206),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_an_odd_range_gets_a_whole_a_part_or_a_refusal(http, job_id, asked, status):
    answer = await http.get(f"{RESULTS}/{job_id}.mp4", headers={"Range": asked})

    assert answer.status_code == status
    assert len(answer.content) <= len(VIDEO)


async def test_a_link_in_the_blob_folder_is_not_followed(http, job_id, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("hush")
    [stored] = (tmp_path / "blobs").rglob("result.mp4")
    stored.unlink()
    stored.symlink_to(secret)

    answer = await http.get(f"{RESULTS}/{job_id}.mp4")

    assert answer.status_code == 410
    assert "hush" not in answer.text


PATHS = {
    f"{ROOT}/models": {"GET", "HEAD"},
    GENERATIONS: {"GET", "HEAD", "POST"},
    f"{GENERATIONS}/{NOBODY}": {"GET", "HEAD"},
    f"{GENERATIONS}/{NOBODY}/cancel": {"POST"},
    f"{ROOT}/uploads": {"POST"},
    f"{ROOT}/credits": {"GET", "HEAD"},
    f"{ROOT}/openapi.json": {"GET", "HEAD"},
    f"{RESULTS}/{NOBODY}.mp4": {"GET", "HEAD", "OPTIONS"},
    "/healthz": {"GET", "HEAD"},
    "/readyz": {"GET", "HEAD"},
    "/readyz/orders": {"GET", "HEAD"},
}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY", "PROPFIND")


@pytest.mark.parametrize("path", PATHS)
async def test_every_method_is_answered_in_our_form(ada, path):
    for method in METHODS:
        answer = await ada.http.request(method, path, headers=ada.bearer)
        if method in PATHS[path]:
            assert answer.status_code not in (405, 500), method
        elif method == "OPTIONS":
            assert (answer.status_code, bool(answer.headers["Allow"])) == (204, True)
        else:
            assert answer.status_code == 405, method
            assert method == "HEAD" or answer.json()["error"]["code"] == "method_not_allowed"
            allowed = set(answer.headers["Allow"].split(", "))
            assert PATHS[path] - {"OPTIONS"} <= allowed
            assert method not in allowed


@pytest.mark.parametrize(
    "path",
    ["/nothing", ROOT, f"{ROOT}/", f"{ROOT}/nothing", f"{ROOT}//models", f"{ROOT}/models/", f"{ROOT}/MODELS",
     f"{GENERATIONS}/", f"{GENERATIONS}/..%2fmodels", "/api", "/.env", "/%2e%2e/etc/passwd",
     RESULTS, f"{RESULTS}/"],
)  # fmt: skip
async def test_an_unknown_path_is_not_found_in_our_form(ada, path):
    for method in ("GET", "POST", "DELETE"):
        answer = await ada.http.request(method, path, headers=ada.bearer)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", [*PATHS, "/nothing", f"{ROOT}/nothing"])
async def test_every_answer_bears_the_security_headers(ada, path):
    for answer in (await ada.get(path), await ada.http.get(path), await ada.http.options(path)):
        for name in SECURITY:
            assert name in answer.headers, name
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Request-Id"]
        for absent in ("Server", "Strict-Transport-Security", "X-Powered-By"):
            assert absent not in answer.headers


async def test_what_is_private_is_kept_by_no_cache(ada):
    job_id = await ada.new_job()

    for path in (f"{GENERATIONS}/{job_id}", f"{ROOT}/credits", f"{ROOT}/webhooks/secret", "/readyz", "/nothing"):
        kept = (await ada.get(path)).headers["Cache-Control"]
        assert "no-store" in kept or "private, no-cache" in kept


async def test_only_results_may_be_read_or_shown_by_another_page(ada, http, job_id):
    origin = {"Origin": "https://page.dev"}
    asking = origin | {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}

    result = await http.get(f"{RESULTS}/{job_id}.mp4", headers=origin)
    private = [await ada.get(f"{ROOT}/credits", headers=origin), await http.options(GENERATIONS, headers=asking)]

    assert result.headers["Access-Control-Allow-Origin"] == "*"
    assert result.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    for answer in private:
        assert not [name for name in answer.headers if name.startswith("access-control-")]
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
