"""Results that lie in a bucket: the URL of a result sends the client on, and never to what it may not see."""

from __future__ import annotations

import pytest
from obstore.store import LocalStore

from seedbed.blobs.store import Blobs
from seedbed.settings import ResultAccess, ResultUrls


class Bucket(Blobs):
    """A folder that signs."""

    async def presigned(self, key, method, *, lifetime):
        return f"https://bucket.seedbed.dev/{key}?for={method}&s={lifetime.total_seconds():.0f}"


@pytest.fixture
def blobs(tmp_path) -> Blobs:
    (tmp_path / "blobs").mkdir()
    return Bucket(LocalStore(tmp_path / "blobs"))


@pytest.fixture
def here(serve):
    return serve(result_urls=ResultUrls.PRESIGN, result_url_lifetime_s=900)


@pytest.fixture
async def video(ada, blobs) -> str:
    job_id = await ada.new_job(returnLastFrame=True)
    await ada.succeed(blobs)
    return f"/open-api-results/{job_id}.mp4"


async def test_each_request_gets_a_url_of_its_own_for_its_method(here, video):
    got, head, frame = await here.get(video), await here.head(video), await here.get(video.replace(".mp4", "-last.png"))

    assert [answer.status_code for answer in (got, head, frame)] == [302, 302, 302]
    assert got.headers["Location"].startswith("https://bucket.seedbed.dev/jobs/req_")
    assert got.headers["Location"].endswith("/1/result.mp4?for=GET&s=900")
    assert head.headers["Location"].endswith("/1/result.mp4?for=HEAD&s=900")
    assert ".png?for=GET" in frame.headers["Location"]
    assert (got.headers["Cache-Control"], got.headers["Access-Control-Allow-Origin"]) == ("no-store", "*")


async def test_a_version_that_the_client_has_is_not_sent_again_whichever_way_it_came(here, serve, blobs, video):
    streamed = (await serve().get(video)).headers
    of_bucket = (await blobs.head(f"jobs/{video.split('/')[-1][:-4]}/1/result.mp4")).etag

    for condition in (
        {"If-None-Match": streamed["ETag"]},
        {"If-None-Match": of_bucket},
        {"If-Modified-Since": streamed["Last-Modified"]},
    ):
        assert (await here.get(video, headers=condition)).status_code == 304
    assert (await here.get(video, headers={"If-None-Match": '"another"'})).status_code == 302


async def test_no_url_is_signed_without_the_key_if_results_need_one(serve, ada, video):
    here = serve(result_urls=ResultUrls.PRESIGN, results=ResultAccess.KEY)

    refused = await here.get(video)
    sent_on = await here.get(video, headers=ada.bearer)

    assert (refused.status_code, sent_on.status_code) == (401, 302)
    assert "Location" not in refused.headers


async def test_what_was_deleted_is_gone_and_leads_nowhere(here, blobs, video):
    await blobs.delete_prefix(f"jobs/{video.split('/')[-1][:-4]}")

    answer = await here.get(video)

    assert (answer.status_code, answer.json()["error"]["code"]) == (410, "gone")
    assert "Location" not in answer.headers
