"""Behind a proxy that takes a path prefix off: what the service says of its own places bears the prefix."""

from __future__ import annotations

import re
from urllib.parse import urljoin

import pytest
from openais import VIDEOS, post_video

PUBLIC_URL = "https://videos.example.org:8443/video"


@pytest.fixture
def under_a_path(serve):
    return serve(public_url=PUBLIC_URL + "/")


async def test_the_place_of_what_was_ordered_is_under_the_prefix(enrol, under_a_path, blobs):
    ada = await enrol(client=under_a_path)

    native = await ada.submit()
    job = await ada.succeed(blobs)
    rerun = await ada.post(f"/api/open/v1/video/generations/{job.id}/rerun", json={})
    openai = await post_video(ada)

    place = "/video/api/open/v1/video/generations/"
    assert native.headers["Location"] == place + native.json()["requestId"]
    assert rerun.headers["Location"] == place + rerun.json()["requestId"]
    assert openai.headers["Location"] == f"/video{VIDEOS}/{openai.json()['id']}"


async def test_a_result_is_at_the_public_url_and_under_its_prefix(enrol, under_a_path, blobs):
    ada = await enrol(client=under_a_path)
    await ada.submit()
    job = await ada.succeed(blobs)

    output = (await ada.show(job.id))["output"]

    assert output["url"] == f"{PUBLIC_URL}/open-api-results/{job.id}.mp4"
    assert output["lastFrameUrl"].startswith(f"{PUBLIC_URL}/open-api-results/")


@pytest.mark.parametrize(
    ("document", "server"),
    [("/openapi.json", ""), ("/api/open/v1/openapi.json", "/api/open/v1"), ("/api/v3/openapi.json", "/api/v3"),
     ("/v1/openapi.json", "/v1")],
)  # fmt: skip
async def test_a_document_names_the_server_with_its_prefix(under_a_path, document, server):
    assert (await under_a_path.get(document)).json()["servers"] == [{"url": PUBLIC_URL + server}]


async def test_the_reference_asks_for_its_files_and_documents_under_the_prefix(under_a_path):
    page = (await under_a_path.get("/docs")).text
    named = [name for name in re.findall(r'(?:src|href|data-document)="([^"]+)"', page) if not name.startswith("#")]
    places = [urljoin(f"{PUBLIC_URL}/docs", name) for name in named]

    assert len(places) == 7
    for place in places:
        assert place.startswith(f"{PUBLIC_URL}/")
        assert (await under_a_path.get(place.removeprefix(PUBLIC_URL))).status_code == 200
