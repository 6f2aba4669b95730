"""Result files at their capability URL: ranges, versions, retention, who may read them."""

from __future__ import annotations

import asyncio

import pytest
from customers import LAST_FRAME, VIDEO

from seedbed.core.errors import ContentRejected
from seedbed.settings import ResultAccess

RESULTS = "/open-api-results"
SIZE = len(VIDEO)


@pytest.fixture
async def video(ada, blobs) -> str:
    """The path of a finished video."""
    job_id = await ada.new_job(returnLastFrame=True)
    await ada.succeed(blobs)
    return f"{RESULTS}/{job_id}.mp4"


def last_frame(video: str) -> str:
    return video.replace(".mp4", "-last.png")


async def test_the_url_in_the_answer_loads_the_video_without_a_key(ada, http, video):
    job_id = video.split("/")[-1].removesuffix(".mp4")
    output = (await ada.show(job_id))["output"]

    answer = await http.get(output["url"].removeprefix("https://videos.seedbed.dev"))

    assert (answer.status_code, answer.content) == (200, VIDEO)
    assert answer.headers["Content-Type"] == "video/mp4"
    assert answer.headers["Content-Length"] == str(SIZE)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"] == f'inline; filename="{job_id}.mp4"'
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Cache-Control"].startswith("public")
    assert answer.headers["ETag"] == '"' + "ab" * 32 + '"'
    assert answer.headers["X-Request-Id"]
    frame = await http.get(output["lastFrameUrl"].removeprefix("https://videos.seedbed.dev"))
    assert (frame.headers["Content-Type"], frame.content) == ("image/png", LAST_FRAME)


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-99", 0, 100),
        ("bytes=100-", 100, SIZE),
        ("bytes=-1", SIZE - 1, SIZE),
        (f"bytes=-{SIZE + 5}", 0, SIZE),
        (f"bytes=5-{SIZE + 5}", 5, SIZE),
        ("Bytes=1-2", 1, 3),
    ],
)
async def test_a_range_is_answered_with_exactly_its_bytes(http, video, asked, start, end):
    answer = await http.get(video, headers={"Range": asked})

    assert (answer.status_code, answer.content) == (206, VIDEO[start:end])
    assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/{SIZE}"
    assert answer.headers["Content-Length"] == str(end - start)


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", "bytes=999999-9999999", "bytes=-0"])
async def test_a_range_outside_the_file_is_refused_with_its_size(http, video, asked):
    answer = await http.get(video, headers={"Range": asked})

    assert (answer.status_code, answer.json()["error"]["code"]) == (416, "range_not_satisfiable")
    assert answer.headers["Content-Range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize(
    "asked", ["bytes=5-2", "bytes=-", "bytes=a-b", "items=0-1", "bytes=0-1,5-6", "0-1", "bytes=٣-"]
)
async def test_what_is_no_single_range_gets_the_whole_file(http, video, asked):
    answer = await http.get(video, headers={"Range": asked.encode()})

    assert (answer.status_code, answer.content) == (200, VIDEO)


async def test_a_range_of_another_version_gets_the_whole_file(http, video):
    whole = await http.get(video)
    etag, date = whole.headers["ETag"], whole.headers["Last-Modified"]

    statuses = [
        (await http.get(video, headers={"Range": "bytes=0-1", "If-Range": proof})).status_code
        for proof in (etag, date, '"another"', f"W/{etag}", "Mon, 02 Nov 2015 00:00:00 GMT")
    ]

    assert statuses == [206, 206, 200, 200, 200]


async def test_a_cached_version_is_not_sent_again(http, video):
    whole = await http.get(video)
    etag, date = whole.headers["ETag"], whole.headers["Last-Modified"]

    for condition in ({"If-None-Match": etag}, {"If-None-Match": f'"x", W/{etag}'}, {"If-Modified-Since": date}):
        answer = await http.get(video, headers=condition)
        assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", etag)
    for condition in ({"If-None-Match": '"x"', "If-Modified-Since": date}, {"If-Modified-Since": "yesterday"}):
        assert (await http.get(video, headers=condition)).status_code == 200


async def test_head_says_what_get_would_and_sends_nothing(http, video):
    got, asked = await http.get(video), await http.head(video, headers={"Range": "bytes=0-1"})

    assert (asked.status_code, asked.content) == (200, b"")
    assert {k: v for k, v in asked.headers.items() if k != "x-request-id"} == {
        k: v for k, v in got.headers.items() if k != "x-request-id"
    }


async def test_any_page_may_read_results_and_nothing_else(ada, http, video):
    for path in (video, f"{RESULTS}/req_{'0' * 32}.mp4"):
        assert (await http.get(path)).headers["Access-Control-Allow-Origin"] == "*"
    preflight = await http.options(video, headers={"Origin": "https://page.dev"})
    assert preflight.status_code == 204
    assert "Range" in preflight.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Origin" not in (await ada.get("/api/open/v1/credits")).headers


async def test_there_is_no_result_of_a_job_that_has_none(ada, http):
    job_id = await ada.new_job()
    assert (await http.get(f"{RESULTS}/{job_id}.mp4")).status_code == 404
    await ada.fail(ContentRejected("not allowed"))

    answer = await http.get(f"{RESULTS}/{job_id}.mp4")

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
    assert "max-age" not in answer.headers["Cache-Control"]


async def test_there_is_no_last_frame_that_nobody_asked_for(ada, http, blobs):
    job_id = await ada.new_job()
    await ada.succeed(blobs, has_last_frame=False)

    assert (await http.get(f"{RESULTS}/{job_id}-last.png")).status_code == 404


@pytest.mark.parametrize(
    "name", ["req_1.mp4", f"req_{'0' * 32}.mp4", f"req_{'0' * 32}.webm", "..%2f..%2fsecret", "%00.mp4", ""]
)
async def test_an_unknown_name_is_not_found(http, name):
    answer = await http.get(f"{RESULTS}/{name}")

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


async def test_a_result_past_its_retention_is_gone(http, video, blobs):
    await blobs.delete_prefix("jobs")

    for path in (video, last_frame(video)):
        answer = await http.get(path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (410, "gone")


async def test_with_the_setting_key_only_the_account_may_read(serve, enrol, blobs):
    http = serve(results=ResultAccess.KEY)
    ada, eve = await enrol(client=http), await enrol(client=http)
    job_id = await ada.new_job()
    await ada.succeed(blobs)
    path = f"{RESULTS}/{job_id}.mp4"

    assert (await http.get(path)).status_code == 401
    assert (await eve.get(path)).status_code == 404
    answer = await ada.get(path)
    assert (answer.status_code, answer.content) == (200, VIDEO)
    assert answer.headers["Cache-Control"].startswith("private")


class SlowBlobs:
    """Blobs that count how much was read of them, and whether the reading was closed."""

    def __init__(self, blobs) -> None:
        self.head = blobs.head
        self.chunks = 0
        self.is_closed = False

    async def get_range(self, _key, _start, _end):
        try:
            for _ in range(1000):
                self.chunks += 1
                yield b"x" * 10
        finally:
            self.is_closed = True


async def test_a_client_that_leaves_ends_the_reading(serve, video, blobs):
    slow = SlowBlobs(blobs)
    app = serve(blobs=slow)._transport.app
    left = asyncio.Event()

    async def receive():
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message):
        if "body" in message:
            left.set()
        await asyncio.sleep(0)

    headers = [(b"host", b"x")]
    await app({"type": "http", "method": "GET", "path": video, "query_string": b"", "headers": headers}, receive, send)

    assert slow.chunks < 10
    assert slow.is_closed
