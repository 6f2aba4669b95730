"""Uploads and `data:` URIs: what is taken in, what is refused, and who may use it afterwards."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from customers import PICTURE_URL, ROOT

from media.media_makers import picture, png, sound, video
from seedbed.core.errors import Unavailable
from seedbed.core.keys import Mode
from seedbed.store import assets, jobs

UPLOADS = f"{ROOT}/uploads"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Small sound files of every kind."""
    folder = tmp_path_factory.mktemp("files")
    return {
        "a.jpg": picture(folder / "a.jpg").read_bytes(),
        "a.png": picture(folder / "a.png").read_bytes(),
        "a.mp4": video(folder / "a.mp4", width=320, height=320, frames=60).read_bytes(),
        "a.wav": sound(folder / "a.wav", rate=8000).read_bytes(),
        "bomb.png": png(folder / "bomb.png", width=20_000, height=20_000).read_bytes(),
    }


async def upload(who, content: bytes, *, name="a.jpg", field="file", media_type="image/jpeg", **options):
    return await who.post(UPLOADS, files={field: (name, content, media_type)}, **options)


def uri_of(content: bytes, media_type="image/jpeg") -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


def code_of(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


@pytest.mark.parametrize(
    ("name", "kind", "format_"), [("a.jpg", "image", "jpg"), ("a.mp4", "video", "mp4"), ("a.wav", "audio", "wav")]
)
async def test_an_upload_becomes_an_asset_of_its_true_kind(ada, blobs, files, name, kind, format_):
    answer = await upload(ada, files[name], name="wrong.txt", media_type="text/plain", data={"note": "ignored"})

    body = answer.json()
    assert answer.status_code == 200
    assert (body["success"], body["kind"], body["format"], body["sizeBytes"]) == (True, kind, format_, len(files[name]))
    lifetime = datetime.fromisoformat(body["expiresAt"]) - datetime.now(UTC)
    assert timedelta(hours=23) < lifetime <= timedelta(hours=24)
    async with ada.pool.connection() as conn:
        asset = await assets.get(conn, ada.account_id, body["url"].removeprefix("asset://"), is_live=True)
    assert asset.sha256 == hashlib.sha256(files[name]).hexdigest()
    assert await blobs.read(asset.blob_key) == files[name]


@pytest.mark.parametrize(
    ("name", "charged", "role"),
    [("a.jpg", 64, "first_frame"), ("a.mp4", 64, "reference_video"), ("a.wav", 64, "reference_audio")],
)
async def test_an_upload_is_used_for_what_it_is(ada, files, name, charged, role):
    url = (await upload(ada, files[name])).json()["url"]

    answer = await ada.submit(mediaUrls=[url])

    assert (answer.status_code, answer.json()["creditsCharged"]) == (200, charged)
    async with ada.pool.connection() as conn:
        [reference] = (await jobs.find(conn, answer.json()["requestId"])).request.references
    assert (reference.url, reference.role) == (url, role)


async def test_another_accounts_or_modes_upload_does_not_exist(ada, enrol, files):
    url = (await upload(ada, files["a.jpg"])).json()["url"]

    for stranger in (await enrol(), await enrol(mode=Mode.TEST, account_id=ada.account_id)):
        answer = await stranger.submit(mediaUrls=[PICTURE_URL, url])
        assert code_of(answer) == (400, "invalid_request")
        assert answer.json()["error"]["param"] == "mediaUrls[1]"
        assert await stranger.jobs() == 0


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"This is a text.", 415, "unsupported_media_type"),
        (b"", 400, "invalid_request"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "unsupported_media_type"),
        ("a.png", 400, "invalid_request"),
        ("bomb.png", 400, "invalid_request"),
    ],
)
async def test_a_file_that_cannot_be_used_is_refused_and_not_kept(ada, blobs, files, tmp_path, content, status, code):
    if content == "a.png":
        content = files["a.png"][:300]  # broken off
    elif content == "bomb.png":
        content = files["bomb.png"]

    answer = await upload(ada, content, name="a.jpg")

    assert code_of(answer) == (status, code)
    assert answer.json()["error"]["message"].startswith("file: ")
    assert not list((tmp_path / "blobs").rglob("ast_*"))


async def test_a_file_over_its_kinds_limit_is_too_large(serve, enrol, files):
    ada = await enrol(client=serve(max_image_bytes=1000))

    answer = await upload(ada, files["a.jpg"])

    assert code_of(answer) == (413, "too_large")
    assert "A picture" in answer.json()["error"]["message"]


async def test_a_form_over_the_limit_is_cut_off(serve, enrol):
    ada = await enrol(client=serve(max_data_body_bytes=100_000))
    boundary, sent = "xyz", 0

    async def endless():
        nonlocal sent
        yield f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'.encode()
        while True:
            sent += 10_000
            yield b"x" * 10_000

    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    answer = await ada.post(UPLOADS, content=endless(), headers=headers)

    assert code_of(answer) == (413, "too_large")
    assert sent <= 200_000


async def test_a_form_must_hold_one_file(ada, files):
    two = await ada.post(UPLOADS, files=[("a", ("a.jpg", files["a.jpg"])), ("b", ("b.jpg", files["a.jpg"]))])
    none = await ada.post(UPLOADS, files={"file": (None, b"just text")})

    for answer in (two, none):
        assert (code_of(answer), answer.json()["error"]["param"]) == ((400, "invalid_request"), "file")


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("image/jpeg", b"\xff\xd8", 415),
        ("application/json", b"{}", 415),
        ("multipart/form-data", b"", 400),
        ("multipart/form-data; boundary=x", b"", 400),
        ("multipart/form-data; boundary=x", b"garbage", 400),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; filename="a"\r\n\r\nabc', 400),
        ("multipart/form-data; boundary=" + "x" * 500, b"--x", 400),
    ],
)
async def test_what_is_no_whole_form_is_refused(ada, content_type, body, status):
    answer = await ada.post(UPLOADS, content=body, headers={"Content-Type": content_type})

    assert answer.status_code == status
    assert answer.json()["success"] is False


async def test_an_upload_needs_a_key_before_its_body_is_read(http):
    async def never():
        raise AssertionError("the body was read")
        yield b""

    answer = await http.post(UPLOADS, content=never(), headers={"Content-Type": "multipart/form-data; boundary=x"})

    assert answer.status_code == 401


async def test_a_data_uri_is_spilled_into_an_asset(ada, blobs, files):
    answer = await ada.submit(mediaUrls=[uri_of(files["a.png"], "image/png"), PICTURE_URL])

    assert (answer.status_code, answer.json()["creditsCharged"]) == (200, 64)
    async with ada.pool.connection() as conn:
        first, second = (await jobs.find(conn, answer.json()["requestId"])).request.references
        asset = await assets.get(conn, ada.account_id, first.url.removeprefix("asset://"), is_live=True)
    assert (first.role, second.role, second.url) == ("first_frame", "last_frame", PICTURE_URL)
    assert await blobs.read(asset.blob_key) == files["a.png"]


async def test_a_body_with_data_uris_may_have_more_than_a_megabyte(ada, tmp_path):
    import numpy as np

    noise = np.random.default_rng(0).integers(0, 255, (800, 800, 3), dtype=np.uint8)
    content = picture(tmp_path / "noise.png", noise).read_bytes()
    assert len(content) > 1_500_000

    answer = await ada.submit(references=[{"url": uri_of(content), "role": "first_frame"}])

    assert answer.status_code == 200


async def test_a_replay_with_a_data_uri_is_the_same_request(ada, files):
    body = {"mediaUrls": [uri_of(files["a.jpg"])], "headers": {"Idempotency-Key": "k"}}

    first, again = await ada.submit(**body), await ada.submit(**body)

    assert first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize(
    ("uri", "says"),
    [
        ("data:", "base64"),
        ("data:image/png", "base64"),
        ("data:image/png,abc", "base64"),
        ("data:image/png;base64,", "empty"),
        ("data:image/png;base64,%%%%", "characters"),
        ("data:image/png;base64,AAAA", "mediaUrls[1]"),
        ("data:image/png;base64," + "A" * 13_400_000, "10 MB"),
        ("mp4", "where a picture is needed"),
    ],
    ids=lambda value: value[:30],
)
async def test_a_data_uri_that_cannot_be_used_is_refused_by_its_position(ada, files, uri, says):
    uri = uri_of(files["a.mp4"], "image/png") if uri == "mp4" else uri

    answer = await ada.submit(mediaUrls=[PICTURE_URL, uri])

    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (400, "invalid_request", "mediaUrls[1]")
    assert says in error["message"]
    assert await ada.jobs() == 0
    assert await ada.credits() == (1000, 0)


async def test_a_store_that_is_down_is_unavailable_and_charges_nothing(serve, enrol, files):
    class Down:
        async def put_file(self, _key, _path):
            raise Unavailable("The store of results and uploads does not answer.")

    ada = await enrol(client=serve(blobs=Down()))

    answer = await ada.submit(mediaUrls=[uri_of(files["a.jpg"])])

    assert code_of(answer) == (503, "unavailable")
    assert answer.headers["Retry-After"]
    assert await ada.credits() == (1000, 0)
