"""Downloads: whole or not there, going on where they broke off, and the key for the service alone."""

from __future__ import annotations

import hashlib
from pathlib import Path

import httpx
import pytest

from client.either import BASE, KEY, KINDS, Broken, Script, refused, shown
from seedbed_client import ConnectionFailed, DamagedDownload, Generation, Gone, NoVideo, Output, Status

both = pytest.mark.parametrize("kind", KINDS)
VIDEO = bytes(range(256)) * 40
SHA256 = hashlib.sha256(VIDEO).hexdigest()


def ready(url: str = f"{BASE}/x.mp4", sha256: str | None = SHA256) -> Generation:
    return Generation(request_id="req_1", status=Status.SUCCEEDED, output=Output(url, sha256=sha256))


def whole(**headers: str) -> httpx.Response:
    return httpx.Response(200, content=VIDEO, headers=headers)


def broken(size_bytes: int, **headers: str) -> httpx.Response:
    return httpx.Response(200, stream=Broken(VIDEO[:size_bytes]), headers=headers)


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


@both
async def test_a_download_is_whole_and_alone_in_its_folder(kind: type, tmp_path: Path) -> None:
    into, told = tmp_path / "new" / "clip.mp4", []
    script = Script(shown(), whole())

    path = await script.either(kind)(
        lambda c: c.videos.download("req_1", into, progress=lambda *done: told.append(done))
    )

    assert path == into
    assert into.read_bytes() == VIDEO
    assert names(into.parent) == ["clip.mp4"]
    assert told[-1] == (len(VIDEO), len(VIDEO))


@both
async def test_a_download_goes_on_where_it_broke_off(kind: type, tmp_path: Path) -> None:
    rest = httpx.Response(206, content=VIDEO[1000:], headers={"ETag": '"v"'})
    script = Script(broken(1000, ETag='"v"'), rest)

    path = await script.either(kind)(lambda c: c.videos.download(ready(), tmp_path / "clip.mp4"))

    assert path.read_bytes() == VIDEO
    assert script.asked[1].headers["Range"] == "bytes=1000-"
    assert script.asked[1].headers["If-Range"] == '"v"'


@both
@pytest.mark.parametrize("etag", ["", 'W/"v"'])
async def test_a_download_that_cannot_go_on_begins_anew(kind: type, etag: str, tmp_path: Path) -> None:
    script = Script(broken(1000, **({"ETag": etag} if etag else {})), whole())

    path = await script.either(kind)(lambda c: c.videos.download(ready(), tmp_path / "clip.mp4"))

    assert path.read_bytes() == VIDEO
    assert "Range" not in script.asked[1].headers


@both
async def test_another_file_at_the_same_place_is_taken_whole(kind: type, tmp_path: Path) -> None:
    script = Script(broken(1000, ETag='"old"'), whole(ETag='"new"'))

    path = await script.either(kind)(lambda c: c.videos.download(ready(), tmp_path / "clip.mp4"))

    assert path.read_bytes() == VIDEO


@both
async def test_a_connection_that_brings_nothing_is_given_up(kind: type, tmp_path: Path) -> None:
    script = Script(broken(0), broken(0))

    with pytest.raises(ConnectionFailed):
        await script.either(kind, max_retries=1)(lambda c: c.videos.download(ready(), tmp_path / "clip.mp4"))

    assert names(tmp_path) == []


@both
async def test_a_damaged_video_is_not_kept_and_the_old_one_stays(kind: type, tmp_path: Path) -> None:
    into = tmp_path / "clip.mp4"
    into.write_bytes(b"old")

    with pytest.raises(DamagedDownload):
        await Script(whole()).either(kind)(lambda c: c.videos.download(ready(sha256="0" * 64), into))

    assert names(tmp_path) == ["clip.mp4"]
    assert into.read_bytes() == b"old"


@both
async def test_a_result_past_its_retention_is_gone(kind: type, tmp_path: Path) -> None:
    with pytest.raises(Gone):
        await Script(refused(410, "gone")).either(kind)(lambda c: c.videos.download(ready(), tmp_path / "clip.mp4"))


@both
async def test_a_generation_without_a_video_is_said_so(kind: type, tmp_path: Path) -> None:
    with pytest.raises(NoVideo, match="processing"):
        await Script(shown("processing")).either(kind)(lambda c: c.videos.download("req_1", tmp_path / "clip.mp4"))


@both
async def test_the_key_goes_to_the_service_alone(kind: type, tmp_path: Path) -> None:
    moved = httpx.Response(302, headers={"Location": "https://bucket.example/y.mp4"})
    script = Script(whole(), whole(), moved, whole())
    client = script.either(kind)

    for url in (f"{BASE}/x.mp4", "https://bucket.example/x.mp4", f"{BASE}/y.mp4"):
        await client(lambda c, url=url: c.videos.download(ready(url), tmp_path / "clip.mp4"))

    told = [(request.url.host, request.headers.get("Authorization")) for request in script.asked]
    assert told == [
        ("127.0.0.1", f"Bearer {KEY}"),
        ("bucket.example", None),
        ("127.0.0.1", f"Bearer {KEY}"),
        ("bucket.example", None),
    ]
