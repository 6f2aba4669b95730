"""Both clients against a service that is a script: what is sent, and what is made of the answers."""

from __future__ import annotations

import gzip
import json
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from client.either import BASE, KEY, KINDS, Broken, Script, created, events, refused, shown
from seedbed_client import (
    ConnectionFailed,
    InvalidRequest,
    NotFound,
    Reference,
    Seedbed,
    ServerError,
    Status,
)

both = pytest.mark.parametrize("kind", KINDS)
QUEUED = 'id: 1\nevent: state\ndata: {"requestId":"req_1","status":"queued"}'
UPLOADED = httpx.Response(200, json={"success": True, "url": "asset://a", "kind": "image", "sizeBytes": 3})


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "fox.jpg"
    path.write_bytes(b"jpg")
    return path


@both
async def test_a_create_says_what_the_documents_say_and_returns_what_is_known(kind: type) -> None:
    script = Script(created(warnings=["ignored unknown field 'x'"]))

    generation = await script.either(kind)(
        lambda c: c.videos.create(prompt="p", media=["https://a/b.jpg"], seed=None, duration=4, aspect_ratio="1:1")
    )

    [request] = script.asked
    assert (request.method, request.url.path) == ("POST", "/api/open/v1/video/generations")
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    assert json.loads(request.content) == {
        "model": "seedance-2.0",
        "prompt": "p",
        "mediaUrls": ["https://a/b.jpg"],
        "duration": 4,
        "aspectRatio": "1:1",
    }
    assert (generation.request_id, generation.status, generation.charged_credits) == ("req_1", Status.QUEUED, 64)
    assert (generation.prompt, generation.duration_s) == ("p", 4)
    assert generation.warnings == ("ignored unknown field 'x'",)


@both
async def test_options_go_to_the_engine_as_they_are_and_failed_attempts_come_back(kind: type) -> None:
    attempts = [{"engine": "studio", "code": "upstream_failed", "at": "2026-11-22T12:00:00Z"}]
    script = Script(created(attempts=attempts))

    generation = await script.either(kind)(
        lambda c: c.videos.create(prompt="p", model="wan-5b", engine_options={"steps": 20, "keyframes_s": [1.5]})
    )

    [request] = script.asked
    assert json.loads(request.content)["engineOptions"] == {"steps": 20, "keyframes_s": [1.5]}
    assert generation.attempts == tuple(attempts)


@both
async def test_a_create_whose_answer_was_lost_is_sent_again_with_the_same_key(kind: type) -> None:
    script = Script(httpx.ReadError("gone"), refused(503, "unavailable", retry_after="0"), created())

    await script.either(kind)(lambda c: c.videos.create(prompt="p"))

    assert len({request.headers["Idempotency-Key"] for request in script.asked}) == 1
    assert len(script.asked) == 3


@both
async def test_an_order_that_might_be_paid_twice_is_not_sent_again(kind: type) -> None:
    script = Script(httpx.ReadError("gone"))

    with pytest.raises(ConnectionFailed, match=BASE):
        await script.either(kind, idempotent_posts=False)(lambda c: c.videos.create(prompt="p"))

    assert len(script.asked) == 1


@both
async def test_an_answer_that_says_no_is_a_typed_error_with_its_facts(kind: type) -> None:
    script = Script(refused(400, "invalid_request", param="duration"))

    with pytest.raises(InvalidRequest) as caught:
        await script.either(kind)(lambda c: c.videos.create(prompt="p", duration=99))

    error = caught.value
    assert (error.status, error.code, error.param, error.request_id) == (400, "invalid_request", "duration", "trace-1")
    assert str(error) == "no (invalid_request)"


@both
async def test_a_service_that_stays_broken_is_given_up_after_the_retries(kind: type) -> None:
    script = Script(*[refused(500, "internal_error", retry_after="0")] * 3)

    with pytest.raises(ServerError):
        await script.either(kind, max_retries=2)(lambda c: c.videos.get("req_1"))

    assert len(script.asked) == 3


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="not JSON"),
        httpx.Response(200, json={"hello": "world"}),
        httpx.Response(200, json=[1]),
        httpx.Response(200, json={"requestId": "req_1", "status": "elsewhere"}),
    ],
)
@both
async def test_what_is_no_answer_of_this_api_is_named_with_the_service(kind: type, answer: httpx.Response) -> None:
    with pytest.raises(ConnectionFailed, match=BASE):
        await Script(answer).either(kind)(lambda c: c.videos.get("req_1"))


@both
async def test_a_local_file_is_uploaded_first_and_told_how_far(kind: type, picture: Path) -> None:
    script = Script(UPLOADED, created())

    await script.either(kind)(lambda c: c.videos.create(prompt="p", media=[picture, "https://a/b.jpg"]))

    upload, create = script.asked
    assert upload.url.path == "/api/open/v1/uploads"
    assert b'name="file"; filename="fox.jpg"' in upload.content
    assert json.loads(create.content)["mediaUrls"] == ["asset://a", "https://a/b.jpg"]


@both
async def test_an_order_sent_again_by_a_later_run_uploads_under_the_same_key(kind: type, picture: Path) -> None:
    script = Script(UPLOADED, created(), UPLOADED, created())
    client = script.either(kind)

    for _ in range(2):
        await client(lambda c: c.videos.create(prompt="p", media=[picture], idempotency_key="row-7"))

    keys = [request.headers["Idempotency-Key"] for request in script.asked]
    assert keys[:2] == keys[2:]
    assert keys[0] != keys[1] == "row-7"


@both
async def test_an_upload_tells_how_far_it_is_and_is_read_anew_when_sent_again(kind: type, tmp_path: Path) -> None:
    path, told = tmp_path / "long.mp4", []
    path.write_bytes(bytes(150_000))
    script = Script(refused(503, "unavailable", retry_after="0"), UPLOADED)

    asset = await script.either(kind)(lambda c: c.assets.upload(path, progress=lambda *done: told.append(done)))

    assert asset.url == "asset://a"
    assert {len(request.content) for request in script.asked} == {len(script.asked[0].content)}
    assert told[: len(told) // 2] == told[len(told) // 2 :]
    assert told[-1] == (150_000, 150_000)
    assert told[0][0] < 150_000


@both
async def test_references_with_roles_go_under_their_own_name(kind: type, picture: Path) -> None:
    script = Script(UPLOADED, created())

    await script.either(kind)(
        lambda c: c.videos.create(prompt="p", media=[Reference(picture, "first_frame"), "https://a/b.mp3"])
    )

    assert json.loads(script.asked[-1].content)["references"] == [
        {"url": "asset://a", "role": "first_frame"},
        {"url": "https://a/b.mp3"},
    ]


@both
async def test_an_estimate_uploads_nothing(kind: type, picture: Path) -> None:
    script = Script(httpx.Response(200, json={"success": True, "credits": 64, "available": 100}))

    estimate = await script.either(kind)(lambda c: c.videos.estimate(prompt="p", media=[picture]))

    assert (estimate.credits, estimate.available) == (64, 100)
    [url] = json.loads(script.asked[0].content)["mediaUrls"]
    assert url.startswith("data:image/jpeg;base64,")


@both
async def test_an_argument_that_does_not_exist_is_not_sent(kind: type) -> None:
    script = Script()

    with pytest.raises(TypeError, match="sede"):
        await script.either(kind)(lambda c: c.videos.create(prompt="p", sede=3))

    assert script.asked == []


@both
async def test_a_list_is_a_page_and_all_of_it_are_many(kind: type) -> None:
    def page(*ids: str, cursor: str | None) -> httpx.Response:
        return httpx.Response(
            200, json={"data": [{"requestId": one, "status": "queued"} for one in ids], "cursor": cursor}
        )

    script = Script(page("req_3", cursor="c1"), page("req_3", "req_2", cursor="c1"), page("req_1", cursor=None))
    client = script.either(kind)

    one = await client(lambda c: c.videos.list(limit=1, status=["queued", "failed"]))
    everything = await client.all(lambda c: c.videos.list_all(model="m"))

    assert ([g.request_id for g in one], one.cursor) == (["req_3"], "c1")
    assert [g.request_id for g in everything] == ["req_3", "req_2", "req_1"]
    assert script.asked[0].url.params.multi_items() == [("limit", "1"), ("status", "queued"), ("status", "failed")]
    assert dict(script.asked[2].url.params) == {"limit": "100", "cursor": "c1", "model": "m"}


@both
async def test_a_catalogue_of_any_shape_is_read(kind: type) -> None:
    item = {"id": "seedance-2.0", "durations": {"from": 4, "to": 15}}

    [model] = await Script(httpx.Response(200, json={"success": True, "data": [item]})).either(kind)(
        lambda c: c.models.list()
    )

    assert (model.id, model.name, model.data) == ("seedance-2.0", None, item)


@both
async def test_a_compressed_answer_is_read(kind: type) -> None:
    squeezed = gzip.compress(shown().content)
    answer = httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=Broken(squeezed, is_whole=True))

    generation = await Script(answer).either(kind)(lambda c: c.videos.get("req_1"))

    assert generation.status is Status.SUCCEEDED


async def test_the_blocking_client_works_where_an_event_loop_runs() -> None:
    client = Script(shown("queued"), events(QUEUED)).either(Seedbed).client

    assert client.videos.get("req_1").status is Status.QUEUED
    with closing(client.videos.events("req_1")) as stream:
        assert next(stream).status is Status.QUEUED


@both
async def test_ids_cannot_lead_elsewhere(kind: type) -> None:
    script = Script(refused(404, "not_found"))

    with pytest.raises(NotFound):
        await script.either(kind)(lambda c: c.videos.get("../models?x"))

    assert script.asked[0].url.raw_path == b"/api/open/v1/video/generations/..%2Fmodels%3Fx"


def test_key_and_address_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEDBED_CLIENT_URL", "https://videos.example/api/open/v1/")
    monkeypatch.setenv("SEEDBED_CLIENT_KEY", "sd2_live_env")

    with Seedbed() as client, Seedbed("sd2_live_own", "http://127.0.0.1:9") as other:
        assert (client.service.base_url, client.service.api_key) == ("https://videos.example", "sd2_live_env")
        assert (other.service.base_url, other.service.api_key) == ("http://127.0.0.1:9", "sd2_live_own")
        assert "sd2_live_env" not in repr(client.service)


def test_nothing_but_httpx_is_needed() -> None:
    source = Path(str(Seedbed.__init__.__code__.co_filename)).parent
    imported = {
        line.split()[1].split(".")[0]
        for path in source.glob("*.py")
        for line in path.read_text().splitlines()
        if line.startswith(("import ", "from "))
    }

    import sys

    assert imported - sys.stdlib_module_names == {"httpx", "seedbed_client"}


def test_an_address_under_a_path_keeps_its_path() -> None:
    script = Script(created(), shown())
    http = httpx.Client(transport=httpx.MockTransport(script))

    with http, Seedbed(KEY, "https://videos.example:8443/video/", http_client=http) as client:
        client.videos.create(prompt="A red fox.")
        client.videos.get("req_1")

    assert [str(asked.url) for asked in script.asked] == [
        "https://videos.example:8443/video/api/open/v1/video/generations",
        "https://videos.example:8443/video/api/open/v1/video/generations/req_1",
    ]
